import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import { concat } from '../../src/bytes.ts';
import { cipher } from '../../src/cipher/index.ts';
import { DataKey } from '../../src/data-key.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { chunked } from '../support/streams.ts';

/** Block by block, from the counter's definition (NIST SP 800-38A, 6.5). */
function counterMode(key: Uint8Array, text: Uint8Array): Uint8Array {
  const counters = new Uint8Array(Math.ceil(text.length / 16) * 16);
  const view = new DataView(counters.buffer);
  for (let block = 0; block * 16 < text.length; block++) view.setUint32(block * 16 + 12, block);
  const stream = createCipheriv('aes-256-ecb', key, null).update(counters);
  return text.map((byte, i) => byte ^ stream[i]!);
}

test('AES-256-CTR from zeros opens what it is defined to be, however the bytes arrive', () => {
  const bytes = patterned(32);
  using key = new DataKey(bytes.slice());
  const plaintext = patterned(5003, 1);
  const ciphertext = counterMode(bytes, plaintext);
  for (const step of [1, 15, 16, 17, 1000, 5003]) {
    const opening = cipher.unauthenticatedCtr(key);
    const opened = concat(Array.from(chunked(ciphertext, step), (chunk) => opening.update(chunk)));
    assert.deepEqual(opened, plaintext, `in steps of ${step}`);
  }
});
