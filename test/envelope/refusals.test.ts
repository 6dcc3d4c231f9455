import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { DataKey } from '../../src/data-key.ts';
import { decrypt } from '../../src/envelope/decrypt.ts';
import { encrypt } from '../../src/envelope/encrypt.ts';
import { rawAesKeyring } from '../../src/keyrings/raw-aes.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { referenceContext, referenceFrames, referenceHeader } from '../support/reference.ts';
import { staticKeyring } from '../support/static-keyring.ts';

const SECRET = patterned(32, 5);
const keyring = staticKeyring(SECRET);
const KEY = { dataKey: SECRET, messageId: patterned(32, 6) };
const TEXT = patterned(20);

describe('what is no message', () => {
  test('is refused as such', async () => {
    for (const text of ['hello', '{"a": 1}', 'A', 'AB', 'AYA', '\u007fELF', '%PDF-1.7', '\u0003', '\u0001\u0000']) {
      if (text === 'A' || text === 'AB' || text === 'AYA')
        await rejection(decrypt(Buffer.from(text), { keyring }), 'truncated');
      else await rejection(decrypt(Buffer.from(text), { keyring }), 'not-a-message');
    }
  });

  test('is refused with a word on base64 when it is a message in that', async () => {
    const v2 = await collect(encrypt(TEXT, { keyring }));
    const old = { dataKey: SECRET, messageId: patterned(16), suite: 0x0178 };
    const v1 = Buffer.concat([referenceHeader(old), ...referenceFrames(old, TEXT)]);
    for (const message of [v2, v1]) {
      const text = Buffer.from(Buffer.from(message).toString('base64'));
      const error = await rejection(decrypt(text, { keyring }), 'not-a-message');
      assert.match(error.message, /base64 -d/);
    }
  });

  test('is truncated when it is empty', async () => {
    assert.match((await rejection(decrypt(new Uint8Array(0), { keyring }), 'truncated')).message, /empty/);
    await rejection(decrypt([], { keyring }), 'truncated');
    await rejection(decrypt([new Uint8Array(0)], { keyring }), 'truncated');
  });
});

describe('the context of a message', () => {
  const context = { tenant: 'acme', file: '42' };

  test('is given to the keyring and back, whole', async () => {
    const own = staticKeyring(SECRET);
    const message = await collect(encrypt(TEXT, { keyring: own, context }));
    for (const expected of [undefined, {}, { tenant: 'acme' }, context]) {
      const opened = await decrypt(message, { keyring: own, context: expected });
      assert.deepEqual(opened.context, context);
      await collect(opened.body);
    }
    assert.deepEqual(
      own.contexts,
      Array.from({ length: 5 }, () => context),
    );
  });

  test('is refused when it is not the one expected, before any key is asked', async () => {
    const message = await collect(encrypt(TEXT, { keyring, context }));
    const own = staticKeyring(SECRET);
    await rejection(decrypt(message, { keyring: own, context: { tenant: 'other' } }), 'wrong-context');
    assert.equal(own.given.length, 0);
    await rejection(decrypt(message, { keyring, context: { ...context, more: 'x' } }), 'wrong-context');
    await rejection(decrypt(message, { keyring, context: { toString: 'x' } }), 'wrong-context');
  });

  test('may hold pairs that the header leaves out, and opens with exactly these', async () => {
    const stored = referenceContext([['file', '42']]);
    const leftOut = referenceContext([
      ['tenant', 'acme'],
      ['zone', 'z'],
    ]);
    const bound = { ...KEY, context: stored, leftOut };
    const message = Buffer.concat([referenceHeader(bound), ...referenceFrames(bound, TEXT)]);
    const own = staticKeyring(SECRET);
    const whole = { zone: 'z', tenant: 'acme', file: '42' };
    for (const given of [{ zone: 'z', tenant: 'acme' }, whole]) {
      const opened = await decrypt(message, { keyring: own, context: given });
      assert.deepEqual(opened.context, whole);
      assert.deepEqual([...(await collect(opened.body))], [...TEXT]);
      assert.deepEqual(own.contexts.at(-1), whole);
    }
    await rejection(decrypt(message, { keyring }), 'damaged');
    for (const given of [
      { tenant: 'acme' },
      { tenant: 'acme', zone: 'y' },
      { tenant: 'z', zone: 'acme' },
      { ...whole, more: 'x' },
    ]) {
      await rejection(decrypt(message, { keyring, context: given }), 'wrong-context');
    }
  });

  test('cannot be used when its names are reserved, its texts empty or ill-formed, or it is too long', async () => {
    for (const bad of [
      { 'aws-crypto-public-key': 'x' },
      { 'aws-crypto-': 'x' },
      { '': 'x' },
      { x: '' },
      { x: '\u{d800}' },
      { x: 'y'.repeat(32_767 - 6) },
    ]) {
      const own = staticKeyring(SECRET);
      await rejection(collect(encrypt(TEXT, { keyring: own, context: bad })), 'usage');
      assert.equal(own.given.length, 0);
    }
    await collect(encrypt(TEXT, { keyring, context: { x: 'y'.repeat(32_767 - 7) } }));
  });

  test('that cannot be serialised is refused on reading too', async () => {
    const message = await collect(encrypt(TEXT, { keyring }));
    await rejection(decrypt(message, { keyring, context: { x: '\u{d800}' } }), 'usage');
  });
});

test('a frame length is a whole number from 1 to 4,294,967,295', async () => {
  for (const frameLength of [0, -1, 1.5, Number.NaN, 2 ** 32, Infinity]) {
    await rejection(collect(encrypt(TEXT, { keyring, frameLength })), 'usage');
  }
});

test('a message of another wrapping key is the wrong key, whether it has another name or the same', async () => {
  const aes = (name: string): ReturnType<typeof rawAesKeyring> =>
    rawAesKeyring({ providerId: 'sealroom', name, key: new DataKey(Uint8Array.from(randomBytes(32))) });
  const message = await collect(encrypt(TEXT, { keyring: aes('one') }));
  await rejection(decrypt(message, { keyring: aes('two') }), 'wrong-key');
  await rejection(decrypt(message, { keyring: aes('one') }), 'wrong-key');
});

test('a message of another data key is refused by its commitment', async () => {
  const message = await collect(encrypt(TEXT, { keyring }));
  await rejection(decrypt(message, { keyring: staticKeyring() }), 'damaged');
});

test('a suite without commitment is refused unless it is allowed', async () => {
  const old = { dataKey: SECRET, messageId: patterned(16), suite: 0x0178 };
  const message = Buffer.concat([referenceHeader(old), ...referenceFrames(old, TEXT)]);
  for (const options of [{}, { allowUncommitted: false }, { allowUncommitted: undefined }]) {
    const own = staticKeyring(SECRET);
    await rejection(decrypt(message, { keyring: own, ...options }), 'uncommitted');
    assert.equal(own.given.length, 0);
  }
  const { body } = await decrypt(message, { keyring, allowUncommitted: true });
  assert.deepEqual([...(await collect(body))], [...TEXT]);
});
