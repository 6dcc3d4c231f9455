/** Messages that someone with the data key made on purpose: their tags are right, and they are refused all the same. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ErrorCode } from '../../src/errors.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { Child } from '../support/child.ts';
import { decryptAll, expectRefusal } from '../support/opened.ts';
import {
  referenceContext,
  referenceEdk,
  referenceFrames,
  referenceHeader,
  referencePiece,
  uint,
} from '../support/reference.ts';
import type { ReferenceMessage } from '../support/reference.ts';
import { staticKeyring } from '../support/static-keyring.ts';
import { chunked } from '../support/streams.ts';

const SECRET = patterned(32, 5);
const keyring = staticKeyring(SECRET);
const KEY = { dataKey: SECRET, messageId: patterned(32, 6), frameLength: 16 };
const KEY_V1 = { ...KEY, suite: 0x0178, messageId: patterned(16, 6) };
const TEXT = patterned(37);

async function codeOf(bytes: Uint8Array, options = {}): Promise<ErrorCode> {
  const code = expectRefusal(await decryptAll(bytes, { keyring, allowUncommitted: true, ...options }), TEXT, 'whole');
  const byByte = await decryptAll(chunked(bytes, 1), { keyring, allowUncommitted: true, ...options });
  assert.equal(expectRefusal(byByte, TEXT, 'byte by byte'), code);
  return code;
}

const framed = (message: ReferenceMessage): Buffer =>
  Buffer.concat([referenceHeader(message), ...referenceFrames({ ...message, frameLength: 16 }, TEXT)]);

describe('a header that breaks the format', () => {
  const cases: readonly [string, ReferenceMessage, ErrorCode][] = [
    ['a content type of 0', { ...KEY, contentType: 0 }, 'damaged'],
    ['a content type of 3', { ...KEY_V1, contentType: 3 }, 'damaged'],
    ['frames of length 0', { ...KEY, frameLength: 0 }, 'damaged'],
    ['one block with a frame length', { ...KEY, contentType: 1 }, 'damaged'],
    ['reserved bytes that are set', { ...KEY_V1, reserved: 0x0100_0000 }, 'damaged'],
    ['an IV length of 16', { ...KEY_V1, ivLength: 16 }, 'damaged'],
    [
      'the same name twice',
      {
        ...KEY,
        context: referenceContext([
          ['a', '1'],
          ['a', '1'],
        ]),
      },
      'damaged',
    ],
    [
      'a context with a byte too many',
      { ...KEY, context: Buffer.concat([referenceContext([['a', '1']]), Buffer.of(0)]) },
      'damaged',
    ],
    [
      'a public key and no signature',
      { ...KEY, context: referenceContext([['aws-crypto-public-key', 'A']]) },
      'damaged',
    ],
    ['no encrypted data key', { ...KEY, edks: [] }, 'damaged'],
    [
      '17 encrypted data keys',
      { ...KEY, edks: Array.from({ length: 17 }, () => referenceEdk('a', 'b', 'c')) },
      'too-many-keys',
    ],
    ['65,535 encrypted data keys that are not there', { ...KEY, edkCount: 0xffff }, 'too-many-keys'],
    ['a commitment to another data key', { ...KEY, commitment: patterned(32, 9) }, 'damaged'],
  ];
  for (const [name, message, code] of cases) {
    test(`is refused: ${name}`, async () => assert.equal(await codeOf(framed(message)), code));
  }

  test('but for that is taken: pairs in any order, empty fields, as many keys as the limit', async () => {
    const context = referenceContext([
      ['b', '2'],
      ['a', '1'],
      ['', ''],
    ]);
    for (const message of [
      { ...KEY, context },
      { ...KEY, edks: [referenceEdk('', '', '')] },
      { ...KEY, edks: Array.from({ length: 16 }, () => referenceEdk('a', 'b', 'c')) },
    ]) {
      assert.equal((await decryptAll(framed(message), { keyring })).error, undefined);
    }
    const many = framed({ ...KEY, edks: Array.from({ length: 40 }, () => referenceEdk('a', 'b', 'c')) });
    assert.equal((await decryptAll(many, { keyring, maxEncryptedDataKeys: 40 })).error, undefined);
    assert.equal(await codeOf(many, { maxEncryptedDataKeys: 39 }), 'too-many-keys');
  });

  test('is refused when the data key is not of the length that its suite takes', async () => {
    for (const length of [0, 16, 31, 33]) {
      assert.equal(await codeOf(framed(KEY), { keyring: staticKeyring(patterned(length)) }), 'damaged');
    }
  });
});

describe('a body that breaks the format', () => {
  const body = (...pieces: readonly Uint8Array[]): Buffer => Buffer.concat([referenceHeader(KEY), ...pieces]);
  const piece = (kind: 'frame' | 'final', sequence: number, from: number, to: number): Buffer =>
    referencePiece(KEY, kind, sequence, TEXT.subarray(from, to));

  test('is refused when its final frame is longer than a frame', async () => {
    assert.equal(await codeOf(body(piece('final', 1, 0, 17))), 'damaged');
    assert.equal(await codeOf(body(piece('frame', 1, 0, 16), piece('final', 2, 16, 37))), 'damaged');
  });

  test('is refused when its frames begin with another number than 1, or miss one', async () => {
    assert.equal(await codeOf(body(piece('frame', 0, 0, 16), piece('final', 1, 16, 20))), 'damaged');
    assert.equal(await codeOf(body(piece('frame', 2, 0, 16), piece('final', 3, 16, 20))), 'damaged');
    assert.equal(await codeOf(body(piece('frame', 1, 0, 16), piece('final', 3, 16, 20))), 'damaged');
    assert.equal(await codeOf(body(piece('final', 0, 0, 5))), 'damaged');
  });

  test('is refused when a regular frame is shorter than a frame', async () => {
    assert.equal(await codeOf(body(piece('frame', 1, 0, 15), piece('final', 2, 15, 20))), 'damaged');
  });

  test('is refused when frames follow the final one', async () => {
    assert.equal(await codeOf(body(piece('final', 1, 0, 10), piece('final', 2, 10, 20))), 'trailing-bytes');
  });

  test('is refused when it is a block where frames are announced', async () => {
    const block = referencePiece({ ...KEY, frameLength: 0 }, 'block', 1, TEXT);
    await codeOf(body(block));
  });

  test('is refused when its block claims more than there is, or more than a block can have', async () => {
    const message = { ...KEY, contentType: 1, frameLength: 0 };
    const claiming = (length: bigint): Buffer =>
      Buffer.concat([referenceHeader(message), Buffer.alloc(12), uint(length, 8), Buffer.alloc(40)]);
    assert.equal(await codeOf(claiming(25n)), 'truncated');
    assert.equal(await codeOf(claiming(2n ** 30n)), 'truncated');
    assert.equal(await codeOf(claiming(2n ** 30n + 1n)), 'unsupported-message');
    assert.equal(await codeOf(claiming(2n ** 36n - 32n)), 'unsupported-message');
    assert.equal(await codeOf(claiming(2n ** 36n - 31n)), 'damaged');
    assert.equal(await codeOf(claiming(2n ** 64n - 1n)), 'damaged');
    assert.equal(await codeOf(claiming(24n)), 'damaged');
  });
});

test('lengths that are only claimed take no memory', async () => {
  await using child = new Child('claims-child.ts', []);
  const { growth, codes } = JSON.parse(await child.line());
  assert.deepEqual(codes, ['truncated', 'truncated', 'opened 10']);
  assert.ok(growth < 64 * 1024 * 1024, `${growth} bytes`);
});
