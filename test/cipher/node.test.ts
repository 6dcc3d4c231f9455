import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { FrameKey } from '../../src/cipher/cipher.ts';
import { cipher } from '../../src/cipher/index.ts';
import { DataKey } from '../../src/data-key.ts';
import { frameCount, sealedSize } from '../../src/message/frames.ts';
import { suiteOf } from '../../src/message/suites.ts';
import { refusal } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { referenceFrames } from '../support/reference.ts';

/** A suite that uses the data key as it is, so that the reference seals with this very key. */
const REFERENCE = { suite: 0x0078, dataKey: patterned(32, 2), messageId: patterned(16, 3) };

function frameKey(frameLength: number): FrameKey {
  return { key: new DataKey(REFERENCE.dataKey.slice()), messageId: REFERENCE.messageId, frameLength };
}

describe('the cipher', () => {
  test('seals and opens one piece, under keys of all three lengths', () => {
    for (const length of [16, 24, 32]) {
      using key = new DataKey(patterned(length));
      const [iv, aad] = [patterned(12, 4), patterned(20, 5)];
      for (const size of [0, 1, 100]) {
        const sealed = cipher.seal(key, iv, aad, patterned(size));
        assert.equal(sealed.length, size + 16);
        assert.deepEqual([...cipher.open(key, iv, aad, sealed)!], [...patterned(size)]);
        assert.equal(cipher.open(key, iv, patterned(20, 6), sealed), null);
        assert.equal(cipher.open(key, patterned(12, 6), aad, sealed), null);
        for (let at = 0; at < sealed.length; at++) {
          const changed = sealed.slice();
          changed[at]! ^= 1;
          assert.equal(cipher.open(key, iv, aad, changed), null);
        }
      }
      for (let short = 0; short < 16; short++) assert.equal(cipher.open(key, iv, aad, new Uint8Array(short)), null);
    }
  });

  test('seals the frames that the reference seals', async () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.nat(100));
    await fc.assert(
      fc.asyncProperty(sizes, async ([frameLength, size]) => {
        const out = new Uint8Array(sealedSize(size, frameLength));
        await cipher.sealFrames(frameKey(frameLength), patterned(size), { firstSequence: 1, final: true }, out);
        const expected = Buffer.concat(referenceFrames({ ...REFERENCE, frameLength }, patterned(size)));
        assert.ok(expected.equals(out));
      }),
    );
  });

  test('seals and opens frames in batches as it does at once', async () => {
    const frameLength = 7;
    const whole = patterned(7 * 5 + 3);
    const body = Buffer.concat(referenceFrames({ ...REFERENCE, frameLength }, whole));
    for (let frames = 1; frames <= 5; frames++) {
      const key = frameKey(frameLength);
      const [text, sealed] = [frames * 7, frames * (7 + 32)];
      const first = new Uint8Array(sealed);
      await cipher.sealFrames(key, whole.subarray(0, text), { firstSequence: 1, final: false }, first);
      const rest = new Uint8Array(body.length - sealed);
      await cipher.sealFrames(key, whole.subarray(text), { firstSequence: frames + 1, final: true }, rest);
      assert.ok(Buffer.concat([first, rest]).equals(body));

      const opened = new Uint8Array(whole.length);
      const none = { firstSequence: 1, finalLength: undefined };
      assert.ok(await cipher.openFrames(key, body.subarray(0, sealed), none, opened.subarray(0, text)));
      const final = { firstSequence: frames + 1, finalLength: 3 };
      assert.ok(await cipher.openFrames(key, body.subarray(sealed), final, opened.subarray(text)));
      assert.deepEqual([...opened], [...whole]);
    }
  });

  test('leaves nothing but zeros when a tag is wrong, of the frames before it neither', async () => {
    const frameLength = 8;
    const whole = patterned(8 * 3 + 4);
    const body = Buffer.concat(referenceFrames({ ...REFERENCE, frameLength }, whole));
    for (let frame = 0; frame < frameCount(whole.length, frameLength); frame++) {
      const changed = Uint8Array.from(body);
      changed[frame * (frameLength + 32) + 30]! ^= 1;
      const out = new Uint8Array(whole.length).fill(0xaa);
      const position = { firstSequence: 1, finalLength: 4 };
      assert.equal(await cipher.openFrames(frameKey(frameLength), changed, position, out), null);
      assert.ok(out.every((byte) => byte === 0));
    }
  });

  test('opens frames with the IV that they carry, whatever it is', async () => {
    const frameLength = 4;
    const message = { ...REFERENCE, frameLength, pieceIv: patterned(12, 9) };
    const body = Buffer.concat(referenceFrames(message, patterned(6)));
    const opened = new Uint8Array(6);
    assert.ok(await cipher.openFrames(frameKey(frameLength), body, { firstSequence: 1, finalLength: 2 }, opened));
    assert.deepEqual([...opened], [...patterned(6)]);
  });

  test('hashes and authenticates parts as one', () => {
    using key = new DataKey(patterned(40));
    const parts = [patterned(3), new Uint8Array(0), patterned(70, 2)];
    const whole = Buffer.concat(parts);
    assert.deepEqual([...cipher.sha256(parts)], [...createHash('sha256').update(whole).digest()]);
    assert.deepEqual([...cipher.hmac(key, parts)], [...createHmac('sha256', key.bytes).update(whole).digest()]);
  });

  test('gives random bytes of any length, other ones each time', () => {
    assert.deepEqual(
      [0, 1, 32].map((length) => cipher.randomBytes(length).length),
      [0, 1, 32],
    );
    assert.notDeepEqual([...cipher.randomBytes(32)], [...cipher.randomBytes(32)]);
  });

  for (const id of [0x0214, 0x0378]) {
    const signature = suiteOf(id).signature!;

    test(`verifies signatures of ${signature.curve} over what it was shown`, () => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: signature.curve });
      const point = compressed(publicKey);
      assert.equal(point.length, signature.pointLength);
      const verify = (message: Uint8Array, der: Uint8Array): boolean => {
        const verifier = cipher.verifier(signature, point);
        for (let at = 0; at < message.length; at += 7) verifier.update(message.subarray(at, at + 7));
        return verifier.verify(der);
      };
      const der = sign(signature.hash, patterned(100), privateKey);
      assert.ok(verify(patterned(100), der));
      assert.ok(!verify(patterned(100, 2), der));
      assert.ok(!verify(patterned(99), der));
      assert.ok(!verify(patterned(100), der.subarray(0, -1)));
      assert.ok(!verify(patterned(100), Buffer.concat([der, Buffer.of(0)])));
      assert.ok(!verify(patterned(100), new Uint8Array(0)));
    });

    test(`takes for a key of ${signature.curve} only a compressed point of the curve`, () => {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: signature.curve });
      const point = compressed(publicKey);
      const offCurve = Buffer.concat([Buffer.of(2), Buffer.alloc(point.length - 1, 0xff)]);
      const wrong = [
        new Uint8Array(0),
        point.subarray(0, -1),
        Buffer.concat([point, Buffer.of(0)]),
        Buffer.concat([Buffer.of(4), point.subarray(1)]),
        offCurve,
      ];
      for (const bytes of wrong) refusal(() => cipher.verifier(signature, bytes), 'damaged');
    });
  }
});

function compressed(key: KeyObject): Buffer {
  const { x, y } = key.export({ format: 'jwk' });
  const last = Buffer.from(y!, 'base64url').at(-1)!;
  return Buffer.concat([Buffer.of(2 + (last & 1)), Buffer.from(x!, 'base64url')]);
}
