/** A vault: keyring, blob store and catalog, where files live. */
import { DEFAULT_FRAME_LENGTH, checkFrameLength } from '../envelope/encrypt.ts';
import { SealroomError, isSealroomError } from '../errors.ts';
import type { BlobStore, CallOptions, Catalog, Keyring } from '../ports.ts';
import { authenticItems } from './authentic-items.ts';
import type { AuthenticItems } from './authentic-items.ts';
import { SETTINGS } from './core.ts';
import type { VaultCore } from './core.ts';
import { exportMessage } from './export.ts';
import type { Files } from './files.ts';
import { get } from './get.ts';
import { checkTenantName, randomId, randomVersion } from './identifiers.ts';
import { CatalogKeys, FIRST_KEY_VERSION, VAULT_OWNER, makeCatalogKey, pinOf } from './keys.ts';
import { summarizeJournal } from './journal-summary.ts';
import type { JournalSummary } from './journal-summary.ts';
import { countKeys } from './key-counts.ts';
import type { KeyCounts } from './key-counts.ts';
import { lease } from './lease.ts';
import { list } from './list.ts';
import { put } from './put.ts';
import { SHARD_COUNTS, decodeSettings, encodeSettings } from './item-kinds.ts';
import { decodeItem, encodeItem, itemKeyOf, readItemBody, splitItem } from './items.ts';
import type { Quota, Settings, Tenant, Usage } from './item-kinds.ts';
import type { ItemKey } from './items.ts';
import { setQuota } from './quota.ts';
import { remove } from './remove.ts';
import { stat } from './stat.ts';
import { sweep } from './sweep.ts';
import type { SweepReport } from './sweep.ts';
import { tenantStat, tenantStats, tenantUsage } from './tenant-stats.ts';
import type { TenantStat } from './tenant-stats.ts';
import { DEFAULT_TENANT, absentPut, createTenant, listTenants, tenantItem } from './tenants.ts';
import { update } from './update.ts';
import { uploadsOfTenant } from './upload/uploads.ts';
import type { Uploads } from './upload/uploads.ts';
import { verify } from './verify.ts';
import { writeKnown } from './write.ts';

/** Where a vault lives. */
export interface VaultPorts {
  readonly keyring: Keyring;
  readonly blobs: BlobStore;
  readonly catalog: Catalog;
}

/** How a vault is run; none of it is stored. */
export interface VaultTuning {
  /** Plaintext bytes a frame of new files holds; 96 KiB unless given. */
  readonly frameLength?: number | undefined;
  /** Plaintext bytes after which a put begins another segment; 64 GiB unless given. */
  readonly segmentLength?: number | undefined;
  /**
   * Plaintext bytes after which a resumable upload begins another segment, and so loses no more to a crash; 256 MiB
   * unless given. Larger files have larger segments, so that they have at most 1,000.
   */
  readonly uploadSegmentLength?: number | undefined;
  /** How long a resumable upload may take before it is given up, in milliseconds; seven days unless given. */
  readonly uploadTime?: number | undefined;
  /** How long work may be silent before a sweep gives it up, in milliseconds; a day unless given. */
  readonly graceTime?: number | undefined;
  /** The clock, in milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

export interface CreateVaultOptions extends VaultPorts, VaultTuning, CallOptions {
  /** Partitions that files and journal are spread over: a power of two up to 256; 1 unless given. */
  readonly shards?: number | undefined;
  /**
   * Called before anything is written, with what the vault will be opened by: whoever wants that to outlive a crash
   * keeps it durably here. Where it rejects, no vault is made.
   */
  readonly beforeWrite?: ((known: Pick<OpenVaultOptions, 'id' | 'pins'>) => Promise<void>) | undefined;
}

export interface OpenVaultOptions extends VaultPorts, VaultTuning, CallOptions {
  readonly id: string;
  /** Commitments of the vault keys to accept, in hexadecimal. */
  readonly pins: readonly string[];
}

