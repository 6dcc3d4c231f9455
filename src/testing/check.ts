/**
 * The invariant of a vault, whatever was interrupted: every blob that a record lists exists and opens, every other blob
 * is named by a journal entry, nothing was ever written twice under one key or one message id, and what a tenant with a
 * quota holds is what is on record.
 */
import assert from 'node:assert/strict';
import type { BlobStore, Catalog, Item, Keyring, WriteOperation } from '../ports.ts';
import { SETTINGS, filePartitions, journalPartitions } from '../vault/core.ts';
import type { VaultCore } from '../vault/core.ts';
import { wholePlaintext } from '../vault/segments.ts';
import { itemsOf } from '../vault/items.ts';
import { CatalogKeys } from '../vault/keys.ts';
import { openRecord } from '../vault/record-access.ts';
import { decodeJournalEntry, decodeSettings, decodeUsage } from '../vault/item-kinds.ts';
import type { Usage } from '../vault/item-kinds.ts';
import { decodeItem } from '../vault/items.ts';
import { decodeRecord } from '../vault/records.ts';
import type { Segment } from '../vault/records.ts';
import { listTenants } from '../vault/tenants.ts';

export interface CheckedVault {
  readonly id: string;
  readonly pins: readonly string[];
  readonly keyring: Keyring;
  readonly blobs: BlobStore;
  readonly catalog: Catalog;
  /** Keys of all blobs that the store holds, leftovers of unfinished puts included. */
  readonly blobKeys: () => readonly string[] | Promise<readonly string[]>;
  /** What was written until now, where it was watched. */
  readonly history?: WriteHistory | undefined;
}

/**
 * Fails unless the invariant holds. Nobody else may use the vault meanwhile.
 *
 * @throws AssertionError that names every violation
 */
export async function checkVault(vault: CheckedVault): Promise<void> {
  const violations = await findViolations(vault);
  assert.ok(violations.length === 0, ['the invariant of the vault does not hold:', ...violations].join('\n- '));
}

/** What is wrong with a vault, in words. */
export async function findViolations(vault: CheckedVault): Promise<string[]> {
  using keys = new CatalogKeys({ ...vault, vault: vault.id, now: Date.now });
  const core = await openCore(vault, keys);
  const present = new Set(await vault.blobKeys());
  const { listed, violations } = await checkRecords(core, present);
  const named = await blobsOfJournal(core);
  for (const blob of present) {
    if (!listed.has(blob) && !named.has(blob)) {
      violations.push(`blob ${blob} is listed by no record and named by no journal entry`);
    }
  }
  return [...violations, ...(vault.history?.violations ?? [])];
}

async function openCore({ id, ...ports }: CheckedVault, keys: CatalogKeys): Promise<VaultCore> {
  using itemKeys = await keys.itemKeys();
  const item = await ports.catalog.get(SETTINGS.partition, SETTINGS.sort);
  const json = item && decodeItem(item.data, { vault: id, ...SETTINGS }, itemKeys.byVersion);
  assert.ok(json !== undefined, 'the vault has no authentic settings');
  // What a vault writes with does not matter here: nothing is written.
  const tuning = { frameLength: 1, segmentLength: 1, graceTime: 1, now: Date.now };
  return { ...decodeSettings(json), ...ports, ...tuning, keys };
}

async function checkRecords(
  core: VaultCore,
  present: ReadonlySet<string>,
): Promise<{ listed: ReadonlySet<string>; violations: string[] }> {
  const listed = new Set<string>();
  const violations: string[] = [];
  for (const { name: tenant, quota } of await listTenants(core)) {
    const held = { bytes: 0, files: 0 };
    for (const partition of filePartitions(core, tenant)) {
      for await (const item of itemsOf(core.catalog, partition)) {
        const { blobs, failure, size } = await checkRecord(core, tenant, item);
        held.bytes += size;
        held.files++;
        if (failure !== undefined) violations.push(`file ${item.sort} of tenant ${tenant} does not open: ${failure}`);
        for (const blob of blobs) {
          if (listed.has(blob)) violations.push(`blob ${blob} is listed twice`);
          if (!present.has(blob)) violations.push(`blob ${blob} of file ${item.sort} is not in the store`);
          listed.add(blob);
        }
      }
    }
    const counted = quota === null ? undefined : await usageOnRecord(core, tenant);
    if (counted !== undefined && (counted.bytes !== held.bytes || counted.files !== held.files)) {
      violations.push(`tenant ${tenant} holds ${JSON.stringify(held)}, and on record is ${JSON.stringify(counted)}`);
    }
  }
  return { listed, violations };
}

