import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { collect } from '../../src/bytes.ts';
import { DataKey } from '../../src/data-key.ts';
import { decryptRange } from '../../src/envelope/decrypt.ts';
import { satisfiableRange } from '../../src/message/frames.ts';
import { deriveKeys } from '../../src/envelope/derive.ts';
import { encrypt } from '../../src/envelope/encrypt.ts';
import { openRange } from '../../src/envelope/frames.ts';
import { inspect } from '../../src/envelope/inspect.ts';
import { frameOffset, layoutOf, sealedSize } from '../../src/message/frames.ts';
import type { ByteRange, FrameLayout } from '../../src/message/frames.ts';
import { writtenSuite } from '../../src/message/suites.ts';
import { refusal, rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { recordedAccess } from '../support/random-access.ts';
import { referenceFrames, referenceHeader, referencePiece } from '../support/reference.ts';
import { staticKeyring } from '../support/static-keyring.ts';

const SECRET = patterned(32, 5);
const keyring = staticKeyring(SECRET);
const MESSAGE_ID = patterned(32, 6);

/** Where the frames of a range lie, by the words of the format: those its bytes are in, and at the end the final one. */
function framesOf({ start, end }: ByteRange, { size, frameLength, frames }: FrameLayout): ByteRange {
  const last = end === size ? frames - 1 : Math.floor((end - 1) / frameLength);
  const first = Math.floor(start / frameLength);
  const finalLength = size - (frames - 1) * frameLength;
  return {
    start: first * (frameLength + 32),
    end: last === frames - 1 ? last * (frameLength + 32) + finalLength + 40 : (last + 1) * (frameLength + 32),
  };
}

describe('a range of a message', () => {
  test('is the slice, fetched as the header and exactly the frames that it lies in', async () => {
    const cases = fc
      .tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 60 }), fc.constantFrom('full', 'empty'))
      .chain(([size, frameLength, ending]) =>
        fc.tuple(fc.constant({ size, frameLength, ending }), fc.nat(size - 1), fc.nat(size - 1), fc.boolean()),
      );
    await fc.assert(
      fc.asyncProperty(cases, async ([{ size, frameLength, ending }, a, b, openEnded]) => {
        const plaintext = patterned(size);
        const key = { dataKey: SECRET, messageId: MESSAGE_ID, frameLength };
        const header = referenceHeader(key);
        const frames = referenceFrames(key, plaintext, ending === 'full' ? 'full' : 'empty');
        const access = recordedAccess(Buffer.concat([header, ...frames]), 29);
        const start = Math.min(a, b);
        const end = openEnded ? size : Math.max(a, b) + 1;
        const range = openEnded ? { start } : { start, end };
        const { body, suite } = await decryptRange(access, { keyring, range });
        assert.equal(Buffer.compare(await collect(body), plaintext.subarray(start, end)), 0);
        assert.equal(suite, '0x0478');

        const span = framesOf({ start, end }, { size, frameLength, frames: frames.length });
        assert.deepEqual(access.asked, [
          { start: 0, end: access.size },
          { start: header.length + span.start, end: header.length + span.end },
        ]);
        // Of the stream that begins with the header no more is taken than holds it.
        assert.ok(access.taken[0]! < header.length + 29);
        assert.equal(access.taken[1], span.end - span.start);
        assert.equal(access.closed, 2);
      }),
    );
  });

  test('is clipped to the plaintext', async () => {
    const plaintext = patterned(40);
    const access = recordedAccess(await collect(encrypt(plaintext, { keyring, frameLength: 16 })));
    const { body } = await decryptRange(access, { keyring, range: { start: 30, end: 10 ** 12 } });
    assert.deepEqual([...(await collect(body))], [...plaintext.subarray(30)]);
  });

  test('that begins past the end cannot be satisfied, which the final frame has to prove', async () => {
    for (const size of [0, 16, 40]) {
      const message = await collect(encrypt(patterned(size), { keyring, frameLength: 16 }));
      for (const start of [size, size + 1, 10 ** 9]) {
        const access = recordedAccess(message);
        await rejection(decryptRange(access, { keyring, range: { start } }), 'range-not-satisfiable');
        assert.equal(access.asked.length, 2);
        assert.equal(access.asked[1]!.end, message.length);
        assert.equal(access.closed, 2);
      }
      const changed = message.slice();
      changed[changed.length - 1]! ^= 1;
      await rejection(decryptRange(recordedAccess(changed), { keyring, range: { start: size } }), 'damaged');
    }
  });

  test('that is none is refused', async () => {
    const access = recordedAccess(await collect(encrypt(patterned(40), { keyring, frameLength: 16 })));
    for (const range of [
      { start: -1 },
      { start: 0.5 },
      { start: 5, end: 5 },
      { start: 5, end: 4 },
      { start: Number.NaN },
    ]) {
      await rejection(decryptRange(access, { keyring, range }), 'usage');
      refusal(() => satisfiableRange(range, 40), 'usage');
    }
    refusal(() => satisfiableRange({ start: 0, end: 1.5 }, 40), 'usage');
    refusal(() => satisfiableRange({ start: 0, end: Number.NaN }, 40), 'usage');
    assert.deepEqual(satisfiableRange({ start: 3 }, 40), { start: 3, end: 40 });
    assert.deepEqual(satisfiableRange({ start: 3, end: 41 }, 40), { start: 3, end: 40 });
  });

  test('opens though other frames are damaged, and not where its own are', async () => {
    const frameLength = 16;
    const plaintext = patterned(80);
    const message = await collect(encrypt(plaintext, { keyring, frameLength }));
    const { headerLength } = await inspect(message);
    for (let frame = 0; frame < 5; frame++) {
      const changed = message.slice();
      changed[headerLength + frameOffset(frame, frameLength) + 25]! ^= 1;
      for (let asked = 0; asked < 5; asked++) {
        const range = { start: asked * frameLength, end: (asked + 1) * frameLength };
        const result = decryptRange(recordedAccess(changed), { keyring, range }).then(({ body }) => collect(body));
        if (asked === frame) await rejection(result, 'damaged');
        else assert.deepEqual([...(await result)], [...plaintext.subarray(range.start, range.end)]);
      }
    }
  });

  test('opens no message that is signed, uncommitted or one block', async () => {
    const block = { dataKey: SECRET, messageId: MESSAGE_ID, contentType: 1, frameLength: 0 };
    const message = Buffer.concat([referenceHeader(block), referencePiece(block, 'block', 1, patterned(20))]);
    const access = recordedAccess(message);
    await rejection(decryptRange(access, { keyring, range: { start: 0 } }), 'unsupported-message');
    assert.deepEqual(access.asked.length, 1);
    const old = { dataKey: SECRET, messageId: patterned(16), suite: 0x0178 };
    const uncommitted = recordedAccess(Buffer.concat([referenceHeader(old), ...referenceFrames(old, patterned(20))]));
    await rejection(decryptRange(uncommitted, { keyring, range: { start: 0 } }), 'uncommitted');
    const allowed = await decryptRange(uncommitted, { keyring, range: { start: 3, end: 19 }, allowUncommitted: true });
    assert.deepEqual([...(await collect(allowed.body))], [...patterned(20).subarray(3, 19)]);
  });

  test('leaves no data key behind', async () => {
    const own = staticKeyring(SECRET);
    const access = recordedAccess(await collect(encrypt(patterned(40), { keyring: own, frameLength: 16 })));
    await collect((await decryptRange(access, { keyring: own, range: { start: 0 } })).body);
    await rejection(decryptRange(access, { keyring: own, range: { start: 99 } }), 'range-not-satisfiable');
    assert.equal(own.given.length, 3);
    assert.ok(own.given.every(({ wiped }) => wiped));
  });

  test('passes on what its source throws', async () => {
    const failure = new Error('the disk is gone');
    const message = await collect(encrypt(patterned(40), { keyring, frameLength: 16 }));
    for (const failing of [0, 1]) {
      const access = recordedAccess(message);
      let reads = 0;
      const read = async (range: ByteRange): Promise<AsyncIterable<Uint8Array>> => {
        if (reads++ === failing) throw failure;
        return access.read(range);
      };
      const call = decryptRange({ size: message.length, read }, { keyring, range: { start: 0 } });
      assert.equal(await call.catch((error: unknown) => error), failure);
    }
  });
});

