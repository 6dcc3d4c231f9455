import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createRsaKeyPair, readRsaKey } from '../../src/key-files/rsa.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { rsaKeyPair } from '../support/rsa-keys.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const WINDOWS = process.platform === 'win32';

describe('RSA key files', () => {
  test('are created as two halves, once', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'recovery.pem');
    const publicPath = await createRsaKeyPair(path);
    assert.equal(publicPath, `${path}.pub`);
    assert.match(await readFile(path, 'utf8'), /^-----BEGIN PRIVATE KEY-----\n/);
    assert.match(await readFile(publicPath, 'utf8'), /^-----BEGIN PUBLIC KEY-----\n/);
    if (!WINDOWS) assert.equal((await stat(path)).mode & 0o777, 0o600);

    const whole = await readRsaKey(path);
    const half = await readRsaKey(publicPath);
    assert.equal(whole.privateKey?.asymmetricKeyDetails?.modulusLength, 3072);
    assert.ok(whole.publicKey.equals(half.publicKey));
    assert.equal(half.privateKey, undefined);
    assert.equal(whole.exposed, false);
    assert.equal(half.exposed, false, 'a public half may be read by anyone');
    if (!WINDOWS) {
      await chmod(path, 0o644);
      assert.equal((await readRsaKey(path)).exposed, true);
    }
  });

  test('in PKCS #1 are read too', async () => {
    const { privateKey, publicKey } = rsaKeyPair('first');
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'key');
    await writeFile(path, privateKey.export({ type: 'pkcs1', format: 'pem' }));
    assert.ok((await readRsaKey(path)).privateKey?.equals(privateKey));
    await writeFile(path, publicKey.export({ type: 'pkcs1', format: 'pem' }));
    assert.ok((await readRsaKey(path)).publicKey.equals(publicKey));
  });

  test('that cannot be used are refused by name and reason', async () => {
    const { privateKey, publicKey } = rsaKeyPair('first');
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const publicPem = publicKey.export({ type: 'spki', format: 'pem' });
    const secured = { format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' } as const;
    const cases: readonly [string | Buffer, RegExp][] = [
      ['', /not PEM/],
      ['{"kty":"oct"}', /not PEM/],
      ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /certificate.*openssl x509/],
      [privateKey.export({ type: 'pkcs8', ...secured }), /passphrase.*openssl pkey/],
      [privateKey.export({ type: 'pkcs1', ...secured }), /passphrase/],
      [curve.privateKey.export({ type: 'pkcs8', format: 'pem' }), /type ec/],
      [curve.privateKey.export({ type: 'sec1', format: 'pem' }), /"EC PRIVATE KEY"/],
      [curve.publicKey.export({ type: 'spki', format: 'pem' }), /type ec/],
      [pem + publicPem, /more than one/],
      [pem.replaceAll('PRIVATE', 'PUBLIC'), /damaged/],
      [publicPem.replaceAll('PUBLIC', 'PRIVATE'), /damaged/],
      [pem.slice(0, 300), /damaged/],
    ];
    await using folder = await temporaryFolder();
    for (const [index, [content, reason]] of cases.entries()) {
      const path = join(folder.path, `key-${index}`);
      await writeFile(path, content);
      const error = await rejection(readRsaKey(path), 'bad-key');
      assert.ok(error.message.startsWith(`${path}: `), error.message);
      assert.match(error.message, reason);
      assert.ok(!String(error.stack).includes(pem.slice(100, 120)));
    }
    assert.equal((await readdir(folder.path)).length, cases.length);
  });
});