/** Opens every frame of a file. */
async function checkRecord(
  core: VaultCore,
  tenant: string,
  item: Item,
): Promise<{ blobs: readonly string[]; size: number; failure?: string }> {
  let blobs: readonly string[] = [];
  let size = 0;
  try {
    blobs = decodeRecord(item.data, 'the record').segments.map((segment) => segment.blob);
    const opened = await openRecord(core, { tenant, file: item.sort }, item);
    size = opened.metadata.size;
    for await (const _ of wholePlaintext(core, opened, {}));
    return { blobs, size };
  } catch (error) {
    return { blobs, size, failure: String(error) };
  }
}

/** What a tenant holds as it is on record; undefined while nobody has counted. */
async function usageOnRecord(core: VaultCore, tenant: string): Promise<Usage | undefined> {
  const partition = `usage/${tenant}`;
  const sort = 'total';
  using itemKeys = await core.keys.itemKeys();
  const item = await core.catalog.get(partition, sort);
  const json = item && decodeItem(item.data, { vault: core.id, partition, sort }, itemKeys.byVersion);
  return json && decodeUsage(json);
}

async function blobsOfJournal(core: VaultCore): Promise<ReadonlySet<string>> {
  using itemKeys = await core.keys.itemKeys();
  const named = new Set<string>();
  for (const partition of journalPartitions(core)) {
    for await (const { sort, data } of itemsOf(core.catalog, partition)) {
      const json = decodeItem(data, { vault: core.id, partition, sort }, itemKeys.byVersion);
      if (json === undefined) continue;
      for (const blob of decodeJournalEntry(json).blobs) named.add(blob);
    }
  }
  return named;
}

/** Watches what a vault writes, and keeps what must never come a second time. */
export class WriteHistory {
  /** What came a second time, in words. */
  readonly violations: string[] = [];
  readonly #blobs = new Set<string>();
  readonly #segments = new Map<string, Segment>();
  readonly #messageIds = new Map<string, string>();

  /** The same store, watched. */
  watchBlobs(blobs: BlobStore): BlobStore {
    return {
      get: (...call) => blobs.get(...call),
      remove: (...call) => blobs.remove(...call),
      put: (...call) => {
        const [key] = call;
        if (this.#blobs.has(key)) this.violations.push(`blob ${key} was put twice`);
        this.#blobs.add(key);
        return blobs.put(...call);
      },
    };
  }

  /** The same catalog, watched. Writes that fail are taken in too: nobody knows what became of them. */
  watchCatalog(catalog: Catalog): Catalog {
    return {
      get: (...call) => catalog.get(...call),
      list: (...call) => catalog.list(...call),
      write: (...call) => {
        for (const operation of call[0]) this.#note(operation);
        return catalog.write(...call);
      },
    };
  }

  #note(operation: WriteOperation): void {
    if (operation.type !== 'put' || !operation.item.partition.startsWith('file/')) return;
    const { sort, data } = operation.item;
    for (const segment of decodeRecord(data, `the record of file ${sort}`).segments) this.#noteSegment(segment);
  }

  /** A record is written again by an update; its segments stay what they were, but for a tag that is dropped. */
  #noteSegment(segment: Segment): void {
    const { blob } = segment;
    const messageId = hex(segment.messageId);
    const owner = this.#messageIds.get(messageId);
    if (owner !== undefined && owner !== blob) this.violations.push(`blobs ${owner} and ${blob} share a message id`);
    this.#messageIds.set(messageId, blob);
    const before = this.#segments.get(blob);
    this.#segments.set(blob, segment);
    if (before === undefined) return;
    if (hex(before.messageId) !== messageId) this.violations.push(`blob ${blob} got another message id`);
    if (segment.tag !== undefined && (before.tag === undefined || hex(before.tag) !== hex(segment.tag))) {
      this.violations.push(`the message of blob ${blob} got a second header`);
    }
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
