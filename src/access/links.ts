/** Share links: whoever has one gets one file, for a time, and as often as its maker said. */
import { toBase64 } from '../base64.ts';
import { SealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import type { ItemChange } from '../vault/authentic-items.ts';
import type { JsonObject } from '../vault/encoding.ts';
import { isFileId } from '../vault/identifiers.ts';
import { checkMetadata } from '../vault/metadata.ts';
import { checkedTime } from '../vault/times.ts';
import { retryConflicts } from '../vault/write.ts';
import type { LinkInfo, LinkRequest, Links, NewLink } from './access.ts';
import { isOver, timeAfter } from './core.ts';
import type { AccessCore } from './core.ts';
import { HASH_LENGTH, isSecretId, newSecret } from './secrets.ts';
import type { Turns } from './turns.ts';

const LINKS = 'link';

/** Attempts against those who use the link in other processes: revoking must come through, too. */
export const LINK_ATTEMPTS = 100;

const LONGEST_LIFETIME = 366 * 24 * 60 * 60 * 1000;
const MOST_DOWNLOADS = 1_000_000;
/** Links that are read at once when they are listed. */
const READ_AT_ONCE = 20;

/** A link as it is kept. */
export interface Link extends LinkInfo {
  readonly tenant: string;
  readonly hash: Uint8Array;
}

export interface FoundLink {
  readonly link: Link;
  readonly version: string;
}

export interface LinkCore extends AccessCore {
  /** Of those who change one link. */
  readonly turns: Turns;
}

export function linksOf(core: LinkCore, tenant: string): Links {
  return {
    create: (file, request) => createLink(core, { tenant, file }, request),
    list: (options) => listLinks(core, tenant, options),
    revoke: (id, options) => revokeLink(core, { tenant, id }, options),
  };
}

async function createLink(
  core: LinkCore,
  { tenant, file }: { readonly tenant: string; readonly file: string },
  request: LinkRequest,
): Promise<NewLink> {
  const { downloads = null, createdBy = null, signal } = request;
  const now = core.now();
  const expires = checkedLifetime(request.expires, now);
  if (downloads !== null && !(Number.isInteger(downloads) && downloads >= 1 && downloads <= MOST_DOWNLOADS)) {
    throw new SealroomError('usage', 'a link can be used 1 to 1,000,000 times, or, with no number, at any time');
  }
  checkMetadata({ createdBy });
  await core.vault.tenant(tenant).stat(file, { signal });
  const { id, text, hash } = newSecret();
  const link = { id, file, createdAt: timeAfter(now, 0), createdBy, expires, downloads, used: 0 };
  const index = { type: 'put', ...indexPlace(tenant, link), value: {}, expect: null } as const;
  await core.vault.items.write([linkPut({ ...link, tenant, hash }, null), { ...index, expires: Date.parse(expires) }], {
    signal,
  });
  return { ...link, secret: text, url: null };
}

function checkedLifetime(expires: string, now: number): string {
  const time = checkedTime('expires', expires);
  const lifetime = Date.parse(time) - now;
  if (lifetime <= 0 || lifetime > LONGEST_LIFETIME) {
    throw new SealroomError('usage', 'a link expires in the future, and in a year at the latest');
  }
  return time;
}

async function listLinks(
  core: LinkCore,
  tenant: string,
  { file, signal }: CallOptions & { readonly file?: string | undefined } = {},
): Promise<LinkInfo[]> {
  if (file !== undefined && !isFileId(file)) return [];
  const ids: string[] = [];
  const prefix = file === undefined ? {} : { prefix: `${file}/` };
  for await (const { sort } of core.vault.items.list(indexPartition(tenant), { ...prefix, signal })) {
    ids.push(sort.slice(sort.indexOf('/') + 1));
  }
  const links: LinkInfo[] = [];
  for (let start = 0; start < ids.length; start += READ_AT_ONCE) {
    const some = ids.slice(start, start + READ_AT_ONCE);
    const found = await Promise.all(some.map((id) => findLink(core, id, { signal })));
    links.push(...found.filter((each) => each !== undefined).map(({ link }) => infoOf(link)));
  }
  return links.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}

async function revokeLink(
  core: LinkCore,
  { tenant, id }: { readonly tenant: string; readonly id: string },
  { signal }: CallOptions = {},
): Promise<void> {
  const revoke = async (): Promise<void> => {
    const found = await findLink(core, id, { signal });
    if (found?.link.tenant !== tenant) {
      throw new SealroomError('not-found', `there is no link with the id ${JSON.stringify(id.slice(0, 80))}`);
    }
    const place = indexPlace(tenant, found.link);
    // Whoever takes the index away, or spoils it, must not thereby make a link that nobody can revoke.
    const index = await core.vault.items.get(place.partition, place.sort, { signal });
    const changes: ItemChange[] = [{ type: 'remove', partition: LINKS, sort: id, expect: found.version }];
    if (index !== undefined) changes.push({ type: 'remove', ...place, expect: index.version });
    await core.vault.items.write(changes, { signal });
  };
  await core.turns.run(id, () => retryConflicts(revoke, LINK_ATTEMPTS), { signal });
}

/** A link that has not expired. */
export async function findLink(core: AccessCore, id: string, { signal }: CallOptions): Promise<FoundLink | undefined> {
  if (!isSecretId(id)) return undefined;
  const item = await core.vault.items.get(LINKS, id, { signal });
  if (item === undefined) return undefined;
  const link = decodeLink(id, item.value);
  // The store's own expiry is not authenticated: whoever writes it can put it off.
  return isOver(link.expires, core.now()) ? undefined : { link, version: item.version };
}

/** The change that keeps a link, or keeps it anew. */
export function linkPut({ id, hash, ...link }: Link, expect: string | null): ItemChange {
  const value = { hash: toBase64(hash), ...link };
  return { type: 'put', partition: LINKS, sort: id, value, expect, expires: Date.parse(link.expires) };
}

function decodeLink(id: string, value: JsonObject): Link {
  return {
    id,
    hash: value.bytes('hash', HASH_LENGTH),
    tenant: value.string('tenant'),
    file: value.string('file'),
    createdAt: value.string('createdAt'),
    createdBy: value.nullableString('createdBy'),
    expires: value.string('expires'),
    downloads: value.nullableCount('downloads'),
    used: value.count('used'),
  };
}

function infoOf(link: Link): LinkInfo {
  const { hash: _, tenant: __, ...info } = link;
  return info;
}

function indexPartition(tenant: string): string {
  return `${LINKS}/${tenant}`;
}

function indexPlace(
  tenant: string,
  { id, file }: Pick<LinkInfo, 'id' | 'file'>,
): { readonly partition: string; readonly sort: string } {
  return { partition: indexPartition(tenant), sort: `${file}/${id}` };
}
