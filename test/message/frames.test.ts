import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  frameCount,
  frameOffset,
  frameSpan,
  layoutOf,
  layoutOfBody,
  pieceAad,
  scanFrames,
  sealedSize,
} from '../../src/message/frames.ts';
import type { FrameLayout } from '../../src/message/frames.ts';
import { refusal } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { referenceFrames } from '../support/reference.ts';

const anyFrameLength = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 0xffff_ffff }));
const anySize = fc.oneof(
  fc.nat(400),
  fc.nat(2 ** 31 - 1),
  fc.maxSafeNat().map((size) => Math.floor(size / 1024)),
);
const KEY = { dataKey: patterned(32, 2), messageId: patterned(32, 3) };

/** What a writer leaves that ends full plaintexts with a full frame. */
function fullEnding(layout: FrameLayout): { layout: FrameLayout; bodySize: number } {
  const frames = layout.frames - 1;
  return { layout: { ...layout, frames }, bodySize: layout.size + 32 * frames + 8 };
}

describe('the sizes of a body', () => {
  test('are those of the worked example in docs/format.md', () => {
    const header = 390;
    const frameLength = 65_536;
    const layout = layoutOf(1_000_000, frameLength);
    assert.equal(layout.frames, 16);
    assert.equal(layout.size - 15 * frameLength, 16_960);
    assert.equal(header + frameOffset(15, frameLength), 983_910);
    assert.equal(header + sealedSize(1_000_000, frameLength), 1_000_910);
    assert.deepEqual(layoutOfBody(1_000_520, frameLength), layout);
    assert.deepEqual(frameSpan({ start: 200_000, end: 400_000 }, layout), {
      first: 3,
      count: 4,
      sealed: { start: 197_094 - header, end: 459_366 - header },
      skip: 3392,
    });
    assert.deepEqual(layoutOfBody(131_144, frameLength), { frameLength, size: 131_072, frames: 2 });
    assert.deepEqual(layoutOfBody(131_176, frameLength), { frameLength, size: 131_072, frames: 3 });
  });

  test('are those of the bodies that the reference writes, in both endings', () => {
    for (let frameLength = 1; frameLength <= 9; frameLength++) {
      for (let size = 0; size <= 4 * frameLength + 1; size++) {
        for (const ending of ['full', 'empty'] as const) {
          const frames = referenceFrames({ ...KEY, frameLength }, patterned(size), ending);
          const length = Buffer.concat(frames).length;
          assert.deepEqual(layoutOfBody(length, frameLength), { frameLength, size, frames: frames.length });
          if (ending === 'empty') {
            assert.equal(sealedSize(size, frameLength), length);
            assert.equal(frameCount(size, frameLength), frames.length);
          }
        }
      }
    }
  });

  test('lead back to the layout, however long', () => {
    fc.assert(
      fc.property(anySize, anyFrameLength, (size, frameLength) => {
        const layout = layoutOf(size, frameLength);
        assert.deepEqual(layoutOfBody(sealedSize(size, frameLength), frameLength), layout);
        if (size === 0 || size % frameLength !== 0) return;
        const ended = fullEnding(layout);
        assert.deepEqual(layoutOfBody(ended.bodySize, frameLength), ended.layout);
      }),
    );
  });

  test('that no body has are refused, and those alone', () => {
    for (const frameLength of [1, 2, 7, 16, 64]) {
      const bodies = new Set<number>();
      for (let size = 0; size < 40 * frameLength; size++) {
        bodies.add(sealedSize(size, frameLength));
        const layout = layoutOf(size, frameLength);
        if (size > 0 && size % frameLength === 0) bodies.add(fullEnding(layout).bodySize);
      }
      for (let length = 0; length < 30 * frameLength; length++) {
        if (bodies.has(length)) layoutOfBody(length, frameLength);
        else refusal(() => layoutOfBody(length, frameLength), 'truncated');
      }
    }
  });
});

/** Where each plaintext byte and each frame lies, found by walking. */
function walk(layout: FrameLayout): { starts: number[]; ends: number[]; frameOf: (byte: number) => number } {
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (let frame = 0; frame < layout.frames; frame++) {
    const final = frame === layout.frames - 1;
    starts.push(at);
    at += final ? 40 + layout.size - frame * layout.frameLength : 32 + layout.frameLength;
    ends.push(at);
  }
  const frameOf = (byte: number): number => {
    let frame = 0;
    for (let left = byte; left >= layout.frameLength; left -= layout.frameLength) frame++;
    return frame;
  };
  return { starts, ends, frameOf };
}

