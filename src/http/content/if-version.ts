/** Conditions on the record of a file: which of its versions is meant. */
import type { IncomingHttpHeaders } from 'node:http';
import { SealroomError } from '../../errors.ts';
import type { CallOptions } from '../../ports.ts';
import type { Files } from '../../vault/files.ts';
import { evaluateConditions } from './conditions.ts';
import type { Verdict } from './conditions.ts';

/** The entity tag of a record. The content has another one: it never changes. */
export function versionTag(version: string): string {
  return `"${version}"`;
}

/** What conditions come to for a record at this version. It has no date of its last change, so dates say nothing. */
export function recordVerdict(headers: IncomingHttpHeaders, version: string): Verdict {
  const conditions = { 'if-match': headers['if-match'], 'if-none-match': headers['if-none-match'] };
  return evaluateConditions(conditions, { etag: versionTag(version), lastModified: 0 }, 0);
}

/**
 * The one version that a change may be made to; undefined for any.
 *
 * @throws SealroomError `precondition-failed`, `not-found`
 */
export async function ifVersion(
  headers: IncomingHttpHeaders,
  { files, id, signal }: CallOptions & { readonly files: Files; readonly id: string },
): Promise<string | undefined> {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if ((match === undefined || match.trim() === '*') && noneMatch === undefined) return undefined;
  // Several tags may be named, and weak ones, which match nothing: what is there decides. The change is conditional on
  // that version again, so nobody can come in between.
  const { version } = await files.stat(id, { signal });
  // RFC 9110, 13.1.2: a change is not made where `If-None-Match` is false, and the answer is 412.
  if (recordVerdict(headers, version) !== 'met') throw notThatVersion();
  return version;
}

export function notThatVersion(): SealroomError {
  return new SealroomError('precondition-failed', 'the file is not at a version that the condition allows');
}
