import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { collect } from '../../src/bytes.ts';
import { decrypt } from '../../src/envelope/decrypt.ts';
import { encrypt } from '../../src/envelope/encrypt.ts';
import { inspect } from '../../src/envelope/inspect.ts';
import { sealedSize } from '../../src/message/frames.ts';
import { lentChunks, patterned } from '../../src/testing/test-bytes.ts';
import { referenceFrames, referenceHeader, referenceOpen, referencePiece } from '../support/reference.ts';
import { staticKeyring } from '../support/static-keyring.ts';

/** Plaintext that is sealed or opened at a time. */
const BATCH = 1024 * 1024;
const SECRET = patterned(32, 5);
const keyring = staticKeyring(SECRET);
const KEY = { dataKey: SECRET, messageId: patterned(32, 6) };

async function opened(message: Uint8Array, chunkLength = message.length): Promise<Buffer> {
  const { body } = await decrypt(lentChunks(message, Math.max(1, chunkLength)), { keyring });
  return Buffer.from(await collect(body));
}

async function sealed(plaintext: Uint8Array, frameLength: number, chunkLength = plaintext.length): Promise<Uint8Array> {
  return collect(encrypt(lentChunks(plaintext, Math.max(1, chunkLength)), { keyring, frameLength }));
}

describe('a message of any length', () => {
  for (const frameLength of [1, 2, 16, 100]) {
    for (const chunkLength of [1, 7, Infinity]) {
      test(`opens again and opens with the reference: frames of ${frameLength}, chunks of ${chunkLength}`, async () => {
        const L = frameLength;
        for (const size of new Set([0, 1, L - 1, L, L + 1, 2 * L - 1, 2 * L, 2 * L + 1, 5 * L])) {
          const plaintext = patterned(size);
          const message = await sealed(plaintext, L, chunkLength);
          const { headerLength } = await inspect(message);
          assert.equal(message.length, headerLength + sealedSize(size, L));
          assert.ok(referenceOpen(message, SECRET).equals(plaintext), `reference, ${size} bytes`);
          assert.ok((await opened(message, chunkLength)).equals(plaintext), `${size} bytes`);
        }
      });
    }
  }

  test('is one final frame when it is empty', async () => {
    const found = await inspect(await sealed(new Uint8Array(0), 16));
    assert.deepEqual([found.frames, found.plaintextSize, found.complete], [1, 0, true]);
  });

  // Buffers begin with 64 KiB, and 1 MiB is sealed and opened at a time.
  const around = (length: number): number[] => [length - 1, length, length + 1];
  for (const frameLength of [1000, 4096, 64 * 1024, BATCH - 1, BATCH, BATCH + 1, 3 * BATCH]) {
    test(`opens again where buffers end, in frames of ${frameLength}`, async () => {
      const perBatch = Math.max(1, Math.floor(BATCH / frameLength)) * frameLength;
      const sizes = new Set([
        ...around(64 * 1024),
        ...around(perBatch),
        ...around(perBatch + frameLength),
        2 * perBatch,
      ]);
      for (const size of sizes) {
        const plaintext = patterned(size);
        const message = await sealed(plaintext, frameLength, 65_537);
        // One frame more would be one that is empty.
        assert.equal(message.length, (await inspect(message)).headerLength + sealedSize(size, frameLength));
        assert.ok((await opened(message, 99_991)).equals(plaintext), `${size} bytes`);
        if (size > BATCH + 1) continue;
        assert.ok(referenceOpen(message, SECRET).equals(plaintext), `reference, ${size} bytes`);
      }
    });
  }

  test('opens again in frames of one byte, of which a batch holds many', async () => {
    const plaintext = patterned(70_000);
    const message = await sealed(plaintext, 1, 997);
    assert.ok((await opened(message, 1009)).equals(plaintext));
  });

  test('in any frames and chunks opens to what it was', async () => {
    const cases = fc.record({
      plaintext: fc.uint8Array({ maxLength: 600 }),
      frameLength: fc.oneof(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 0xffff_ffff })),
      chunks: fc.tuple(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 900 })),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ plaintext, frameLength, chunks: [chunkLength, sealedChunkLength] }) => {
        const message = await sealed(plaintext, frameLength, chunkLength);
        assert.ok((await opened(message, sealedChunkLength)).equals(plaintext));
        assert.ok(referenceOpen(message, SECRET).equals(plaintext));
      }),
    );
  });

  test('takes bytes at hand, synchronous chunks, empty chunks, and no chunk at all', async () => {
    const plaintext = patterned(50);
    const parts = [plaintext.subarray(0, 0), plaintext.subarray(0, 20), plaintext.subarray(20), new Uint8Array(0)];
    for (const source of [plaintext, parts]) {
      const message = await collect(encrypt(source, { keyring, frameLength: 16 }));
      assert.ok((await opened(message)).equals(plaintext));
      const halves = [message.subarray(0, 0), message.subarray(0, 99), message.subarray(0, 0), message.subarray(99)];
      for (const given of [message, halves]) {
        assert.ok(Buffer.from(await collect((await decrypt(given, { keyring })).body)).equals(plaintext));
      }
    }
    const none = await collect(encrypt([], { keyring }));
    assert.equal((await opened(none)).length, 0);
  });

  test('is never the same twice', async () => {
    const [one, other] = [await sealed(patterned(9), 16), await sealed(patterned(9), 16)];
    const messageId = (message: Uint8Array): string => Buffer.from(message.subarray(3, 35)).toString('hex');
    assert.notEqual(messageId(one), messageId(other));
    assert.notDeepEqual([...one.subarray(-16)], [...other.subarray(-16)]);
  });
});