export interface Vault extends Disposable {
  readonly id: string;
  /** What whoever opens this vault must pass as `pins`: keep it with the id, outside the catalog. */
  readonly pins: readonly string[];
  /** What is kept beside the files, authenticated: for layers above, such as tokens and links. */
  readonly items: AuthenticItems;
  /** The files of a tenant. The tenant must exist when a method is called, not before. */
  tenant(name: string): Files;
  /** The resumable uploads of a tenant. The tenant must exist when a method is called, not before. */
  uploads(name: string): Uploads;
  /** @param options.quota how much it may hold; no limit unless given */
  createTenant(name: string, options?: CallOptions & { readonly quota?: Quota | null | undefined }): Promise<Tenant>;
  tenants(options?: CallOptions): Promise<Tenant[]>;
  /** The tenants, with what those that have a quota hold; nothing is counted for it. */
  tenantStats(options?: CallOptions): Promise<TenantStat[]>;
  tenantStat(name: string, options?: CallOptions): Promise<TenantStat>;
  /** What a tenant holds; without a quota it is counted, which reads all of its records. */
  usage(name: string, options?: CallOptions): Promise<Usage>;
  /** A tenant's files by wrapping key, as their records name them; reads all of them, and opens none. */
  countKeys(tenant: string, options?: CallOptions): Promise<KeyCounts>;
  /** How much a tenant may hold from now on; null for no limit. What it holds already is counted anew. */
  setQuota(name: string, quota: Quota | null, options?: CallOptions): Promise<Tenant>;
  /**
   * Takes, or keeps, the right to do a piece of work for a time, so that one of several processes does it. It saves
   * work and guards nothing. False while another has it.
   *
   * @param milliseconds until another may have it
   */
  lease(name: string, milliseconds: number, options?: CallOptions): Promise<boolean>;
  /** What is under way and what is left over, in numbers. */
  journal(options?: CallOptions): Promise<JournalSummary>;
  /** Finishes what was begun and left. */
  sweep(options?: CallOptions & { readonly grace?: number | undefined }): Promise<SweepReport>;
  /** Wipes the keys that are in memory; the vault cannot be used afterwards. Stores and catalog stay open. */
  [Symbol.dispose](): void;
}

const DEFAULT_SEGMENT_LENGTH = 64 * 1024 ** 3;
const DEFAULT_UPLOAD_SEGMENT_LENGTH = 256 * 1024 ** 2;
const DEFAULT_UPLOAD_TIME = 7 * 24 * 60 * 60 * 1000;
const DEFAULT_GRACE_TIME = 24 * 60 * 60 * 1000;
/** A timer set for longer than 2^31 milliseconds fires at once and goes on doing so. */
const LONGEST_GRACE_TIME = 90 * DEFAULT_GRACE_TIME;

/**
 * Makes a vault in an empty catalog: settings, vault key, and the tenant `default`, in one write.
 *
 * @throws SealroomError `exists` when the catalog holds a vault already
 */
export async function createVault(options: CreateVaultOptions): Promise<Vault> {
  const { keyring, catalog, shards = 1, now = Date.now, signal } = options;
  if (!SHARD_COUNTS.includes(shards)) {
    throw new SealroomError('usage', 'the number of shards is a power of two up to 256');
  }
  // Before anything is made: a vault that exists and cannot be opened is of no use, and nobody would have its pins.
  const tuning = checkTuning(options);
  const id = randomId();
  using vaultKey = await makeCatalogKey(keyring, { vault: id, owner: VAULT_OWNER, signal });
  await vaultKey.proveOpens();
  using tenantKey = await makeCatalogKey(keyring, { vault: id, owner: DEFAULT_TENANT, signal });
  using key = itemKeyOf(vaultKey.key);
  const itemKey = { version: FIRST_KEY_VERSION, key };
  const settings = { id, shards, readOnly: false };
  const tenant = { name: DEFAULT_TENANT, createdAt: new Date(now()).toISOString(), quota: null };
  // From what is known: nothing that could fail once the vault is there may keep the caller from the id and the pins.
  const pins = [pinOf(vaultKey.commitment)];
  await options.beforeWrite?.({ id, pins });
  const items = [
    settingsItem(settings, itemKey),
    vaultKey.item(itemKey),
    tenantItem(id, tenant, itemKey),
    tenantKey.item(itemKey),
  ];
  try {
    await writeKnown(catalog, items.map(absentPut), { signal });
  } catch (error) {
    if (!isSealroomError(error, 'conflict')) throw error;
    throw new SealroomError('exists', 'there is a vault in this catalog already', { cause: error });
  }
  const keys = new CatalogKeys({ vault: id, pins, keyring, catalog, now });
  return vaultOf({ ...settings, keyring, blobs: options.blobs, catalog, keys, ...tuning, now }, pins);
}

function settingsItem(settings: Settings, itemKey: ItemKey): ReturnType<typeof tenantItem> {
  const data = encodeItem(encodeSettings(settings), { vault: settings.id, ...SETTINGS }, itemKey);
  return { ...SETTINGS, version: randomVersion(), data };
}

/**
 * Opens a vault that exists; never makes one.
 *
 * @throws SealroomError `no-vault`, `wrong-vault`, `wrong-key`, `unsupported-version`, `damaged`
 */