describe('a range of a body whose size is on record', () => {
  const frameLength = 16;
  const message = { dataKey: SECRET, messageId: MESSAGE_ID, frameLength };
  const plaintext = patterned(80);
  const body = Buffer.concat(referenceFrames(message, plaintext));

  async function ranged(
    bytes: Uint8Array,
    range: ByteRange,
    layout: FrameLayout,
  ): Promise<{ bytes: Uint8Array; asked: readonly ByteRange[] }> {
    using dataKey = new DataKey(SECRET.slice());
    using key = deriveKeys(writtenSuite, dataKey, MESSAGE_ID).encryptionKey;
    const access = recordedAccess(bytes, 13);
    const opened = openRange(
      (part) => access.read(part),
      { key, messageId: MESSAGE_ID, frameLength },
      { layout, range },
    );
    return { bytes: await collect(opened), asked: access.asked };
  }

  test('is fetched as exactly its frames', async () => {
    const layout = layoutOf(plaintext.length, frameLength);
    for (let start = 0; start < plaintext.length; start += 5) {
      for (let end = start + 1; end <= plaintext.length; end += 7) {
        const { bytes, asked } = await ranged(body, { start, end }, layout);
        assert.equal(Buffer.compare(bytes, plaintext.subarray(start, end)), 0);
        assert.deepEqual(asked, [framesOf({ start, end }, layout)]);
      }
    }
  });

  test('is refused when the record has another size than the frames', async () => {
    for (const size of [63, 64, 65, 72, 73, 79, 81, 88, 96, 200]) {
      const layout = layoutOf(size, frameLength);
      for (const bytes of [body, body.subarray(0, sealedSize(size, frameLength))]) {
        const error = await ranged(bytes, { start: 0, end: size }, layout).catch((reason: unknown) => reason);
        assert.ok(error instanceof Error && 'code' in error, `a size of ${size} was believed`);
        assert.ok(error.code === 'damaged' || error.code === 'truncated', String(error));
      }
    }
  });
});
