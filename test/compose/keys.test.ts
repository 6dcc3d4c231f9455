import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { keyringFromSpecs } from '../../src/compose/keys.ts';
import type { KeyPurpose } from '../../src/compose/keys.ts';
import { createJwk } from '../../src/key-files/jwk.ts';
import { parseKeySpec } from '../../src/specs/key-spec.ts';
import type { KeySpec } from '../../src/specs/key-spec.ts';
import type { Keyring } from '../../src/ports.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { rsaKeyPair } from '../support/rsa-keys.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

type Compose = (purpose: KeyPurpose, keys: string, oldKeys?: string) => Promise<Keyring & Disposable>;

/** Makes a folder with `a.jwk`, `b.jwk`, `recovery.pem` and `recovery.pem.pub`, which specifications resolve against. */
async function withKeys(check: (compose: Compose, folder: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  const { privateKey, publicKey } = rsaKeyPair('first');
  const recovery = join(folder.path, 'recovery.pem');
  await createJwk(join(folder.path, 'a.jwk'));
  await createJwk(join(folder.path, 'b.jwk'));
  await writeFile(recovery, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(`${recovery}.pub`, publicKey.export({ type: 'spki', format: 'pem' }));
  await check(
    (purpose, keys, oldKeys = '') =>
      keyringFromSpecs({ keys: specs(keys), oldKeys: specs(oldKeys) }, { folder: folder.path, purpose }),
    folder.path,
  );
}

function specs(text: string): KeySpec[] {
  return text === '' ? [] : text.split(' ').map(parseKeySpec);
}

async function opens(keyring: Keyring, made: Awaited<ReturnType<Keyring['generate']>>): Promise<boolean> {
  using opened = await keyring.unwrap(made.edks, {});
  if (opened !== null) assert.deepEqual(opened.bytes, made.dataKey.bytes);
  return opened !== null;
}

describe('keys of a vault', () => {
  test('wrap in their order; recovery opens with the private half', () =>
    withKeys(async (compose) => {
      using vault = await compose('vault', 'jwk:a.jwk rsa:recovery.pem.pub?provider=acme jwk:b.jwk');
      const made = await vault.generate({});
      assert.deepEqual(
        made.edks.map(({ providerId }) => providerId),
        ['sealroom', 'acme', 'sealroom'],
      );
      assert.equal(await opens(vault, made), true);
      for (const spec of ['jwk:a.jwk', 'jwk:b.jwk', 'rsa:recovery.pem?provider=acme']) {
        using reader = await compose('decrypt', spec);
        assert.equal(await opens(reader, made), true, spec);
      }
    }));

  test('that are old only open', () =>
    withKeys(async (compose) => {
      using before = await compose('vault', 'jwk:a.jwk');
      using after = await compose('vault', 'jwk:b.jwk', 'jwk:a.jwk');
      assert.equal(await opens(after, await before.generate({})), true);
      assert.equal(await opens(before, await after.generate({})), false);
    }));

  test('may be neither private halves, nor of PKCS #1 v1.5, nor all without one that opens', () =>
    withKeys(async (compose) => {
      const refused = async (keys: string, oldKeys: string, message: RegExp): Promise<void> => {
        assert.match((await rejection(compose('vault', keys, oldKeys), 'bad-key')).message, message);
      };
      await refused('jwk:a.jwk rsa:recovery.pem', '', /recovery\.pem\.pub/);
      await refused('jwk:a.jwk', 'rsa:recovery.pem', /recovery\.pem\.pub/);
      await refused('jwk:a.jwk rsa:recovery.pem.pub?padding=pkcs1', '', /pkcs1/);
      await refused('rsa:recovery.pem.pub', 'jwk:a.jwk', /a key that opens/);
      await refused('', 'jwk:a.jwk', /no key/);
      await refused('jwk:a.jwk jwk:absent.jwk', '', /absent\.jwk: there is no such file/);
    }));
});

describe('keys of a message', () => {
  test('wrap, a public half alone too', () =>
    withKeys(async (compose) => {
      for (const spec of ['rsa:recovery.pem.pub', 'rsa:recovery.pem']) {
        using writer = await compose('message', spec);
        using reader = await compose('decrypt', 'rsa:recovery.pem');
        assert.equal(await opens(reader, await writer.generate({})), true);
      }
      await rejection(compose('message', 'rsa:recovery.pem?padding=pkcs1'), 'bad-key');
    }));
});

describe('keys for decrypting', () => {
  test('all open and none wraps', () =>
    withKeys(async (compose) => {
      using writer = await compose('message', 'jwk:b.jwk');
      const made = await writer.generate({});
      using reader = await compose('decrypt', 'jwk:a.jwk rsa:recovery.pem?padding=pkcs1 jwk:b.jwk');
      assert.equal(await opens(reader, made), true);
      await rejection(reader.generate({}), 'bad-key');
      await rejection(reader.wrap(made.dataKey, {}), 'bad-key');
    }));

  test('open nothing once they were disposed', () =>
    withKeys(async (compose) => {
      const keyring = await compose('message', 'jwk:a.jwk');
      const made = await keyring.generate({});
      keyring[Symbol.dispose]();
      await rejection(keyring.unwrap(made.edks, {}), 'unexpected');
    }));

  test('are told of when others may read them', { skip: process.platform === 'win32' }, () =>
    withKeys(async (_compose, folder) => {
      const paths = ['a.jwk', 'recovery.pem', 'recovery.pem.pub'].map((name) => join(folder, name));
      for (const path of paths) await chmod(path, 0o644);
      const exposed: string[] = [];
      const keyring = await keyringFromSpecs(
        { keys: specs('jwk:a.jwk jwk:b.jwk rsa:recovery.pem rsa:recovery.pem.pub') },
        { folder, purpose: 'decrypt', onExposed: (path) => exposed.push(path) },
      );
      keyring[Symbol.dispose]();
      assert.deepEqual(exposed, paths.slice(0, 2));
    }),
  );
});

describe('keys in AWS KMS', () => {
  const arn = (region: string, id: string): string => `aws-kms:arn:aws:kms:${region}:111122223333:key/${id}`;

  test('are named to a vault by their ARN, and one that opens is enough', () =>
    withKeys(async (compose) => {
      const vault = await compose('vault', `${arn('eu-west-1', 'a')} ${arn('us-east-1', 'a')} rsa:recovery.pem.pub`);
      vault[Symbol.dispose]();
      for (const spec of ['aws-kms:alias/files', 'aws-kms:arn:aws:kms:eu-west-1:111122223333:alias/files']) {
        const { message } = await rejection(compose('vault', spec), 'bad-key');
        assert.match(message, /is no ARN of a key/);
        await rejection(compose('vault', 'jwk:a.jwk', spec), 'bad-key');
        await rejection(compose('decrypt', spec), 'bad-key');
        (await compose('message', spec))[Symbol.dispose]();
      }
    }));

  test('are found by discovery for decrypting messages only', () =>
    withKeys(async (compose) => {
      await rejection(compose('vault', 'aws-kms:*'), 'bad-key');
      await rejection(compose('vault', 'jwk:a.jwk', 'aws-kms:*'), 'bad-key');
      await rejection(compose('message', 'aws-kms:*'), 'bad-key');
      (await compose('decrypt', 'aws-kms:*'))[Symbol.dispose]();
    }));

  test('are not named twice, nor with a replica', () =>
    withKeys(async (compose) => {
      for (const keys of [
        `${arn('eu-west-1', 'a')} ${arn('eu-west-1', 'a')}`,
        `${arn('eu-west-1', 'mrk-a')} jwk:a.jwk ${arn('us-east-1', 'mrk-a')}`,
      ]) {
        assert.match((await rejection(compose('vault', keys), 'bad-key')).message, /named twice/);
      }
    }));
});