export async function openVault(options: OpenVaultOptions): Promise<Vault> {
  const { id, pins, keyring, blobs, catalog, now = Date.now, signal } = options;
  const tuning = checkTuning(options);
  if (typeof id !== 'string' || !Array.isArray(pins)) {
    throw new SealroomError('usage', 'a vault is opened with the id and the pins that createVault gave');
  }
  const keys = new CatalogKeys({ vault: id, pins, keyring, catalog, now });
  try {
    const settings = await readSettings({ id, catalog, keys, signal });
    const core = { ...settings, keyring, blobs, catalog, keys, ...tuning, now };
    return vaultOf(core, pins);
  } catch (error) {
    keys[Symbol.dispose]();
    throw error;
  }
}

/** @throws SealroomError `usage` */
function checkTuning({
  frameLength = DEFAULT_FRAME_LENGTH,
  segmentLength = DEFAULT_SEGMENT_LENGTH,
  uploadSegmentLength = Math.min(segmentLength, DEFAULT_UPLOAD_SEGMENT_LENGTH),
  uploadTime = DEFAULT_UPLOAD_TIME,
  graceTime = DEFAULT_GRACE_TIME,
}: VaultTuning): Omit<VaultCore, keyof VaultPorts | 'id' | 'shards' | 'readOnly' | 'keys' | 'now'> {
  checkFrameLength(frameLength);
  for (const length of [segmentLength, uploadSegmentLength]) {
    if (!Number.isSafeInteger(length) || length < 1) {
      throw new SealroomError('usage', 'a segment holds at least one byte');
    }
  }
  if (!Number.isSafeInteger(uploadTime) || uploadTime < 1) {
    throw new SealroomError('usage', 'an upload may take at least 1 millisecond');
  }
  if (!Number.isSafeInteger(graceTime) || graceTime < 1 || graceTime > LONGEST_GRACE_TIME) {
    throw new SealroomError('usage', 'the grace time is 1 millisecond to 90 days');
  }
  return { frameLength, segmentLength, uploadSegmentLength, uploadTime, graceTime };
}

async function readSettings({
  id,
  catalog,
  keys,
  signal,
}: CallOptions & Pick<VaultCore, 'id' | 'catalog' | 'keys'>): Promise<Settings> {
  const item = await catalog.get(SETTINGS.partition, SETTINGS.sort, { signal });
  if (item === undefined) throw new SealroomError('no-vault', 'there is no vault in this catalog: it has no settings');
  const what = 'the settings of the vault';
  // Read before anything is authenticated, only to say which of two vaults, or of two versions, does not fit.
  const claimed = decodeSettings(readItemBody(splitItem(item.data, what), what)).id;
  if (claimed !== id) {
    throw new SealroomError(
      'wrong-vault',
      `the catalog belongs to vault ${claimed}, and the configuration names ${id}`,
    );
  }
  using itemKeys = await keys.itemKeys({ signal });
  const json = decodeItem(item.data, { vault: id, ...SETTINGS }, itemKeys.byVersion);
  if (json === undefined) throw new SealroomError('damaged', `${what} were changed: their authentication is wrong`);
  return decodeSettings(json);
}

function vaultOf(core: VaultCore, pins: readonly string[]): Vault {
  const holder = randomId();
  return {
    id: core.id,
    pins,
    items: authenticItems(core),
    tenant: (name) => filesOf(core, name),
    uploads: (name) => uploadsOfTenant(core, name),
    createTenant: (name, options) => createTenant(core, name, options),
    tenants: (options) => listTenants(core, options),
    tenantStats: (options) => tenantStats(core, options),
    tenantStat: (name, options) => tenantStat(core, name, options),
    usage: (name, options) => tenantUsage(core, name, options),
    countKeys: (tenant, options) => countKeys(core, tenant, options),
    setQuota: (name, quota, options) => setQuota(core, name, quota, options),
    lease: (name, milliseconds, options) => lease(core, { name, holder, milliseconds }, options),
    journal: (options) => summarizeJournal(core, options),
    sweep: (options) => sweep(core, options),
    [Symbol.dispose]: () => core.keys[Symbol.dispose](),
  };
}

function filesOf(core: VaultCore, tenant: string): Files {
  checkTenantName(tenant);
  return {
    put: (bytes, options) => put(core, tenant, bytes, options),
    get: (file, options) => get(core, { tenant, file }, options),
    stat: (file, options) => stat(core, { tenant, file }, options),
    list: (options) => list(core, tenant, options),
    update: (file, changes, options) => update(core, { tenant, file }, changes, options),
    remove: (file, options) => remove(core, { tenant, file }, options),
    verify: (file, options) => verify(core, { tenant, file }, options),
    export: (file, options) => exportMessage(core, { tenant, file }, options),
  };
}
