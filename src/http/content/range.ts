/** The `Range` header: which parts of a file an answer holds (RFC 9110, section 14). */
import { SealroomError } from '../../errors.ts';
import type { ByteRange } from '../../message/frames.ts';

/** Most parts of one answer: each costs an unwrapping of the data key and a read of the store. */
export const MOST_PARTS = 50;

/** Most ranges, and commas between them, that are looked at, however they lie. */
const MOST_RANGES = 1000;

const UNIT = /^bytes=/i;
// White space at one place in each branch: two that may share it take the square of its length to refuse it.
const RANGE = /^[ \t]*(?:(\d*)-(\d*)[ \t]*)?$/;

/**
 * The ranges that a header asks for, clipped to the file, in the order of the header; those that overlap or touch are
 * joined. Undefined where the header is to be ignored, and the whole file is the answer.
 *
 * @throws SealroomError `range-not-satisfiable` when no range begins within the file, or there are too many
 */
export function requestedRanges(header: string, size: number): readonly ByteRange[] | undefined {
  // "An origin server MUST ignore a Range header field that contains a range unit it does not understand."
  if (!UNIT.test(header)) return undefined;
  const elements = header.slice(header.indexOf('=') + 1).split(',', MOST_RANGES + 1);
  if (elements.length > MOST_RANGES) throw tooMany();

  const satisfiable: ByteRange[] = [];
  let ranges = 0;
  for (const element of elements) {
    const match = RANGE.exec(element);
    // "A server that supports range requests MAY ignore or reject a Range header field that contains an invalid
    // ranges-specifier": ignoring it is what its sender can live with.
    if (match === null) return undefined;
    const [, first, last] = match;
    // "A recipient MUST parse and ignore a reasonable number of empty list elements" (section 5.6.1).
    if (first === undefined || last === undefined) continue;
    const range = first === '' ? suffixRange(last, size) : intRange(first, last, size);
    if (range === undefined) return undefined;
    ranges++;
    if (range !== UNSATISFIABLE) satisfiable.push(range);
  }
  if (ranges === 0) return undefined;
  if (satisfiable.length === 0) {
    throw new SealroomError('range-not-satisfiable', `no range begins within the file, which has ${size} bytes`);
  }
  // "If the selected representation is shorter than the specified suffix-length, the entire representation is used":
  // of an empty one, too, and there is no Content-Range that could tell of nothing.
  if (size === 0) return undefined;
  const parts = joined(satisfiable);
  if (parts.length > MOST_PARTS) throw tooMany();
  return parts;
}

const UNSATISFIABLE = Symbol('unsatisfiable');

/** Undefined for no range at all. Numbers of any length may come: those past 2^53 are past every file as well. */
function intRange(first: string, last: string, size: number): ByteRange | typeof UNSATISFIABLE | undefined {
  const start = Number(first);
  // "An int-range is invalid if the last-pos value is present and less than first-pos."
  if (last !== '' && Number(last) < start) return undefined;
  // "If the first-pos is greater than or equal to the current length […], the range is unsatisfiable."
  if (start >= size) return UNSATISFIABLE;
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) };
}

function suffixRange(length: string, size: number): ByteRange | typeof UNSATISFIABLE | undefined {
  if (length === '') return undefined;
  const bytes = Number(length);
  // "A suffix-range is satisfiable if the suffix-length is non-zero."
  return bytes === 0 ? UNSATISFIABLE : { start: Math.max(0, size - bytes), end: size };
}

/**
 * "A server that generates a multipart response MAY coalesce any of the ranges that overlap […] and SHOULD send the
 * parts in the same order that the corresponding range-spec appeared" (section 15.3.7.2). Done always, so that no
 * byte is read twice for one request.
 */
function joined(ranges: readonly ByteRange[]): ByteRange[] {
  const parts: { start: number; end: number; order: number }[] = [];
  const byStart = ranges.map((range, order) => ({ ...range, order })).sort((a, b) => a.start - b.start);
  for (const range of byStart) {
    const before = parts.at(-1);
    if (before === undefined || range.start > before.end) {
      parts.push(range);
      continue;
    }
    before.end = Math.max(before.end, range.end);
    before.order = Math.min(before.order, range.order);
  }
  return parts.sort((a, b) => a.order - b.order).map(({ start, end }) => ({ start, end }));
}

/** 416 is also for "an excessive request of small or overlapping ranges" (section 15.5.17). */
function tooMany(): SealroomError {
  return new SealroomError(
    'range-not-satisfiable',
    `too many ranges in one request: at most ${MOST_RANGES}, of which ${MOST_PARTS} may lie apart`,
  );
}
