/** Messages under keys of AWS KMS, to and from the AWS Encryption SDKs of three languages. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { KmsClients } from '../../src/aws/kms-clients.ts';
import { collect } from '../../src/bytes.ts';
import { decrypt } from '../../src/envelope/decrypt.ts';
import { encrypt } from '../../src/envelope/encrypt.ts';
import { awsKmsKeyring } from '../../src/keyrings/aws-kms.ts';
import { multiKeyring } from '../../src/keyrings/multi.ts';
import type { EncryptionContext } from '../../src/message/context.ts';
import { PUBLIC_KEY_NAME } from '../../src/message/context.ts';
import type { Keyring } from '../../src/ports.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { KmsDouble, kmsClientsFor } from '../support/aws/kms-double.ts';
import { leftOut } from '../support/aws/servers.ts';
import { runCli } from '../support/cli.ts';
import { encryptionSdks, kmsEnvironment } from '../support/encryption-sdks.ts';
import type { EncryptionSdk, EncryptionSdkEntry } from '../support/encryption-sdks.ts';
import { memoryVault } from '../support/memory-vault.ts';
import { messageByHand, recordOf } from '../support/stored-message.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const THERE = 'eu-west-1';
const CONTEXTS: readonly EncryptionContext[] = [
  {},
  { tenant: 'acme', file: '42' },
  { größe: 'ß', ключ: 'значение', B: '1', a: '2', '\u{ff61}': 'half', '\u{10000}': '🔒' },
];
const SIZES = [0, 1, 1000, 4096, 300_000];

for (const entry of encryptionSdks) {
  describe(entry.name, () => {
    if (entry.start === undefined) {
      test('shares messages with Sealroom', (t) => void leftOut(t, entry.start, entry.name));
    } else {
      sharesMessages(entry.start);
    }
  });
}

function sharesMessages(start: NonNullable<EncryptionSdkEntry['start']>): void {
  let double: KmsDouble;
  let clients: KmsClients;
  let sdk: EncryptionSdk;
  before(async () => {
    double = await KmsDouble.start();
    clients = kmsClientsFor(double, { maxAttempts: 1 });
    sdk = start(double.endpoint);
  });
  after(async () => {
    await sdk[Symbol.asyncDispose]();
    clients[Symbol.dispose]();
    await double[Symbol.asyncDispose]();
  });
  const keyringOf = (keyId: string): Keyring => awsKmsKeyring({ keyId, clients });

  const opensThere = async (arn: string, message: Uint8Array, plaintext: Uint8Array): Promise<EncryptionContext> => {
    const opened = await sdk.decrypt(arn, message);
    assert.ok(Buffer.from(opened.plaintext).equals(plaintext));
    return opened.context;
  };

  test('opens what is encrypted here', async () => {
    const { arn } = double.createKey();
    for (const context of CONTEXTS) {
      for (const size of SIZES) {
        const plaintext = patterned(size);
        const message = await collect(encrypt(plaintext, { keyring: keyringOf(arn), context, frameLength: 4096 }));
        assert.deepEqual(await opensThere(arn, message, plaintext), context);
      }
    }
  });

  test('opens with any of the keys, in whichever Region, that it is encrypted under', async () => {
    const keys = [double.createKey().arn, double.createKey({ region: THERE }).arn];
    const [generator, ...wrappers] = keys.map(keyringOf);
    const keyring = multiKeyring({ generator, wrappers });
    const message = await collect(encrypt(patterned(100), { keyring }));
    for (const arn of keys) await opensThere(arn, message, patterned(100));
    for (const arn of keys) {
      const theirs = await sdk.encrypt(arn, patterned(100), {});
      assert.ok(Buffer.from(await collect((await decrypt(theirs, { keyring })).body)).equals(patterned(100)));
    }
  });

  test('opens with one replica of a multi-Region key what is encrypted here under another, and so do we', async () => {
    const primary = double.createKey({ multiRegion: true }).arn;
    const replica = double.replicateKey(primary, THERE).arn;
    const message = await collect(encrypt(patterned(100), { keyring: keyringOf(primary) }));
    await opensThere(replica, message, patterned(100));
    const theirs = await sdk.encrypt(replica, patterned(100), {});
    const { body } = await decrypt(theirs, { keyring: keyringOf(primary) });
    assert.ok(Buffer.from(await collect(body)).equals(patterned(100)));
  });

  test('opens a file that a vault exports, and its record and its blob put together by hand', async () => {
    const { arn } = double.createKey();
    const { world, vault } = await memoryVault({ keyring: keyringOf(arn), segmentLength: 600 });
    using files = vault;
    const context = { project: 'north' };
    for (const size of [500, 1000]) {
      const bytes = patterned(size);
      const { id } = await files.tenant('default').put(bytes, { name: 'n', context });
      const full = {
        ...context,
        'sealroom:vault': world.id,
        'sealroom:tenant': 'default',
        'sealroom:file': id,
      };
      const { body } = await files.tenant('default').export(id);
      assert.deepEqual(await opensThere(arn, await collect(body), bytes), full);
      let offset = 0;
      for (const segment of recordOf(world, id).segments) {
        const part = bytes.slice(offset, (offset += segment.size));
        assert.deepEqual(await opensThere(arn, messageByHand(world, id, segment), part), full);
      }
      assert.equal(offset, size);
    }
  });

  test('writes what `sealroom decrypt` opens, by the key’s ARN and by whichever key it names', async () => {
    await using folder = await temporaryFolder();
    const { arn } = double.createKey();
    const other = double.createKey().arn;
    const plaintext = patterned(300_000);
    await writeFile(join(folder.path, 'message'), await sdk.encrypt(arn, plaintext, { tenant: 'acme' }));
    const decryptWith = (key: string, output: string, ...more: string[]): ReturnType<typeof runCli> =>
      runCli(['decrypt', 'message', '-k', key, '-o', output, ...more], {
        cwd: folder.path,
        env: kmsEnvironment(double.endpoint),
      });
    for (const [index, key] of [`aws-kms:${arn}`, 'aws-kms:*', 'aws-kms:*?account=111122223333'].entries()) {
      const { stderr, exit } = await decryptWith(key, `opened-${index}`, '--context', 'tenant=acme');
      assert.equal(exit, 0, stderr);
      assert.ok((await readFile(join(folder.path, `opened-${index}`))).equals(plaintext));
    }
    const refused = await decryptWith(`aws-kms:${other}`, 'not-opened');
    assert.equal(refused.exit, 4, refused.stderr);
    double.disableKey(arn);
    const disabled = await decryptWith('aws-kms:*', 'not-opened');
    assert.equal(disabled.exit, 5, disabled.stderr);
    assert.match(disabled.stderr, /is disabled in AWS KMS/);
    await assert.rejects(readFile(join(folder.path, 'not-opened')), { code: 'ENOENT' });
  });

  test('writes signed messages that open here with their context', async () => {
    const { arn } = double.createKey();
    for (const context of CONTEXTS) {
      const theirs = await sdk.encrypt(arn, patterned(1000), context);
      const opened = await decrypt(theirs, { keyring: keyringOf(arn), context });
      assert.ok(Buffer.from(await collect(opened.body)).equals(patterned(1000)));
      const { [PUBLIC_KEY_NAME]: publicKey, ...pairs } = opened.context;
      assert.deepEqual(pairs, context);
      assert.notEqual(publicKey, undefined);
    }
  });

  test('does not open what is encrypted under another key', async () => {
    const message = await collect(encrypt(patterned(10), { keyring: keyringOf(double.createKey().arn) }));
    await assert.rejects(sdk.decrypt(double.createKey().arn, message));
  });
}
