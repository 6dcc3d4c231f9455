import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encodeContext } from '../../src/message/context.ts';
import { encodeHeaderBody, parseHeader } from '../../src/message/header.ts';
import type { ParsedHeader } from '../../src/message/header.ts';
import { refusal } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { anyContext } from '../support/contexts.ts';
import { referenceContext, referenceEdk, referenceHeader } from '../support/reference.ts';
import type { ReferenceMessage } from '../support/reference.ts';

const LIMITS = { maxEncryptedDataKeys: 16 };
const KEY = { dataKey: patterned(32, 2), messageId: patterned(32, 3) };
const KEY_V1 = { suite: 0x0178, dataKey: KEY.dataKey, messageId: patterned(16, 3) };
const context = referenceContext([
  ['file', '42'],
  ['tenant', 'acme'],
]);

const full: readonly ReferenceMessage[] = [
  { ...KEY, context, edks: [referenceEdk('a', 'key', 'one'), referenceEdk('', '', '')], frameLength: 4096 },
  { ...KEY_V1, context, frameLength: 1, headerIv: patterned(12, 9) },
  { ...KEY_V1, contentType: 1, frameLength: 0 },
  { ...KEY, context: new Uint8Array(2), frameLength: 0xffff_ffff },
];

function parsed(bytes: Uint8Array, limits = LIMITS): ParsedHeader {
  const found = parseHeader(bytes, limits);
  assert.ok('header' in found, 'a header was to be complete');
  return found;
}

