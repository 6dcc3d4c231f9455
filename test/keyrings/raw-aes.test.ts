import assert from 'node:assert/strict';
import { createDecipheriv } from 'node:crypto';
import { describe, test } from 'node:test';
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/client-node';
import * as fc from 'fast-check';
import { cipher } from '../../src/cipher/index.ts';
import { DataKey } from '../../src/data-key.ts';
import { encodeContext } from '../../src/message/context.ts';
import type { EncryptionContext } from '../../src/message/context.ts';
import { encodeRawAesInfo } from '../../src/message/edk.ts';
import { rawAesKeyring } from '../../src/keyrings/raw-aes.ts';
import type { RawAesKeyringOptions } from '../../src/keyrings/raw-aes.ts';
import { assertShowsNot, keyringSuite } from '../../src/testing/keyring-suite.ts';
import { refusal, rejection } from '../../src/testing/rejects.ts';
import { anyContext } from '../support/contexts.ts';
import { peerGenerate, peerUnwrap } from '../support/peer-keyring.ts';

function options(changes: Partial<RawAesKeyringOptions> = {}): RawAesKeyringOptions {
  return { providerId: 'sealroom', name: 'wrapping', key: new DataKey(cipher.randomBytes(32)), ...changes };
}

keyringSuite('rawAesKeyring', () => ({
  keyring: rawAesKeyring(options()),
  other: rawAesKeyring(options({ name: 'other' })),
  bindsContext: true,
}));

describe('rawAesKeyring', () => {
  test('writes the name, the lengths and the IV, and AES-GCM over the context', async () => {
    const { key, ...names } = options();
    const { dataKey, edks } = await rawAesKeyring({ ...names, key }).generate({ b: '2', a: '1' });
    assert.equal(edks.length, 1);
    const { providerId, providerInfo, ciphertext } = edks[0]!;
    assert.equal(providerId, 'sealroom');
    assert.equal(hex(providerInfo.subarray(0, -12)), `${hex(Buffer.from('wrapping'))}000000800000000c`);
    assert.equal(ciphertext.length, 32 + 16);
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, providerInfo.subarray(-12));
    decipher.setAAD(Buffer.from('0002000161000131000162000132', 'hex'));
    decipher.setAuthTag(ciphertext.subarray(32));
    const opened = Buffer.concat([decipher.update(ciphertext.subarray(0, 32)), decipher.final()]);
    assert.equal(hex(opened), hex(dataKey.bytes));
  });

  test('opens any data key under any context', async () => {
    const keyring = rawAesKeyring(options());
    const secrets = fc
      .constantFrom(16, 24, 32)
      .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    await fc.assert(
      fc.asyncProperty(secrets, anyContext, async (secret, context) => {
        using dataKey = new DataKey(secret.slice());
        using opened = await keyring.unwrap(await keyring.wrap(dataKey, context), context);
        assert.equal(hex(opened!.bytes), hex(secret));
      }),
    );
  });

  for (const length of [16, 24]) {
    test(`a key of ${length * 8} bits only reads`, async () => {
      const { key, ...names } = options({ key: new DataKey(cipher.randomBytes(length)) });
      const keyring = rawAesKeyring({ ...names, key });
      const secret = cipher.randomBytes(32);
      const iv = cipher.randomBytes(12);
      const edk = {
        providerId: names.providerId,
        providerInfo: encodeRawAesInfo(names.name, iv),
        ciphertext: cipher.seal(key, iv, encodeContext({ a: 'b' }), secret),
      };
      using opened = await keyring.unwrap([edk], { a: 'b' });
      assert.equal(hex(opened!.bytes), hex(secret));
      await rejection(keyring.generate({}), 'bad-key');
      await rejection(keyring.wrap(opened!, {}), 'bad-key');
    });
  }

  test('takes no key of another length', () => {
    for (const length of [0, 15, 31, 33, 64]) {
      refusal(() => rawAesKeyring(options({ key: new DataKey(new Uint8Array(length)) })), 'bad-key');
    }
  });

  test('takes no provider id of AWS KMS, and no name that is empty, broken or too long', () => {
    for (const providerId of ['', 'aws-kms', 'aws-kms-hierarchy', 'a\nb']) {
      refusal(() => rawAesKeyring(options({ providerId })), 'bad-key');
    }
    for (const name of ['', 'a\0', '\ud800', 'n'.repeat(1025)]) {
      refusal(() => rawAesKeyring(options({ name })), 'bad-key');
    }
  });

  test('does not take a longer name that begins like its own for its own', async () => {
    const { key, ...names } = options();
    const { edks } = await rawAesKeyring({ ...names, key, name: 'wrapping-2' }).generate({});
    assert.equal(await rawAesKeyring({ ...names, key }).unwrap(edks, {}), null);
  });

  test('says which key did not open, and shows no key', async () => {
    const theirs = rawAesKeyring(options());
    const mine = options();
    const { edks } = await theirs.generate({});
    const error = await rejection(rawAesKeyring(mine).unwrap(edks, {}), 'wrong-key');
    assert.match(error.message, /"wrapping" of "sealroom".*another key.*context differs.*changed/);
    assertShowsNot(error, mine.key.bytes);
    assertShowsNot(rawAesKeyring(mine), mine.key.bytes);
  });
});

describe('rawAesKeyring and the AWS Encryption SDK for JavaScript', () => {
  const contexts: EncryptionContext[] = [
    {},
    { a: '1', B: '2' },
    { 'key-1': 'x', key_1: 'y', key1: 'z' },
    { ä: '1', z: '2', Ω: '3', '𝄞': '4', '\uffee': '5' },
  ];
  for (const utf8Sorting of [true, false]) {
    for (const context of contexts) {
      test(`opens what it wrapped for ${JSON.stringify(context)}, utf8Sorting ${utf8Sorting}`, async () => {
        const { mine, peer } = both({ utf8Sorting });
        const { secret, edks } = await peerGenerate(peer, context);
        using opened = await mine.unwrap(edks, context);
        assert.equal(hex(opened!.bytes), hex(secret));
      });
    }
  }

  for (const context of contexts) {
    test(`wraps what it opens for ${JSON.stringify(context)}`, async () => {
      const { mine, peer } = both({ utf8Sorting: true });
      const { dataKey, edks } = await mine.generate(context);
      assert.equal(hex(await peerUnwrap(peer, edks, context)), hex(dataKey.bytes));
    });
  }

  test('refuses another context in either order', async () => {
    const { mine, peer } = both({ utf8Sorting: false });
    const { edks } = await peerGenerate(peer, { a: '1', B: '2' });
    await rejection(mine.unwrap(edks, { a: '2', B: '1' }), 'wrong-key');
  });
});

function both({ utf8Sorting }: { utf8Sorting: boolean }): {
  mine: ReturnType<typeof rawAesKeyring>;
  peer: RawAesKeyringNode;
} {
  const mine = options({ name: 'größer' });
  const peer = new RawAesKeyringNode({
    keyNamespace: mine.providerId,
    keyName: mine.name,
    // The peer wipes what it is given together with its own material.
    unencryptedMasterKey: mine.key.clone().bytes,
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    utf8Sorting,
  });
  return { mine: rawAesKeyring(mine), peer };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
