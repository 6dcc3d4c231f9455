/** Bodies of several parts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../../src/bytes.ts';
import { byteRanges } from '../../../src/http/content/byte-ranges.ts';
import { SealroomError } from '../../../src/errors.ts';
import type { ByteRange } from '../../../src/message/frames.ts';
import { rejection } from '../../../src/testing/rejects.ts';
import { patterned } from '../../../src/testing/test-bytes.ts';
import { TrackedSource, chunked, iteratorOf } from '../../support/streams.ts';
import { partsOf } from './parts.ts';

const plaintext = patterned(1000);
const ranges = [
  { start: 900, end: 1000 },
  { start: 0, end: 1 },
  { start: 10, end: 300 },
];

/** A source for each range that was opened. */
function opener(): { opened: TrackedSource[]; open: (range: ByteRange) => Promise<TrackedSource> } {
  const opened: TrackedSource[] = [];
  const open = async ({ start, end }: ByteRange): Promise<TrackedSource> => {
    const source = new TrackedSource(chunked(plaintext.subarray(start, end), 50));
    opened.push(source);
    return source;
  };
  return { opened, open };
}

describe('a body of several parts', () => {
  test('has the length that was told beforehand, and each part says where it lies', async () => {
    const { type, length, chunks } = byteRanges(ranges, { type: 'text/x; q=1', size: 1000, open: opener().open });
    const body = await collect(chunks);
    assert.equal(body.length, length);
    const parts = partsOf(body, type);
    assert.deepEqual(
      parts.map(({ headers }) => headers),
      ['bytes 900-999/1000', 'bytes 0-0/1000', 'bytes 10-299/1000'].map((range) => [
        'Content-Type: text/x; q=1',
        `Content-Range: ${range}`,
      ]),
    );
    for (const [i, { start, end }] of ranges.entries()) {
      assert.deepEqual(parts[i]!.bytes, Buffer.from(plaintext.subarray(start, end)));
    }
  });

  test('has another boundary each time', () => {
    const options = { type: 'a/b', size: 1000, open: opener().open };
    assert.notEqual(byteRanges(ranges, options).type, byteRanges(ranges, options).type);
  });

  test('opens a part when the one before it was read, and not sooner', async () => {
    const { opened, open } = opener();
    let seen = 0;
    for await (const chunk of byteRanges(ranges, { type: 'a/b', size: 1000, open }).chunks) {
      if (chunk.length > 0) seen++;
      assert.ok(
        opened.slice(0, -1).every(({ closed }) => closed),
        'one at a time',
      );
    }
    assert.ok(seen > ranges.length);
    assert.equal(opened.length, ranges.length);
  });

  test('lets go of a part that was opened when its reader goes away, be it before the first byte', async () => {
    for (const taken of [1, 2]) {
      const { opened, open } = opener();
      const body = iteratorOf(byteRanges(ranges, { type: 'a/b', size: 1000, open }).chunks);
      for (let i = 0; i < taken; i++) await body.next();
      await body.return?.();
      assert.equal(opened.length, 1);
      assert.equal(opened[0]!.closed, true);
    }
  });

  test('fails when a part does not open', async () => {
    let calls = 0;
    const open = async (range: ByteRange): Promise<TrackedSource> => {
      if (++calls === 2) throw new SealroomError('damaged', 'no');
      return opener().open(range);
    };
    await rejection(collect(byteRanges(ranges, { type: 'a/b', size: 1000, open }).chunks), 'damaged');
  });
});
