/** Whose a chunk is: sources lend theirs, and what the public functions give out belongs to the caller. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { concat } from '../../src/bytes.ts';
import { decrypt, decryptLent, decryptRange } from '../../src/envelope/decrypt.ts';
import { encrypt } from '../../src/envelope/encrypt.ts';
import { isSealroomError } from '../../src/errors.ts';
import { lentChunks, patterned } from '../../src/testing/test-bytes.ts';
import { recordedAccess } from '../support/random-access.ts';
import { referenceOpen } from '../support/reference.ts';
import { staticKeyring } from '../support/static-keyring.ts';

const SECRET = patterned(32, 5);
const keyring = staticKeyring(SECRET);
const PLAINTEXT = patterned(3 * 1024 * 1024 + 12_345);
const frameLength = 64 * 1024;

/** Collects without copying: what the stream does to a chunk later would show. */
async function kept(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** Collects, and destroys each chunk before the next one is asked for. */
async function destroyed(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const copies: Uint8Array[] = [];
  for await (const chunk of stream) {
    copies.push(chunk.slice());
    new Uint8Array(chunk.buffer).fill(0xee);
  }
  return concat(copies);
}

describe('a chunk given out', () => {
  const sources = {
    encrypt: async (): Promise<AsyncIterable<Uint8Array>> =>
      encrypt(lentChunks(PLAINTEXT, 65_537), { keyring, frameLength }),
    decrypt: async (): Promise<AsyncIterable<Uint8Array>> => (await decrypt(await message(), { keyring })).body,
    'decrypt of a source that lends': async (): Promise<AsyncIterable<Uint8Array>> =>
      (await decrypt(lentChunks(await message(), 70_001), { keyring })).body,
    decryptRange: async (): Promise<AsyncIterable<Uint8Array>> =>
      (await decryptRange(recordedAccess(await message()), { keyring, range: { start: 0 } })).body,
  };
  let made: Uint8Array | undefined;
  const message = async (): Promise<Uint8Array> =>
    (made ??= concat(await kept(encrypt(lentChunks(PLAINTEXT, 65_537), { keyring, frameLength }))));
  const plaintextOf = (name: string, bytes: Uint8Array): Uint8Array =>
    name === 'encrypt' ? referenceOpen(bytes, SECRET) : bytes;

  for (const [name, open] of Object.entries(sources)) {
    test(`by ${name} stays as it is`, async () => {
      const chunks = await kept(await open());
      assert.ok(chunks.length > 2, 'one chunk proves nothing');
      assert.ok(Buffer.from(plaintextOf(name, concat(chunks))).equals(PLAINTEXT));
    });

    test(`by ${name} is the caller's to change`, async () => {
      const bytes = await destroyed(await open());
      assert.ok(Buffer.from(plaintextOf(name, bytes)).equals(PLAINTEXT));
    });
  }
});

describe('plaintext that is only lent', () => {
  test('is wiped when the stream ends, fails or is given up', async () => {
    const whole = concat(await kept(encrypt(PLAINTEXT, { keyring, frameLength })));
    const changed = whole.slice();
    changed[changed.length - 1]! ^= 1;
    for (const [bytes, chunks] of [
      [whole, Infinity],
      [changed, Infinity],
      [whole, 2],
    ] as const) {
      const { body } = await decryptLent(bytes, { keyring });
      const lent: Uint8Array[] = [];
      try {
        for await (const chunk of body) {
          assert.ok(chunk.some((byte) => byte !== 0));
          lent.push(chunk);
          if (lent.length === chunks) break;
        }
      } catch (error) {
        assert.ok(isSealroomError(error, 'damaged'));
        assert.equal(bytes, changed);
      }
      assert.ok(lent.length >= 2);
      assert.ok(lent.every((chunk) => chunk.every((byte) => byte === 0)));
    }
  });
});

describe('what is taken', () => {
  test('is neither changed nor kept', async () => {
    const plaintext = PLAINTEXT.slice(0, 200_000);
    const chunks: Uint8Array[] = [];
    for await (const chunk of encrypt(plaintext, { keyring, frameLength: 1000 })) chunks.push(chunk);
    assert.deepEqual(Buffer.compare(plaintext, PLAINTEXT.subarray(0, 200_000)), 0);
    const message = concat(chunks);
    const before = message.slice();
    const { body } = await decrypt(message, { keyring });
    assert.ok(Buffer.from(concat(await kept(body))).equals(plaintext));
    assert.equal(Buffer.compare(message, before), 0);
  });
});
