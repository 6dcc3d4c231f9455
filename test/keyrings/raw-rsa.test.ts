import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { describe, test } from 'node:test';
import { RawRsaKeyringNode } from '@aws-crypto/client-node';
import { DataKey } from '../../src/data-key.ts';
import { cipher } from '../../src/cipher/index.ts';
import { rawRsaKeyring } from '../../src/keyrings/raw-rsa.ts';
import type { RawRsaKeyringOptions } from '../../src/keyrings/raw-rsa.ts';
import type { EncryptedDataKey } from '../../src/message/edk.ts';
import { rsaPaddings } from '../../src/message/raw-key.ts';
import type { RsaPadding } from '../../src/message/raw-key.ts';
import { keyringSuite } from '../../src/testing/keyring-suite.ts';
import { refusal, rejection } from '../../src/testing/rejects.ts';
import { peerGenerate, peerUnwrap } from '../support/peer-keyring.ts';
import { rsaKeyPair } from '../support/rsa-keys.ts';

function options(changes: Partial<RawRsaKeyringOptions> = {}): RawRsaKeyringOptions {
  return { providerId: 'sealroom', name: 'recovery', padding: 'oaep-sha256', ...rsaKeyPair('first'), ...changes };
}

const oaep = rsaPaddings.filter((padding) => padding !== 'pkcs1');

for (const padding of oaep) {
  keyringSuite(`rawRsaKeyring with ${padding}`, () => ({
    keyring: rawRsaKeyring(options({ padding })),
    other: rawRsaKeyring(options({ padding, name: 'other', ...rsaKeyPair('second') })),
    bindsContext: false,
  }));
}

describe('rawRsaKeyring', () => {
  test('writes the name and one block of RSA', async () => {
    const { edks } = await rawRsaKeyring(options()).generate({});
    assert.equal(edks.length, 1);
    assert.equal(edks[0]!.providerId, 'sealroom');
    assert.equal(Buffer.from(edks[0]!.providerInfo).toString(), 'recovery');
    assert.equal(edks[0]!.ciphertext.length, 256);
  });

  test('wraps with the public half, and then leaves opening to others', async () => {
    const wraps = rawRsaKeyring(options({ privateKey: undefined }));
    const { dataKey, edks } = await wraps.generate({});
    assert.equal(await wraps.unwrap(edks, {}), null);
    using opened = await rawRsaKeyring(options()).unwrap(edks, {});
    assert.equal(hex(opened!.bytes), hex(dataKey.bytes));
  });

  test('wraps with the private half alone, which has the public one in it', async () => {
    const keyring = rawRsaKeyring(options({ publicKey: undefined }));
    const { dataKey, edks } = await keyring.generate({});
    using opened = await keyring.unwrap(edks, {});
    assert.equal(hex(opened!.bytes), hex(dataKey.bytes));
  });

  test('does not take a longer name that begins like its own for its own', async () => {
    const { edks } = await rawRsaKeyring(options({ name: 'recovery-2' })).generate({});
    assert.equal(await rawRsaKeyring(options()).unwrap(edks, {}), null);
  });

  test('says which key did not open, alike for every reason', async () => {
    const { edks } = await rawRsaKeyring(options()).generate({});
    const [edk] = edks;
    const refusals = await Promise.all([
      rejection(rawRsaKeyring(options(rsaKeyPair('second'))).unwrap(edks, {}), 'wrong-key'),
      rejection(rawRsaKeyring(options({ padding: 'oaep-sha1' })).unwrap(edks, {}), 'wrong-key'),
      rejection(rawRsaKeyring(options()).unwrap([{ ...edk!, ciphertext: new Uint8Array(256) }], {}), 'wrong-key'),
      rejection(rawRsaKeyring(options()).unwrap([{ ...edk!, ciphertext: new Uint8Array(3) }], {}), 'wrong-key'),
    ]);
    assert.match(refusals[0].message, /"recovery" of "sealroom".*another key.*padding differs.*changed/);
    assert.equal(new Set(refusals.map(({ message, cause }) => `${message} ${String(cause)}`)).size, 1);
  });

  test('a key of less than 2,048 bits only reads', async () => {
    const pair = rsaKeyPair('short', 1024);
    const keyring = rawRsaKeyring(options(pair));
    const secret = cipher.randomBytes(32);
    const edk = wrapped(publicEncrypt({ key: pair.publicKey, oaepHash: 'sha256' }, secret));
    using opened = await keyring.unwrap([edk], {});
    assert.equal(hex(opened!.bytes), hex(secret));
    await rejection(keyring.generate({}), 'bad-key');
    await rejection(keyring.wrap(new DataKey(secret), {}), 'bad-key');
  });

  test('takes one RSA key and nothing else', () => {
    const first = rsaKeyPair('first');
    const second = rsaKeyPair('second');
    const curve = generateKeyPairSync('ed25519');
    refusal(() => rawRsaKeyring(options({ publicKey: undefined, privateKey: undefined })), 'bad-key');
    refusal(() => rawRsaKeyring(options({ publicKey: second.publicKey })), 'bad-key');
    refusal(() => rawRsaKeyring(options({ publicKey: first.privateKey, privateKey: undefined })), 'bad-key');
    refusal(() => rawRsaKeyring(options({ publicKey: undefined, privateKey: first.publicKey })), 'bad-key');
    refusal(() => rawRsaKeyring(options(curve)), 'bad-key');
    refusal(() => rawRsaKeyring(options({ publicKey: undefined, privateKey: curve.privateKey })), 'bad-key');
    refusal(() => rawRsaKeyring(options({ providerId: 'aws-kms' })), 'bad-key');
    refusal(() => rawRsaKeyring(options({ name: '' })), 'bad-key');
  });
});

