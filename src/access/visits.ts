/** Using a link: each use is counted once, and gives a visit within which ranges and retries are free. */
import { isSealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import { retryConflicts } from '../vault/write.ts';
import { timeAfter } from './core.ts';
import type { AccessCore } from './core.ts';
import { LINK_ATTEMPTS, findLink, linkPut } from './links.ts';
import type { FoundLink, Link, LinkCore } from './links.ts';
import { secretMatches, splitSecret } from './secrets.ts';
import { VISIT_TIME, findVisit, newVisit } from './visit-items.ts';

/** What a link leads to. */
export interface SharedFile {
  /** The link's id: no secret. */
  readonly link: string;
  readonly tenant: string;
  /** The file's id. */
  readonly file: string;
}

/** A link that was used. */
export interface Visit extends SharedFile {
  /** For a cookie: within its time, downloads by this link do not count again. */
  readonly visit: string;
  /** ISO 8601: an hour from now, or when the link ends. */
  readonly visitExpires: string;
}

/** What a link leads to, nothing counted; `visited` when the visit given is one to this link. */
export async function sharedFile(
  core: AccessCore,
  secret: string,
  { visit, signal }: CallOptions & { readonly visit?: string | undefined } = {},
): Promise<(SharedFile & { readonly visited: boolean }) | undefined> {
  const found = await openLink(core, secret, { signal });
  if (found === undefined) return undefined;
  const { link } = found;
  const visited = visit !== undefined && (await findVisit(core, link.id, { visit, signal })) !== undefined;
  if ((isUsedUp(link) && !visited) || !(await hasFile(core, link, { signal }))) return undefined;
  return { link: link.id, tenant: link.tenant, file: link.file, visited };
}

/** Counts one use and gives a visit. */
export async function useLink(
  core: LinkCore,
  secret: string,
  { signal }: CallOptions = {},
): Promise<Visit | undefined> {
  const given = splitSecret(secret);
  if (given === undefined) return undefined;
  const use = async (): Promise<Visit | undefined> => {
    const found = await openLink(core, secret, { signal });
    if (found === undefined || isUsedUp(found.link) || !(await hasFile(core, found.link, { signal }))) return undefined;
    return countUse(core, found, { signal });
  };
  return core.turns.run(given.id, () => retryConflicts(use, LINK_ATTEMPTS), { signal });
}

async function countUse(
  { vault, now }: AccessCore,
  { link, version }: FoundLink,
  { signal }: CallOptions,
): Promise<Visit> {
  const hour = timeAfter(now(), VISIT_TIME);
  const visitExpires = hour < link.expires ? hour : link.expires;
  const { visit, change } = newVisit(link.id, { expires: visitExpires });
  // The visit first: nobody else writes it, so after an answer that got lost it tells whether this use was counted,
  // where the link may have been counted on by others.
  await vault.items.write([change, linkPut({ ...link, used: link.used + 1 }, version)], { signal });
  return { link: link.id, tenant: link.tenant, file: link.file, visit, visitExpires };
}

/** A link whose secret this is, used up or not. */
async function openLink(core: AccessCore, text: string, options: CallOptions): Promise<FoundLink | undefined> {
  const given = splitSecret(text);
  if (given === undefined) return undefined;
  const found = await findLink(core, given.id, options);
  return secretMatches(given, found?.link.hash) ? found : undefined;
}

function isUsedUp({ downloads, used }: Link): boolean {
  return downloads !== null && used >= downloads;
}

async function hasFile({ vault }: AccessCore, { tenant, file }: Link, options: CallOptions): Promise<boolean> {
  try {
    await vault.tenant(tenant).stat(file, options);
    return true;
  } catch (error) {
    if (isSealroomError(error, 'not-found') || isSealroomError(error, 'no-tenant')) return false;
    throw error;
  }
}
