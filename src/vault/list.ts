/** Listing a tenant's files, newest first. */
import { SealroomError, isSealroomError } from '../errors.ts';
import { CATALOG_LIMITS } from '../ports.ts';
import type { CallOptions, Item } from '../ports.ts';
import { filePartition, filePartitions } from './core.ts';
import type { VaultCore } from './core.ts';
import type { ListFilesOptions, Listing, Stat } from './files.ts';
import { isFileId } from './identifiers.ts';
import { openRecord, statOf } from './record-access.ts';
import { hasExpired } from './times.ts';

/** Most files that one page of a search looks at. */
const SEARCHED = 1000;

export async function list(
  core: VaultCore,
  tenant: string,
  { limit = 100, cursor, q, signal }: ListFilesOptions = {},
): Promise<Listing> {
  if (!Number.isInteger(limit) || limit < 1 || limit > CATALOG_LIMITS.listLimit) {
    throw new SealroomError('usage', `a page lists 1 to ${CATALOG_LIMITS.listLimit} files`);
  }
  if (cursor !== undefined) checkCursor(cursor);
  await core.keys.expectTenant(tenant, { signal });
  const files: Stat[] = [];
  const unreadable: { id: string; code: SealroomError['code']; message: string }[] = [];
  const wanted = matching(q);
  const looked = q === undefined ? limit : SEARCHED;
  // One item more than is looked at tells whether there is another page.
  const items = await newest(core, tenant, { limit: looked + 1, cursor, signal });
  let last = 0;
  for (const item of items.slice(0, looked)) {
    if (files.length + unreadable.length === limit) break;
    last++;
    try {
      const opened = await openRecord(core, { tenant, file: item.sort }, item, { signal });
      if (wanted(opened.metadata.name) && !hasExpired(opened.metadata, core.now())) files.push(statOf(opened));
    } catch (error) {
      // It was removed since.
      if (isSealroomError(error, 'not-found')) continue;
      // One record that was changed must not hide the others, nor be passed over in silence.
      if (!isSealroomError(error, 'damaged') && !isSealroomError(error, 'unsupported-version')) throw error;
      unreadable.push({ id: item.sort, code: error.code, message: error.message });
    }
  }
  return { files, unreadable, ...(items.length > last ? { cursor: items[last - 1]!.sort } : {}) };
}

function matching(q: string | undefined): (name: string) => boolean {
  if (q === undefined) return () => true;
  const sought = folded(q);
  return (name) => folded(name).includes(sought);
}

function folded(text: string): string {
  return text.normalize().toLowerCase();
}

function checkCursor(cursor: string): void {
  if (!isFileId(cursor)) {
    throw new SealroomError('usage', 'a cursor is what a listing gave as its cursor, and nothing else');
  }
}

/** The newest items of all shards: each shard is ordered, so its heads are compared. */
async function newest(
  core: VaultCore,
  tenant: string,
  { limit, cursor, signal }: CallOptions & { readonly limit: number; readonly cursor: string | undefined },
): Promise<Item[]> {
  const partitions = filePartitions(core, tenant);
  // Ids are spread evenly, so that a shard rarely has much more than its share; one that has is asked again.
  const share = partitions.length === 1 ? limit : Math.ceil((limit / partitions.length) * 1.5);
  const shards = partitions.map((partition) => shardItems(core, tenant, { partition, limit: share, cursor, signal }));
  const heads = await Promise.all(shards.map((shard) => shard.next()));
  const items: Item[] = [];
  while (items.length < limit) {
    let best = -1;
    heads.forEach((head, i) => {
      const leader = best === -1 ? undefined : heads[best];
      if (!head.done && (leader === undefined || leader.done || head.value.sort > leader.value.sort)) best = i;
    });
    const head = heads[best];
    if (head === undefined || head.done) break;
    items.push(head.value);
    if (items.length < limit) heads[best] = await shards[best]!.next();
  }
  return items;
}

async function* shardItems(
  core: VaultCore,
  tenant: string,
  {
    partition,
    limit,
    cursor,
    signal,
  }: CallOptions & { readonly partition: string; readonly limit: number; readonly cursor: string | undefined },
): AsyncGenerator<Item, void, undefined> {
  let after = cursor;
  do {
    const most = Math.min(limit, CATALOG_LIMITS.listLimit);
    const page = await core.catalog.list(partition, { after, limit: most, reverse: true, signal });
    // One that stands where no record of that id belongs is none: neither `stat` nor `get` would find it.
    yield* page.items.filter(({ sort }) => filePartition(core, tenant, sort) === partition && isFileId(sort));
    after = page.next;
  } while (after !== undefined);
}
