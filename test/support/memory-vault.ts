/** A vault in memory, with its stores and its clock at hand. */
import { cipher } from '../../src/cipher/index.ts';
import { DataKey } from '../../src/data-key.ts';
import { rawAesKeyring } from '../../src/keyrings/raw-aes.ts';
import type { Keyring } from '../../src/ports.ts';
import { WriteHistory, checkVault, findViolations } from '../../src/testing/check.ts';
import type { CheckedVault } from '../../src/testing/check.ts';
import { MemoryBlobs } from '../../src/testing/memory-blobs.ts';
import { MemoryCatalog } from '../../src/testing/memory-catalog.ts';
import { createVault, openVault } from '../../src/vault/vault.ts';
import type { Vault, VaultPorts, VaultTuning } from '../../src/vault/vault.ts';

/** A wrapping key that nobody else has. */
export function freshKeyring(name = 'test', key: Uint8Array = cipher.randomBytes(32)): Keyring {
  return rawAesKeyring({ providerId: 'sealroom', name, key: new DataKey(key.slice()) });
}

/** A clock that stands still until it is told to go on. */
export class Clock {
  time: number = Date.UTC(2026, 0, 2, 3, 4, 5);
  readonly now = (): number => this.time;
}

export interface WorldOptions extends VaultTuning {
  readonly keyring?: Keyring;
  /** Most items that the catalog gives at once. */
  readonly pageLimit?: number;
}

/** The stores that a vault lives in. */
export class World {
  readonly clock: Clock = new Clock();
  readonly blobs: MemoryBlobs = new MemoryBlobs();
  readonly catalog: MemoryCatalog;
  readonly keyring: Keyring;
  readonly history: WriteHistory = new WriteHistory();
  /** Small frames, so that small files have many. */
  readonly tuning: VaultTuning;
  id = '';
  pins: readonly string[] = [];

  constructor({ keyring = freshKeyring(), pageLimit, ...tuning }: WorldOptions = {}) {
    this.keyring = keyring;
    this.catalog = new MemoryCatalog({ now: this.clock.now, pageLimit });
    this.tuning = { frameLength: 16, now: this.clock.now, ...tuning };
  }

  /** Everything that is written through these is watched. */
  get ports(): VaultPorts {
    return {
      keyring: this.keyring,
      blobs: this.history.watchBlobs(this.blobs),
      catalog: this.history.watchCatalog(this.catalog),
    };
  }

  async create(options: VaultTuning & { readonly shards?: number } = {}): Promise<Vault> {
    const vault = await createVault({ ...this.ports, ...this.tuning, ...options });
    this.id = vault.id;
    this.pins = vault.pins;
    return vault;
  }

  /** Another instance of the vault, as another process would have. */
  open(changes: Partial<VaultPorts & VaultTuning> = {}): Promise<Vault> {
    return openVault({ id: this.id, pins: this.pins, ...this.ports, ...this.tuning, ...changes });
  }

  async check(): Promise<void> {
    await checkVault(this.checked);
  }

  violations(): Promise<string[]> {
    return findViolations(this.checked);
  }

  /** What the checker wants to know. */
  get checked(): CheckedVault {
    const { id, pins, keyring, blobs, catalog, history } = this;
    return { id, pins, keyring, blobs, catalog, history, blobKeys: () => blobs.keys() };
  }
}

/** A world with a new vault in it. */
export async function memoryVault({ shards, ...options }: WorldOptions & { readonly shards?: number } = {}): Promise<{
  world: World;
  vault: Vault;
}> {
  const world = new World(options);
  const vault = await world.create(shards === undefined ? {} : { shards });
  return { world, vault };
}
