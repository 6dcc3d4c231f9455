/** Times on the command line: how long from now, or when. */
import { isSealroomError } from '../errors.ts';
import { checkedTime } from '../vault/times.ts';
import { TIME, usage } from './arguments.ts';

const MINUTE = 60_000;
const UNITS: Readonly<Record<string, number>> = {
  m: MINUTE,
  h: 60 * MINUTE,
  d: 24 * 60 * MINUTE,
  w: 7 * 24 * 60 * MINUTE,
};

/**
 * Reads a duration from now (`30m`, `12h`, `7d`, `4w`), or a time of ISO 8601; a date begins at midnight UTC.
 *
 * @param now milliseconds since 1970
 * @throws SealroomError `usage`
 */
export function timeOf(option: string, text: string, now: number = Date.now()): string {
  const [, count, unit = ''] = /^(\d{1,5})([mhdw])$/.exec(text) ?? [];
  if (count !== undefined) return new Date(now + Number(count) * UNITS[unit]!).toISOString();
  try {
    return checkedTime(option, text);
  } catch (error) {
    if (!isSealroomError(error, 'usage')) throw error;
    throw usage(`${option} is ${TIME}`);
  }
}

/** The same for an option that may be left out. */
export function optionalTimeOf(option: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : timeOf(option, text);
}
