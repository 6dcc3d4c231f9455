/** A vault in memory, or wherever the worlds of tests are kept, with its stores and its clock at hand. */
import type { Keyring } from '../../src/ports.ts';
import { WriteHistory, checkVault, findViolations } from '../../src/testing/check.ts';
import type { CheckedVault } from '../../src/testing/check.ts';
import type { MemoryBlobs } from '../../src/testing/memory-blobs.ts';
import type { MemoryCatalog } from '../../src/testing/memory-catalog.ts';
import { createVault, openVault } from '../../src/vault/vault.ts';
import type { Vault, VaultPorts, VaultTuning } from '../../src/vault/vault.ts';
import { memoryStores, onAws } from './stores.ts';
import type { WorldStores } from './stores.ts';

export { freshKeyring } from './fresh-keyring.ts';

const makeStores = onAws ? await (await import('./aws/world.ts')).startAwsStores() : memoryStores;

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
  readonly blobs: MemoryBlobs;
  readonly catalog: MemoryCatalog;
  readonly keyring: Keyring;
  readonly history: WriteHistory = new WriteHistory();
  /** Small frames, so that small files have many. */
  readonly tuning: VaultTuning;
  readonly #stores: WorldStores;
  id = '';
  pins: readonly string[] = [];

  constructor({ keyring, pageLimit, ...tuning }: WorldOptions = {}) {
    this.#stores = makeStores({ now: this.clock.now, pageLimit });
    this.keyring = keyring ?? this.#stores.makeKeyring();
    this.blobs = this.#stores.blobs;
    this.catalog = this.#stores.catalog;
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
    const partitions = (): string[] => Array.from(catalog.items.values(), ({ partition }) => partition);
    return { id, pins, keyring, blobs, catalog, history, partitions, blobKeys: () => this.#stores.blobKeys() };
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