describe('a header', () => {
  test('is read as it was written, and what follows is left alone', () => {
    for (const message of full) {
      const bytes = referenceHeader(message);
      const v1 = message.suite !== undefined;
      const { header, body, iv, tag, length } = parsed(Buffer.concat([bytes, patterned(9)]));
      assert.equal(length, bytes.length);
      assert.deepEqual(Buffer.concat(v1 ? [body, iv, tag] : [body, tag]), bytes);
      assert.deepEqual([...iv], [...(message.headerIv ?? new Uint8Array(12))]);
      assert.equal(header.suite.id, message.suite ?? 0x0478);
      assert.deepEqual([...header.messageId], [...message.messageId]);
      assert.deepEqual(header.context, message.context === context ? { file: '42', tenant: 'acme' } : {});
      assert.equal(header.frameLength, message.frameLength);
      assert.equal(header.commitment?.length, v1 ? undefined : 32);
      assert.equal(header.edks.length, message.edks?.length ?? 1);
    }
  });

  test('is written as the reference writes it', () => {
    const edk = fc.record(
      {
        providerId: fc.string({ unit: 'binary', maxLength: 20 }),
        providerInfo: fc.uint8Array(),
        ciphertext: fc.uint8Array(),
      },
      { noNullPrototype: true },
    );
    const edks = fc.array(edk, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(anyContext, edks, fc.integer({ min: 1, max: 0xffff_ffff }), (pairs, keys, frameLength) => {
        const commitment = patterned(32, 7);
        const written = encodeHeaderBody({
          messageId: KEY.messageId,
          context: pairs,
          edks: keys,
          frameLength,
          commitment,
        });
        const expected = referenceHeader({
          ...KEY,
          context: encodeContext(pairs),
          edks: keys.map(({ providerId, providerInfo, ciphertext }) =>
            referenceEdk(providerId, providerInfo, ciphertext),
          ),
          frameLength,
          commitment,
        });
        assert.ok(expected.subarray(0, -16).equals(written));
        const { header } = parsed(Uint8Array.from(expected));
        assert.deepEqual(header.edks, keys);
        assert.deepEqual(header.context, pairs);
      }),
    );
  });

  test('that is not all there says how much more it needs, never less than before, and no more than there is', () => {
    for (const message of full) {
      const bytes = referenceHeader(message);
      let before = 0;
      for (let length = 0; length < bytes.length; length++) {
        const found = parseHeader(bytes.subarray(0, length), LIMITS);
        assert.ok('needs' in found, `${length} of ${bytes.length} bytes were taken for a header`);
        assert.ok(found.needs > length && found.needs >= before && found.needs <= bytes.length);
        before = found.needs;
      }
      assert.equal(before, bytes.length);
    }
  });

  test('is refused as soon as a field cannot be', () => {
    const cases: readonly [string, ReferenceMessage][] = [
      ['a content type that is none', { ...KEY, contentType: 3 }],
      ['a content type of zero', { ...KEY, contentType: 0 }],
      ['frames of no length', { ...KEY, frameLength: 0 }],
      ['one block with a frame length', { ...KEY_V1, contentType: 1, frameLength: 1 }],
      ['reserved bytes', { ...KEY_V1, reserved: 1 }],
      ['an IV of 11 bytes', { ...KEY_V1, ivLength: 11 }],
      ['no encrypted data key', { ...KEY, edks: [], edkCount: 0 }],
      ['a provider id that is no text', { ...KEY, edks: [referenceEdk(new Uint8Array([0xff]), '', '')] }],
      [
        'a pair twice',
        {
          ...KEY,
          context: referenceContext([
            ['a', '1'],
            ['a', '2'],
          ]),
        },
      ],
      ['a public key without a signature', { ...KEY, context: referenceContext([['aws-crypto-public-key', 'x']]) }],
    ];
    for (const [name, message] of cases) {
      assert.match(refusal(() => parseHeader(referenceHeader(message), LIMITS), 'damaged').message, /malformed/, name);
    }
  });

  test('is refused when version and suite do not go together, or the suite is none', () => {
    const change = (message: ReferenceMessage, at: number, id: number): Buffer => {
      const bytes = referenceHeader(message);
      bytes.writeUInt16BE(id, at);
      return bytes;
    };
    refusal(() => parseHeader(change(KEY, 1, 0x0178), LIMITS), 'damaged');
    refusal(() => parseHeader(change(KEY_V1, 2, 0x0478), LIMITS), 'damaged');
    // A signed suite needs a public key.
    refusal(() => parseHeader(change(KEY, 1, 0x0578), LIMITS), 'damaged');
    refusal(() => parseHeader(change(KEY_V1, 2, 0x0378), LIMITS), 'damaged');
    for (const id of [0x0000, 0x0070, 0x0074, 0x0479, 0x6700, 0xffff]) {
      refusal(() => parseHeader(change(KEY, 1, id), LIMITS), 'unsupported-message');
      refusal(() => parseHeader(change(KEY_V1, 2, id), LIMITS), 'unsupported-message');
    }
  });

  test('with more encrypted data keys than the limit is refused before they are read', () => {
    const many = (edkCount: number): Buffer => referenceHeader({ ...KEY, edkCount });
    const upToCount = 37 + 2;
    refusal(() => parseHeader(many(0xffff).subarray(0, upToCount), LIMITS), 'too-many-keys');
    refusal(() => parseHeader(many(17).subarray(0, upToCount), LIMITS), 'too-many-keys');
    assert.ok('needs' in parseHeader(many(16).subarray(0, upToCount), LIMITS));
    refusal(() => parseHeader(many(2).subarray(0, upToCount), { maxEncryptedDataKeys: 1 }), 'too-many-keys');
  });

  test('is refused when the first bytes are those of something else', () => {
    for (const text of ['plain text', 'PK\u0003\u0004', '\u0000', '\u0003', '\u0001\u0081']) {
      refusal(() => parseHeader(Buffer.from(text), LIMITS), 'not-a-message');
    }
    for (const message of full) {
      const base64 = Buffer.from(referenceHeader(message).toString('base64'));
      assert.match(refusal(() => parseHeader(base64, LIMITS), 'not-a-message').message, /base64/);
    }
    assert.doesNotMatch(refusal(() => parseHeader(Buffer.from('A text'), LIMITS), 'not-a-message').message, /base64/);
  });

  test('is never read past its bytes, whatever they are', () => {
    const prefixes = fc.constantFrom(...full.map((message) => referenceHeader(message)));
    fc.assert(
      fc.property(prefixes, fc.nat(120), fc.uint8Array({ maxLength: 60 }), (bytes, at, noise) => {
        const changed = Buffer.from(bytes);
        changed.set(noise.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length));
        try {
          const found = parseHeader(changed, LIMITS);
          if ('needs' in found) assert.ok(found.needs > changed.length);
          else assert.ok(found.length <= changed.length);
        } catch (error) {
          assert.ok(error instanceof Error && error.name === 'SealroomError', String(error));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('is written with one encrypted data key at least, and no field longer than 65,535 bytes', () => {
    const fields = { messageId: KEY.messageId, context: {}, frameLength: 1, commitment: new Uint8Array(32) };
    const edk = { providerId: 'a', providerInfo: new Uint8Array(0), ciphertext: new Uint8Array(0) };
    refusal(() => encodeHeaderBody({ ...fields, edks: [] }), 'usage');
    refusal(() => encodeHeaderBody({ ...fields, edks: [{ ...edk, ciphertext: new Uint8Array(0x1_0000) }] }), 'usage');
    refusal(() => encodeHeaderBody({ ...fields, edks: Array.from({ length: 0x1_0000 }, () => edk) }), 'usage');
    const most = { ...edk, ciphertext: new Uint8Array(0xffff) };
    assert.equal(
      parsed(Buffer.concat([encodeHeaderBody({ ...fields, edks: [most] }), new Uint8Array(16)])).header.edks[0]!
        .ciphertext.length,
      0xffff,
    );
  });
});
