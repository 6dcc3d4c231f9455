import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { digestChecked, digestsOf } from '../../../src/http/upload/digest.ts';
import { refusal } from '../../../src/testing/rejects.ts';
import { chunked, drain } from '../../support/streams.ts';

const sha256 = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest();
/** A dictionary with the digest of something. */
const named = (bytes: Uint8Array | string): string => `sha-256=:${sha256(bytes).toString('base64')}:`;

test('sha-256 is read from both headers, wherever it stands in them', () => {
  const expected = sha256('abc');
  const headers = [
    named('abc'),
    `sha-512=:AAAA:, ${named('abc')}`,
    `${named('abc')},unixsum=:MTIz:`,
    `${named('abc')};a=1;b`,
    `${named('something else')}, ${named('abc')}`,
  ];
  for (const header of headers) {
    assert.deepEqual(digestsOf({ 'content-digest': header }), { content: expected, representation: undefined }, header);
    assert.deepEqual(digestsOf({ 'repr-digest': header }), { content: undefined, representation: expected }, header);
  }
});

test('no header, and a header with other algorithms only, name nothing to check', () => {
  assert.deepEqual(digestsOf({}), { content: undefined, representation: undefined });
  const others = { 'content-digest': 'sha-512=:AAAA:', 'repr-digest': 'md5=:AAAA:, x.y*=::' };
  assert.deepEqual(digestsOf(others), { content: undefined, representation: undefined });
});

test('a header that is malformed is refused', () => {
  const hash = sha256('abc').toString('base64');
  const malformed = [
    '',
    'sha-256',
    `sha-256=${hash}`,
    `sha-256="${hash}"`,
    `sha-256=:${hash}`,
    `SHA-256=:${hash}:`,
    `sha-256=:${hash}:,`,
    `sha-256=:${hash}: trailing`,
    'sha-256=:AAAA:',
    `sha-256=:${sha256('abc').toString('hex')}:`,
    'sha-512=abc',
  ];
  for (const header of malformed) refusal(() => digestsOf({ 'content-digest': header }), 'usage');
  for (const header of malformed) refusal(() => digestsOf({ 'repr-digest': header }), 'usage');
});

test('bytes with the digests that were named pass, and others fail in place of their end', async () => {
  const bytes = Buffer.from('the quick brown fox');
  const source = (): AsyncIterable<Uint8Array> => asStream(chunked(bytes, 5));
  for (const expected of [
    [],
    [undefined],
    [sha256(bytes)],
    [sha256(bytes), undefined],
    [sha256(bytes), sha256(bytes)],
  ]) {
    assert.deepEqual(await drain(digestChecked(source(), expected)), {
      bytes: new Uint8Array(bytes),
      error: undefined,
    });
  }
  for (const expected of [[sha256('')], [sha256(bytes), sha256('')]]) {
    const { bytes: given, error } = await drain(digestChecked(source(), expected));
    assert.deepEqual(Buffer.from(given), bytes);
    refusal(() => {
      throw error;
    }, 'digest-mismatch');
  }
});

test('no bytes have a digest, too', async () => {
  const { error } = await drain(digestChecked(asStream([]), [sha256('')]));
  assert.equal(error, undefined);
});

async function* asStream(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}