describe('the frames of a range', () => {
  test('are those its bytes lie in, and the final one where it reaches the end', () => {
    const cases = fc
      .tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 20 }), fc.boolean())
      .chain(([size, frameLength, full]) => {
        const plain = layoutOf(size, frameLength);
        const layout = full && size % frameLength === 0 ? fullEnding(plain).layout : plain;
        return fc.tuple(fc.constant(layout), fc.nat(size - 1), fc.nat(size - 1));
      });
    fc.assert(
      fc.property(cases, ([layout, a, b]) => {
        const range = { start: Math.min(a, b), end: Math.max(a, b) + 1 };
        const { starts, ends, frameOf } = walk(layout);
        const first = frameOf(range.start);
        const last = range.end === layout.size ? layout.frames - 1 : frameOf(range.end - 1);
        assert.deepEqual(frameSpan(range, layout), {
          first,
          count: last - first + 1,
          sealed: { start: starts[first], end: ends[last] },
          skip: range.start - first * layout.frameLength,
        });
      }),
      { numRuns: 500 },
    );
  });

  test('of no bytes at the end is the final frame', () => {
    for (const layout of [layoutOf(0, 16), layoutOf(16, 16), layoutOf(33, 16), fullEnding(layoutOf(32, 16)).layout]) {
      const { starts, ends } = walk(layout);
      const span = frameSpan({ start: layout.size, end: layout.size }, layout);
      assert.equal(span.first + span.count, layout.frames);
      assert.equal(span.sealed.end, ends.at(-1));
      assert.equal(span.sealed.start, starts.at(-1));
    }
  });
});

describe('what is authenticated with a piece', () => {
  test('is message id, content string, sequence number and length', () => {
    const id = new Uint8Array([1, 2, 3]);
    for (const [kind, text] of [
      ['frame', 'AWSKMSEncryptionClient Frame'],
      ['final', 'AWSKMSEncryptionClient Final Frame'],
      ['block', 'AWSKMSEncryptionClient Single Block'],
    ] as const) {
      const aad = pieceAad(id, kind);
      for (const [sequence, length] of [
        [1, 0],
        [0xffff_ffff, 2 ** 36 - 32],
      ] as const) {
        const numbers = Buffer.alloc(12);
        numbers.writeUInt32BE(sequence);
        numbers.writeBigUInt64BE(BigInt(length), 4);
        assert.deepEqual(Buffer.from(aad(sequence, length)), Buffer.concat([id, Buffer.from(text), numbers]));
      }
    }
  });
});

describe('a scan for frames', () => {
  const frameLength = 5;
  const frames = referenceFrames({ ...KEY, frameLength }, patterned(13));
  const body = Buffer.concat(frames);
  const ends = frames.map((_, index) => Buffer.concat(frames.slice(0, index + 1)).length);

  test('finds exactly the frames that are all there', () => {
    for (let length = 0; length <= body.length; length++) {
      const complete = ends.filter((end) => end <= length).length;
      assert.deepEqual(scanFrames(body.subarray(0, length), frameLength, { firstSequence: 1, most: Infinity }), {
        regular: Math.min(complete, 2),
        finalLength: complete === 3 ? 3 : undefined,
        length: complete === 0 ? 0 : ends[complete - 1],
      });
    }
  });

  test('stops after as many as were asked for, and after the final one', () => {
    assert.deepEqual(scanFrames(body, frameLength, { firstSequence: 1, most: 1 }), {
      regular: 1,
      finalLength: undefined,
      length: ends[0],
    });
    const more = Buffer.concat([body, body]);
    assert.deepEqual(scanFrames(more, frameLength, { firstSequence: 1, most: Infinity }), {
      regular: 2,
      finalLength: 3,
      length: ends[2],
    });
  });

  test('refuses a number out of order as soon as it is there', () => {
    for (const first of [0, 2, 3])
      refusal(() => scanFrames(body.subarray(0, 4), frameLength, { firstSequence: first, most: 9 }), 'damaged');
    const repeated = Buffer.concat([frames[0]!, frames[0]!.subarray(0, 4)]);
    refusal(() => scanFrames(repeated, frameLength, { firstSequence: 1, most: 9 }), 'damaged');
    const dropped = Buffer.concat([frames[0]!, frames[2]!.subarray(0, 24)]);
    refusal(() => scanFrames(dropped, frameLength, { firstSequence: 1, most: 9 }), 'damaged');
  });

  test('refuses a final frame that is longer than a frame', () => {
    const final = Buffer.from(frames[2]!);
    final.writeUInt32BE(frameLength + 1, 20);
    refusal(() => scanFrames(final.subarray(0, 24), frameLength, { firstSequence: 3, most: 9 }), 'damaged');
  });
});
