/** Times that callers give. */
import { SealroomError } from '../errors.ts';
import type { Metadata } from './metadata.ts';

/** A date, which begins at midnight UTC, or a date and time with its zone. */
const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

const FIRST = Date.parse('0000-01-01T00:00:00.000Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * A time of ISO 8601 as it is kept: in UTC, to the millisecond.
 *
 * @param what names it in errors
 * @throws SealroomError `usage`
 */
export function checkedTime(what: string, text: string): string {
  const time = TIME.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text) : NaN;
  // A zone can lead out of the years of four digits; times are compared and sorted as text.
  if (Number.isNaN(time) || time < FIRST || time > LAST) {
    throw new SealroomError('usage', `${what} is a time of ISO 8601, such as 2030-01-31 or 2030-01-31T12:00:00Z`);
  }
  return new Date(time).toISOString();
}

/** False for the 30th of February, which `Date.parse` takes for the 2nd of March. */
function isDay(date: string): boolean {
  const time = Date.parse(date);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}

/**
 * When a file is to go, and until when it stays, as they are kept.
 *
 * @throws SealroomError `usage`
 */
export function checkedTimes(
  {
    expires,
    retainUntil,
  }: { readonly expires?: string | null | undefined; readonly retainUntil?: string | null | undefined },
  now: number,
): Pick<Metadata, 'expires' | 'retainUntil'> {
  const times = {
    expires: checkedOrNull('expires', expires),
    retainUntil: checkedOrNull('retainUntil', retainUntil),
  };
  if (times.expires !== null && Date.parse(times.expires) <= now) {
    throw new SealroomError('usage', 'expires lies in the past: the file would never be there');
  }
  if (times.expires !== null && times.retainUntil !== null && times.expires < times.retainUntil) {
    throw new SealroomError('usage', 'expires lies before retainUntil: a file cannot go while it is retained');
  }
  return times;
}

function checkedOrNull(what: string, text: string | null | undefined): string | null {
  return text === undefined || text === null ? null : checkedTime(what, text);
}

/** True once a file's time has come: from then on it is not there, whenever a sweep takes it away (F38). */
export function hasExpired({ expires, hold }: Pick<Metadata, 'expires' | 'hold'>, now: number): boolean {
  return expires !== null && hold === null && Date.parse(expires) <= now;
}
