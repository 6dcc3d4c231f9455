import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cipher } from '../../src/cipher/index.ts';
import { DataKey } from '../../src/data-key.ts';
import { assertShowsNot } from '../../src/testing/keyring-suite.ts';

describe('assertShowsNot', () => {
  const secret = cipher.randomBytes(32);
  const buffer = Buffer.from(secret);
  const shown: Readonly<Record<string, unknown>> = {
    bytes: secret,
    'a buffer': buffer,
    'bytes within': { key: { bytes: [...secret] } },
    hexadecimal: buffer.toString('hex'),
    base64: buffer.toString('base64'),
    base64url: buffer.toString('base64url'),
    'a message': new Error(`the key is ${buffer.toString('hex')}`),
    'a cause': new Error('no key here', { cause: new Error(buffer.toString('base64')) }),
    'a property of an error': Object.assign(new Error('no key here'), { secret }),
    'what JSON alone shows': { toJSON: () => secret },
  };
  for (const [form, value] of Object.entries(shown)) {
    test(`sees ${form}`, () => {
      assert.throws(() => assertShowsNot(value, secret), /a secret is shown/);
      assertShowsNot(value, cipher.randomBytes(32));
    });
  }

  test('does not see into a DataKey', () => {
    assertShowsNot(new DataKey(secret), secret);
  });
});
