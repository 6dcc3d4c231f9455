/** `If-Match` on a request that changes a record: which version of it is meant. */
import { SealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import type { Files } from '../vault/files.ts';
import { evaluateConditions } from './conditions.ts';

/** The entity tag of a record. The content has another one: it never changes. */
export function versionTag(version: string): string {
  return `"${version}"`;
}

/**
 * The one version that a change may be made to; undefined for any.
 *
 * @throws SealroomError `precondition-failed`, `not-found`
 */
export async function ifVersion(
  header: string | undefined,
  { files, id, signal }: CallOptions & { readonly files: Files; readonly id: string },
): Promise<string | undefined> {
  if (header === undefined || header.trim() === '*') return undefined;
  // Several tags may be named, and weak ones, which match nothing: what is there decides. The change is conditional on
  // that version again, so nobody can come in between.
  const { version } = await files.stat(id, { signal });
  const validators = { etag: versionTag(version), lastModified: 0 };
  if (evaluateConditions({ 'if-match': header }, validators, 0) === 'failed') {
    throw new SealroomError('precondition-failed', 'the file is at another version than If-Match names');
  }
  return version;
}