describe('rawRsaKeyring with PKCS #1 v1.5', () => {
  const secret = cipher.randomBytes(32);
  const edk = wrapped(
    publicEncrypt({ key: rsaKeyPair('first').publicKey, padding: constants.RSA_PKCS1_PADDING }, secret),
  );
  const keyring = rawRsaKeyring(options({ padding: 'pkcs1' }));

  test('reads', async () => {
    using opened = await keyring.unwrap([edk], {});
    assert.equal(hex(opened!.bytes), hex(secret));
  });

  test('does not write', async () => {
    await rejection(keyring.generate({}), 'bad-key');
    await rejection(keyring.wrap(new DataKey(secret.slice()), {}), 'bad-key');
  });

  test('never opens changed bytes to the data key, whether it notices or not', async () => {
    for (let at = 0; at < edk.ciphertext.length; at += 5) {
      const ciphertext = edk.ciphertext.slice();
      ciphertext[at]! ^= 1;
      const opened = await keyring.unwrap([{ ...edk, ciphertext }], {}).catch((error: unknown) => {
        assert.match(String(error), /does not open the data key wrapped under that name/);
        return null;
      });
      assert.notEqual(opened === null ? '' : hex(opened.bytes), hex(secret));
    }
  });
});

describe('rawRsaKeyring and the AWS Encryption SDK for JavaScript', () => {
  for (const padding of oaep) {
    test(`each opens what the other wrapped with ${padding}`, async () => {
      const mine = rawRsaKeyring(options({ padding }));
      const peer = peerOf(padding);
      const made = await mine.generate({});
      assert.equal(hex(await peerUnwrap(peer, made.edks, {})), hex(made.dataKey.bytes));
      const { secret, edks } = await peerGenerate(peer, {});
      using opened = await mine.unwrap(edks, {});
      assert.equal(hex(opened!.bytes), hex(secret));
    });
  }

  test('opens what it wrapped with PKCS #1 v1.5', async () => {
    const { secret, edks } = await peerGenerate(peerOf('pkcs1'), {});
    using opened = await rawRsaKeyring(options({ padding: 'pkcs1' })).unwrap(edks, {});
    assert.equal(hex(opened!.bytes), hex(secret));
  });
});

function peerOf(padding: RsaPadding): RawRsaKeyringNode {
  const { publicKey, privateKey } = rsaKeyPair('first');
  const hashes = {
    'oaep-sha1': 'sha1',
    'oaep-sha256': 'sha256',
    'oaep-sha384': 'sha384',
    'oaep-sha512': 'sha512',
  } as const;
  return new RawRsaKeyringNode({
    keyNamespace: 'sealroom',
    keyName: 'recovery',
    rsaKey: {
      publicKey: publicKey.export({ type: 'spki', format: 'pem' }),
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    },
    ...(padding === 'pkcs1'
      ? { padding: constants.RSA_PKCS1_PADDING }
      : { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hashes[padding] }),
  });
}

function wrapped(ciphertext: Uint8Array): EncryptedDataKey {
  return { providerId: 'sealroom', providerInfo: new TextEncoder().encode('recovery'), ciphertext };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
