/** Conditional requests for what can only be read: `GET` and `HEAD` (RFC 9110, section 13). */
import type { IncomingHttpHeaders } from 'node:http';
import { parseHttpDate } from './http-date.ts';

/** What tells one state of a resource from another. Both are strong: the bytes of a file never change. */
export interface Validators {
  /** With its quotes. */
  readonly etag: string;
  /** Milliseconds since 1970, of whole seconds. */
  readonly lastModified: number;
}

export type Verdict = 'met' | 'not-modified' | 'failed';

/**
 * Evaluates the conditions in the order of section 13.2.2.
 *
 * @param now milliseconds since 1970, to read dates with two digits for the year
 */
export function evaluateConditions(headers: IncomingHttpHeaders, validators: Validators, now: number): Verdict {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  // "A recipient MUST ignore If-Unmodified-Since if the request contains an If-Match header field", and
  // "MUST ignore the If-Unmodified-Since header field if the received field value is not a valid HTTP-date".
  const unmodifiedSince = match === undefined ? dateOf(headers['if-unmodified-since'], now) : undefined;
  if (match !== undefined && !matches(match, validators.etag, 'strong')) return 'failed';
  // "If the selected representation's last modification date is earlier or equal to the date provided […], true."
  if (unmodifiedSince !== undefined && validators.lastModified > unmodifiedSince) return 'failed';

  // "A recipient MUST ignore If-Modified-Since if the request contains an If-None-Match header field".
  const modifiedSince = noneMatch === undefined ? dateOf(headers['if-modified-since'], now) : undefined;
  if (noneMatch !== undefined && matches(noneMatch, validators.etag, 'weak')) return 'not-modified';
  // "If the selected representation's last modification date is earlier or equal to the date provided […], false."
  if (modifiedSince !== undefined && validators.lastModified <= modifiedSince) return 'not-modified';
  return 'met';
}

/** Whether `Range` counts. "If the validator does not match, the recipient MUST ignore the Range header field." */
export function rangeApplies(headers: IncomingHttpHeaders, validators: Validators, now: number): boolean {
  const condition = headers['if-range'];
  if (condition === undefined) return true;
  // "The entity-tag […] exactly matches the ETag […] using the strong comparison function": a weak one never does.
  if (condition === validators.etag) return true;
  // "The HTTP-date […] exactly matches the Last-Modified field value for the selected representation."
  return typeof condition === 'string' && parseHttpDate(condition, now) === validators.lastModified;
}

function dateOf(header: string | undefined, now: number): number | undefined {
  return header === undefined ? undefined : parseHttpDate(header, now);
}

const ENTITY_TAGS = /[ \t,]*(W\/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?=,|$)/gy;

/** Whether a list of entity tags, or `*`, names what is there. One that is malformed names nothing from there on. */
function matches(list: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  // "If the field value is "*", the condition is true if the origin server has a current representation".
  if (list === '*') return true;
  for (const [, weak, opaque] of list.matchAll(ENTITY_TAGS)) {
    // "Strong comparison: two entity tags are equivalent if both are not weak and their opaque-tags match."
    if (opaque === etag && (weak === undefined || comparison === 'weak')) return true;
  }
  return false;
}
