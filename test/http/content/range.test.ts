/** The `Range` header, by RFC 9110, section 14. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { MOST_PARTS, requestedRanges } from '../../../src/http/content/range.ts';
import { refusal } from '../../../src/testing/rejects.ts';
import { askedRange, rangeHeader, runsOf } from './asked-ranges.ts';

/** Ranges as `[first, end)` pairs. */
type Pairs = readonly (readonly [number, number])[];

interface Row {
  readonly header: string;
  readonly size: number;
  /** Undefined: the header is ignored. */
  readonly expected: Pairs | 'refused' | undefined;
}

const row = (header: string, size: number, expected: Row['expected']): Row => ({ header, size, expected });

/** Sections of RFC 9110 -> what a header gives. */
const table: Readonly<Record<string, readonly Row[]>> = {
  'the examples of 14.1.2': [
    row('bytes=0-499', 10_000, [[0, 500]]),
    row('bytes=500-999', 10_000, [[500, 1000]]),
    row('bytes=-500', 10_000, [[9500, 10_000]]),
    row('bytes=9500-', 10_000, [[9500, 10_000]]),
    row('bytes=0-0,-1', 10_000, [
      [0, 1],
      [9999, 10_000],
    ]),
    row('bytes= 0-999, 4500-5499, -1000', 10_000, [
      [0, 1000],
      [4500, 5500],
      [9000, 10_000],
    ]),
    row('bytes=500-600,601-999', 10_000, [[500, 1000]]),
    row('bytes=500-700,601-999', 10_000, [[500, 1000]]),
  ],
  'past the end (14.1.2)': [
    row('bytes=0-9999999', 10, [[0, 10]]),
    row('bytes=9-9', 10, [[9, 10]]),
    row('bytes=9-', 10, [[9, 10]]),
    row('bytes=10-', 10, 'refused'),
    row('bytes=10-20', 10, 'refused'),
    row('bytes=10-20,3-4', 10, [[3, 5]]),
    row('bytes=-11', 10, [[0, 10]]),
    row('bytes=-0', 10, 'refused'),
    row('bytes=-0,2-2', 10, [[2, 3]]),
    row(`bytes=0-${'9'.repeat(400)}`, 10, [[0, 10]]),
    row(`bytes=${'9'.repeat(400)}-`, 10, 'refused'),
    row(`bytes=-${'9'.repeat(400)}`, 10, [[0, 10]]),
    row(`bytes=${'0'.repeat(400)}3-4`, 10, [[3, 5]]),
  ],
  'an empty file': [
    row('bytes=0-', 0, 'refused'),
    row('bytes=0-0', 0, 'refused'),
    row('bytes=-0', 0, 'refused'),
    row('bytes=-5', 0, undefined),
    row('bytes=0-0,-5', 0, undefined),
  ],
  'other units, and what is no range, are ignored (14.2)': [
    row('', 10, undefined),
    row('bytes', 10, undefined),
    row('bytes=', 10, undefined),
    row('bytes=,', 10, undefined),
    row('bytes=-', 10, undefined),
    row('bytes=1', 10, undefined),
    row('bytes=a-b', 10, undefined),
    row('bytes=0x1-2', 10, undefined),
    row('bytes=1.5-2', 10, undefined),
    row('bytes=+1-2', 10, undefined),
    row('bytes=1-2-3', 10, undefined),
    row('bytes=1 - 2', 10, undefined),
    row('bytes=5-4', 10, undefined),
    row('bytes=0-1,5-4', 10, undefined),
    row('bytes=0-1;2-3', 10, undefined),
    row('bytes=0-1,bytes=2-3', 10, undefined),
    row('bytes =0-1', 10, undefined),
    row(' bytes=0-1', 10, undefined),
    row('bytes:0-1', 10, undefined),
    row('bytes=\u00a00-1', 10, undefined),
    row('bytes=\u0661-\u0662', 10, undefined),
    row('items=0-1', 10, undefined),
    row('kilobytes=0-1', 10, undefined),
    row('none', 10, undefined),
  ],
  'the unit in any case (14.1), and empty elements of the list (5.6.1)': [
    row('Bytes=1-2', 10, [[1, 3]]),
    row('BYTES=-2', 10, [[8, 10]]),
    row('bytes=,,1-2, ,\t3-,', 10, [[1, 10]]),
    row('bytes=\t1-2 ', 10, [[1, 3]]),
  ],
  'order, and what overlaps or touches (15.3.7.2)': [
    row('bytes=8-8,0-0,4-4', 10, [
      [8, 9],
      [0, 1],
      [4, 5],
    ]),
    row('bytes=4-5,0-0,2-3', 10, [
      [2, 6],
      [0, 1],
    ]),
    row('bytes=0-,0-,0-,0-', 10, [[0, 10]]),
    row('bytes=9-9,0-8', 10, [[0, 10]]),
    row('bytes=0-1,3-4', 10, [
      [0, 2],
      [3, 5],
    ]),
    row('bytes=-1,0-0,-5', 10, [
      [5, 10],
      [0, 1],
    ]),
  ],
};

function outcome({ header, size }: Row): Row['expected'] {
  try {
    return requestedRanges(header, size)?.map(({ start, end }) => [start, end] as const);
  } catch {
    refusal(() => requestedRanges(header, size), 'range-not-satisfiable');
    return 'refused';
  }
}

describe('the Range header', () => {
  for (const [name, rows] of Object.entries(table)) {
    test(name, () => {
      for (const each of rows) {
        assert.deepEqual(outcome(each), each.expected, `${each.header.slice(0, 60)} of ${each.size}`);
      }
    });
  }

  test('as many ranges apart as are served are served, and one more is refused', () => {
    const apart = (count: number): string => Array.from({ length: count }, (_, i) => `${3 * i}-${3 * i}`).join(',');
    assert.equal(requestedRanges(`bytes=${apart(MOST_PARTS)}`, 10_000)?.length, MOST_PARTS);
    refusal(() => requestedRanges(`bytes=${apart(MOST_PARTS + 1)}`, 10_000), 'range-not-satisfiable');
  });

  test('many ranges that come down to one are served', () => {
    const touching = Array.from({ length: 900 }, (_, i) => `${i}-${i}`)
      .toReversed()
      .join(',');
    assert.deepEqual(requestedRanges(`bytes=${touching}`, 10_000), [{ start: 0, end: 900 }]);
  });

  test('100,000 ranges are refused without a look at most of them', () => {
    for (const one of ['0-0', '', 'x', '0-']) {
      const header = `bytes=${Array.from({ length: 100_000 }, () => one).join(',')}`;
      refusal(() => requestedRanges(header, 10), 'range-not-satisfiable');
    }
  });
});

test('ranges mean the bytes that they mean one by one, joined, in the order of the first that has them', () => {
  fc.assert(
    fc.property(
      fc.array(askedRange, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 60 }),
      (list, size) => {
        const runs = runsOf(list, size);
        if (runs.length === 0) refusal(() => requestedRanges(rangeHeader(list), size), 'range-not-satisfiable');
        else assert.deepEqual(requestedRanges(rangeHeader(list), size), runs);
      },
    ),
  );
});
