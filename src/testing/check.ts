/**
 * The invariant of a vault, whatever was interrupted: every blob that a record or an upload lists exists and opens, every
 * other blob is named by a journal entry, and so is every page and every part that belongs to none; nothing was ever
 * written twice under one key or one message id, and what a tenant with a quota holds is what is on record.
 */
import assert from 'node:assert/strict';
import type { BlobStore, Catalog, Item, Keyring, WriteOperation } from '../ports.ts';
import { authenticItemsOf } from '../vault/authentic-items.ts';
import { SETTINGS, filePartitions, journalPartitions } from '../vault/core.ts';
import type { VaultCore } from '../vault/core.ts';
import type { JsonObject } from '../vault/encoding.ts';
import { decodeJournalEntry, decodeSettings, decodeUsage } from '../vault/item-kinds.ts';
import type { Tenant, Usage } from '../vault/item-kinds.ts';
import { decodeItem, itemsOf, readItemBody, splitItem } from '../vault/items.ts';
import { CatalogKeys } from '../vault/keys.ts';
import { openRecord, wholeRecord } from '../vault/record-access.ts';
import type { FilePlace } from '../vault/record-access.ts';
import { decodeRecord, decodeSegment } from '../vault/records.ts';
import type { Segment } from '../vault/records.ts';
import { segmentKey, unwrapDataKey, wholePlaintext, wholeSegment } from '../vault/segments.ts';
import { listTenants } from '../vault/tenants.ts';
import { heldBy, partsOf, readParts, uploadsOf } from '../vault/upload/items.ts';
import type { StandingUpload } from '../vault/upload/items.ts';
import { openedUpload } from '../vault/upload/merge.ts';

export interface CheckedVault {
  readonly id: string;
  readonly pins: readonly string[];
  readonly keyring: Keyring;
  readonly blobs: BlobStore;
  readonly catalog: Catalog;
  /** Keys of all blobs that the store holds, leftovers of unfinished puts included. */
  readonly blobKeys: () => readonly string[] | Promise<readonly string[]>;
  /** Names of all partitions of the catalog, where they can be told: then pages and parts that are left over are found. */
  readonly partitions?: (() => Iterable<string>) | undefined;
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
  const none = { listed: new Set<string>(), pages: new Set<string>(), uploads: new Set<string>() };
  const found: Found = { present, ...none, violations: [...(vault.history?.violations ?? [])] };
  const named = await blobsOfJournal(core);
  for (const { name, quota } of await listTenants(core)) await checkTenant(core, { name, quota, named, found });
  for (const blob of present) {
    if (!found.listed.has(blob) && !named.blobs.has(blob)) {
      found.violations.push(`blob ${blob} is listed by no record or upload, and named by no journal entry`);
    }
  }
  for (const partition of new Set(vault.partitions?.())) await checkBeside(core, partition, { named, found });
  return found.violations;
}

/** Pages and parts that nothing stands for, and that nobody will remove. */
async function checkBeside(
  core: VaultCore,
  partition: string,
  { named, found }: { readonly named: NamedByJournal; readonly found: Found },
): Promise<void> {
  const [kind, , file = ''] = partition.split('/');
  if (kind !== 'segments' && kind !== 'part') return;
  for await (const { sort } of authenticItemsOf(core, partition)) {
    const known =
      kind === 'part'
        ? found.uploads.has(file) || named.partsOf.has(file)
        : found.pages.has(sort) || named.pages.has(sort);
    if (!known) found.violations.push(`the item ${sort} of ${partition} belongs to nothing, and no entry names it`);
  }
}

/** What a check has come upon. */
interface Found {
  /** Blobs in the store. */
  readonly present: ReadonlySet<string>;
  /** Blobs of records and uploads. */
  readonly listed: Set<string>;
  /** Pages of records. */
  readonly pages: Set<string>;
  /** Ids of files that are being uploaded. */
  readonly uploads: Set<string>;
  readonly violations: string[];
}

async function openCore({ id, ...ports }: CheckedVault, keys: CatalogKeys): Promise<VaultCore> {
  using itemKeys = await keys.itemKeys();
  const item = await ports.catalog.get(SETTINGS.partition, SETTINGS.sort);
  const json = item && decodeItem(item.data, { vault: id, ...SETTINGS }, itemKeys.byVersion);
  assert.ok(json !== undefined, 'the vault has no authentic settings');
  // What a vault writes with does not matter here: nothing is written.
  const tuning = {
    frameLength: 1,
    segmentLength: 1,
    uploadSegmentLength: 1,
    uploadTime: 1,
    graceTime: 1,
    now: Date.now,
  };
  return { ...decodeSettings(json), ...ports, ...tuning, keys };
}

