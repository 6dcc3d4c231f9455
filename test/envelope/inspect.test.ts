import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { DataKey } from '../../src/data-key.ts';
import { encrypt } from '../../src/envelope/encrypt.ts';
import { inspect } from '../../src/envelope/inspect.ts';
import { rawAesKeyring } from '../../src/keyrings/raw-aes.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { referenceEdk, referenceFrames, referenceHeader, referencePiece } from '../support/reference.ts';
import { TrackedSource, chunked } from '../support/streams.ts';

const KEY = { dataKey: patterned(32, 5), messageId: patterned(32, 6) };
const TEXT = patterned(40);

describe('an inspection', () => {
  test('tells what a message of ours says of itself', async () => {
    const keyring = rawAesKeyring({ providerId: 'sealroom', name: 'wrapping', key: new DataKey(patterned(32)) });
    const message = await collect(encrypt(TEXT, { keyring, context: { file: '42' }, frameLength: 16 }));
    const { messageId, headerLength, ...found } = await inspect(message);
    assert.equal(messageId, Buffer.from(message.subarray(3, 35)).toString('hex'));
    assert.equal(headerLength, message.length - (40 + 3 * 32 + 8));
    assert.deepEqual(found, {
      version: 2,
      suite: '0x0478',
      committing: true,
      signed: false,
      context: { file: '42' },
      keys: [{ provider: 'sealroom', name: 'wrapping', ciphertextLength: 48 }],
      frameLength: 16,
      frames: 3,
      plaintextSize: 40,
      size: message.length,
      complete: true,
      trailing: 0,
    });
  });

  test('is the same in chunks of any length', async () => {
    const message = Buffer.concat([referenceHeader(KEY), ...referenceFrames(KEY, TEXT)]);
    const whole = await inspect(message);
    for (const length of [1, 7, 33]) assert.deepEqual(await inspect(chunked(message, length)), whole);
  });

  test('tells where a message was cut, and what is left of it', async () => {
    const header = referenceHeader(KEY);
    const message = Buffer.concat([header, ...referenceFrames(KEY, TEXT)]);
    for (let length = header.length; length < message.length; length++) {
      const { frames, plaintextSize, complete, trailing, size } = await inspect(message.subarray(0, length));
      const whole = Math.floor((length - header.length) / 48);
      assert.deepEqual([frames, plaintextSize, complete, trailing, size], [whole, whole * 16, false, 0, length]);
    }
    for (let length = 0; length < header.length; length++) {
      await rejection(inspect(message.subarray(0, length)), 'truncated');
    }
  });

  test('tells how many bytes follow the end', async () => {
    const message = Buffer.concat([referenceHeader(KEY), ...referenceFrames(KEY, TEXT), patterned(9)]);
    const { complete, trailing, size } = await inspect(message);
    assert.deepEqual([complete, trailing, size], [true, 9, message.length]);
  });

  test('takes a body of one block', async () => {
    const block = { ...KEY, contentType: 1, frameLength: 0 };
    const message = Buffer.concat([referenceHeader(block), referencePiece(block, 'block', 1, TEXT)]);
    const found = await inspect(message);
    assert.deepEqual(
      [found.frameLength, found.frames, found.plaintextSize, found.complete],
      [null, null, TEXT.length, true],
    );
    const cut = await inspect(message.subarray(0, -1));
    assert.deepEqual([cut.plaintextSize, cut.complete], [0, false]);
  });

  test('takes more encrypted data keys than are opened, and names that are no text', async () => {
    const edks = [
      ...Array.from({ length: 40 }, () => referenceEdk('a', 'b', 'c')),
      referenceEdk('x', Buffer.of(0xff, 1), ''),
    ];
    const { keys } = await inspect(referenceHeader({ ...KEY, edks }));
    assert.equal(keys.length, 41);
    assert.deepEqual(keys[0], { provider: 'a', name: 'b', ciphertextLength: 1 });
    assert.deepEqual(keys[40], { provider: 'x', name: 'ff01', ciphertextLength: 0 });
  });

  test('lets go of its source, and stops when it is cancelled', async () => {
    const source = new TrackedSource([Buffer.from('this is no message')]);
    await rejection(inspect(source), 'not-a-message');
    assert.ok(source.closed);
    const message = Buffer.concat([referenceHeader(KEY), ...referenceFrames(KEY, TEXT)]);
    await rejection(inspect(message, { signal: AbortSignal.abort() }), 'cancelled');
  });
});
