/** What words of the command line mean. */
import { SealroomError } from '../errors.ts';

/** A mistake in how a command is called. */
export function usage(message: string): SealroomError {
  return new SealroomError('usage', message);
}

/** How times are given: in `--help`, and to whoever gave none. */
export const TIME = 'a duration (30m, 12h, 7d, 4w) or a time (2030-01-31, 2030-01-31T12:00:00Z)';

/** Collects an option that may be given several times. */
export function repeated(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

export type Pairs = readonly (readonly [name: string, value: string])[];

/** Collects `NAME=VALUE`; the first `=` divides, so that a value may hold others. */
export function repeatedPair(option: string): (text: string, previous?: Pairs) => Pairs {
  return (text, previous = []) => {
    const equals = text.indexOf('=');
    if (equals < 1) throw usage(`${option} is given as NAME=VALUE`);
    const name = text.slice(0, equals);
    if (previous.some(([given]) => given === name)) {
      throw usage(`${option} gives ${JSON.stringify(name)} twice`);
    }
    return [...previous, [name, text.slice(equals + 1)]];
  };
}

/** fromEntries defines own properties, so that a pair named __proto__ is a pair like any other. */
export function recordOf(pairs: Pairs | undefined): Record<string, string> {
  return Object.fromEntries(pairs ?? []);
}

/** Reads a whole number of at least `least`. */
export function wholeNumber(option: string, least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw usage(`${option} is a whole number of at least ${least}`);
    }
    return value;
  };
}

/** Part of a file: its first byte and the one after its last, or how many bytes at its end. */
export type RangeArgument = { readonly start: number; readonly end?: number } | { readonly suffix: number };

/** Reads a range as HTTP has it: `FIRST-LAST`, both included, `FIRST-`, or `-SUFFIX`. */
export function parseRange(text: string): RangeArgument {
  const [, first, last] = /^(\d*)-(\d*)$/.exec(text) ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) throw notARange();
  if (first === '') {
    if (!Number.isSafeInteger(Number(last)) || Number(last) === 0) throw notARange();
    return { suffix: Number(last) };
  }
  const start = Number(first);
  if (!Number.isSafeInteger(start)) throw notARange();
  if (last === '') return { start };
  const end = Number(last) + 1;
  if (!Number.isSafeInteger(end) || end <= start) throw notARange();
  return { start, end };
}

function notARange(): SealroomError {
  return usage('--range is FIRST-LAST (both included, counted from 0), FIRST- or -SUFFIX');
}