async function checkTenant(
  core: VaultCore,
  {
    name: tenant,
    quota,
    named,
    found,
  }: Pick<Tenant, 'name' | 'quota'> & { readonly named: NamedByJournal; readonly found: Found },
): Promise<void> {
  const held = { bytes: 0, files: 0 };
  for (const partition of filePartitions(core, tenant)) {
    for await (const item of itemsOf(core.catalog, partition)) {
      held.bytes += await checkRecord(core, { tenant, file: item.sort, item, found });
      held.files++;
    }
  }
  for await (const upload of uploadsOf(core, tenant)) {
    held.bytes += heldBy(upload.header);
    held.files++;
    await checkUpload(core, upload, found);
  }
  const counted = quota === null ? undefined : await usageOnRecord(core, tenant);
  if (counted !== undefined && (counted.bytes !== held.bytes || counted.files !== held.files)) {
    found.violations.push(
      `tenant ${tenant} holds ${JSON.stringify(held)}, and on record is ${JSON.stringify(counted)}`,
    );
  }
  // Of what an ended upload leaves the journal must know.
  for (const file of named.partsOf) {
    for await (const { segment } of partsOf(core, { tenant, file })) named.blobs.add(segment.blob);
  }
}

/** Opens every frame of a file; resolves its size. */
async function checkRecord(
  core: VaultCore,
  { tenant, file, item, found }: FilePlace & { readonly item: Item; readonly found: Found },
): Promise<number> {
  const what = `file ${file} of tenant ${tenant}`;
  let segments: readonly Segment[] = [];
  let size = 0;
  try {
    // Before it is authenticated: one that is not lists its blobs all the same.
    const record = await wholeRecord(core, { tenant, file }, item);
    ({ segments } = record);
    for (const page of record.pages) found.pages.add(page);
    const opened = await openRecord(core, { tenant, file }, item);
    size = opened.metadata.size;
    for await (const _ of wholePlaintext(core, opened, {}));
  } catch (error) {
    found.violations.push(`${what} does not open: ${String(error)}`);
  }
  for (const { blob } of segments) noteListed(found, blob, what);
  return size;
}

/** Opens every part of an upload. */
async function checkUpload(core: VaultCore, upload: StandingUpload, found: Found): Promise<void> {
  const what = `the upload of file ${upload.file} of tenant ${upload.tenant}`;
  found.uploads.add(upload.file);
  for await (const { segment } of partsOf(core, upload)) noteListed(found, segment.blob, what);
  try {
    const opened = openedUpload(upload);
    const parts = await readParts(core, upload);
    using dataKey = await unwrapDataKey(core, opened, {});
    for (const { segment } of parts) {
      using frameKey = segmentKey(core, opened, segment, dataKey);
      for await (const _ of wholeSegment(core, opened, segment, { frameKey }));
    }
  } catch (error) {
    found.violations.push(`${what} does not open: ${String(error)}`);
  }
}

function noteListed({ listed, present, violations }: Found, blob: string, what: string): void {
  if (listed.has(blob)) violations.push(`blob ${blob} is listed twice`);
  if (!present.has(blob)) violations.push(`blob ${blob} of ${what} is not in the store`);
  listed.add(blob);
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

/** What the journal knows to be left over. */
interface NamedByJournal {
  readonly blobs: Set<string>;
  readonly pages: Set<string>;
  /** Files whose ended uploads leave parts. */
  readonly partsOf: ReadonlySet<string>;
}

async function blobsOfJournal(core: VaultCore): Promise<NamedByJournal> {
  const blobs = new Set<string>();
  const pages = new Set<string>();
  const ended = new Set<string>();
  for (const partition of journalPartitions(core)) {
    for await (const { value } of authenticItemsOf(core, partition)) {
      const entry = decodeJournalEntry(value);
      for (const blob of entry.blobs) blobs.add(blob);
      for (const page of entry.pages) pages.add(page);
      if (entry.parts) ended.add(entry.file);
    }
  }
  return { blobs, pages, partsOf: ended };
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
    if (operation.type !== 'put') return;
    const { partition, sort, data } = operation.item;
    const what = `the item ${sort} of ${partition}`;
    if (partition.startsWith('file/'))
      decodeRecord(data, what).segments.forEach((segment) => this.#noteSegment(segment));
    const body = (): JsonObject => readItemBody(splitItem(data, what), what);
    if (partition.startsWith('part/')) this.#noteSegment(decodeSegment(body()));
    if (partition.startsWith('segments/')) {
      for (const segment of body().objects('segments')) this.#noteSegment(decodeSegment(segment));
    }
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