describe('a message of another writer', () => {
  test('opens in both endings of a plaintext that fills its frames', async () => {
    for (const ending of ['full', 'empty'] as const) {
      for (let size = 0; size <= 65; size++) {
        const frames = referenceFrames({ ...KEY, frameLength: 16 }, patterned(size), ending);
        const message = Buffer.concat([referenceHeader({ ...KEY, frameLength: 16 }), ...frames]);
        assert.ok(referenceOpen(message, SECRET).equals(patterned(size)));
        for (const chunkLength of [1, 33, Infinity]) {
          assert.ok((await opened(message, chunkLength)).equals(patterned(size)), `${ending}, ${size} bytes`);
        }
      }
    }
  });

  test('opens with a final frame of any length, shorter than its plaintext would need too', async () => {
    const message = { ...KEY, frameLength: 8 };
    const pieces = [
      referencePiece(message, 'frame', 1, patterned(8)),
      referencePiece(message, 'final', 2, patterned(0)),
    ];
    assert.ok((await opened(Buffer.concat([referenceHeader(message), ...pieces]))).equals(patterned(8)));
  });

  test('opens with frames whose IV is not their number', async () => {
    const message = { ...KEY, frameLength: 8, pieceIv: patterned(12, 8) };
    const bytes = Buffer.concat([referenceHeader(message), ...referenceFrames(message, patterned(5))]);
    assert.ok((await opened(bytes)).equals(patterned(5)));
  });

  for (const suite of [0x0014, 0x0046, 0x0078, 0x0114, 0x0146, 0x0178]) {
    test(`opens in the suite 0x${suite.toString(16).padStart(4, '0')}, framed and as one block`, async () => {
      const dataKey = SECRET.subarray(0, { 0x14: 16, 0x46: 24, 0x78: 32 }[suite & 0xff]);
      const framed = { suite, dataKey, messageId: patterned(16), frameLength: 16, headerIv: patterned(12, 4) };
      const block = { ...framed, contentType: 1, frameLength: 0 };
      for (const size of [0, 1, 16, 40]) {
        const plaintext = patterned(size);
        for (const message of [
          Buffer.concat([referenceHeader(framed), ...referenceFrames(framed, plaintext)]),
          Buffer.concat([referenceHeader(block), referencePiece(block, 'block', 1, plaintext)]),
        ]) {
          assert.ok(referenceOpen(message, dataKey).equals(plaintext));
          const result = await decrypt(message, { keyring: staticKeyring(dataKey), allowUncommitted: true });
          assert.ok(Buffer.from(await collect(result.body)).equals(plaintext));
        }
      }
    });
  }

  test('opens as one block of a committing suite', async () => {
    const block = { ...KEY, contentType: 1, frameLength: 0 };
    const plaintext = patterned(3 * BATCH + 1);
    const message = Buffer.concat([referenceHeader(block), referencePiece(block, 'block', 1, plaintext)]);
    assert.ok((await opened(message, 77_777)).equals(plaintext));
  });
});
