/** The double of AWS KMS is what the tests of the keyring stand on: it is held against the AWS CLI and the SDK. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  CreateGrantCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  ListAliasesCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
} from '@aws-sdk/client-kms';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { KmsClients } from '../../src/aws/kms-clients.ts';
import { AwsCli } from '../support/aws/aws-cli.ts';
import { KmsDouble, kmsClientsFor } from '../support/aws/kms-double.ts';
import type { KmsFault } from '../support/aws/kms-double.ts';
import { userArn } from '../support/aws/kms/access.ts';
import { python } from '../support/aws/python.ts';
import { leftOut } from '../support/aws/servers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PLAINTEXT = Buffer.from('a plaintext');
const CONTEXT = { tenant: 'acme' };

describe('the double of AWS KMS, asked by the AWS CLI', () => {
  test('makes, replicates, disables and schedules keys, and tells wrong ones apart', async (t) => {
    if (leftOut(t, python, 'a Python with the AWS CLI')) return;
    await using double = await KmsDouble.start();
    await using folder = await temporaryFolder();
    await using cli = new AwsCli(folder.path);
    const here = { endpoint: double.endpoint };
    const there = { ...here, region: 'eu-west-1' };
    const kms = (...words: string[]): Promise<Record<string, unknown>> => cli.run(['kms', ...words], here);
    const failure = (...words: string[]): Promise<string> => cli.errorOf(['kms', ...words], here);
    const stateThere = async (key: string): Promise<unknown> => {
      const described = await cli.run(['kms', 'describe-key', '--key-id', key], there);
      return (described['KeyMetadata'] as Record<string, unknown>)['KeyState'];
    };
    const blob = join(folder.path, 'blob');

    const tags = ['--tags', 'TagKey=purpose,TagValue=test'];
    const created = await kms('create-key', '--multi-region', '--description', 'of a vault', ...tags);
    const { Arn: arn, KeyId: id, ...metadata } = created['KeyMetadata'] as Record<string, unknown> & { Arn: string };
    assert.equal(arn, `arn:aws:kms:us-east-1:111122223333:key/${String(id)}`);
    assert.match(String(id), /^mrk-[0-9a-f]{32}$/);
    assert.equal(metadata['KeyState'], 'Enabled');
    assert.equal(metadata['Description'], 'of a vault');
    const other = double.createKey();

    await kms('create-alias', '--alias-name', 'alias/vault', '--target-key-id', arn);
    await kms('enable-key-rotation', '--key-id', arn);
    const aliases = await kms('list-aliases', '--key-id', arn);
    const rotation = await kms('get-key-rotation-status', '--key-id', arn);
    const tagged = await kms('list-resource-tags', '--key-id', arn);
    const policy = await kms('get-key-policy', '--key-id', arn, '--policy-name', 'default');
    const again = await failure('create-alias', '--alias-name', 'alias/vault', '--target-key-id', other.arn);
    assert.deepEqual(
      (aliases['Aliases'] as Record<string, unknown>[]).map(({ AliasName }) => AliasName),
      ['alias/vault'],
    );
    assert.equal(rotation['KeyRotationEnabled'], true);
    assert.equal(rotation['RotationPeriodInDays'], 365);
    assert.deepEqual(tagged['Tags'], [{ TagKey: 'purpose', TagValue: 'test' }]);
    assert.match(String(policy['Policy']), /arn:aws:iam::111122223333:root/);
    assert.equal(again, 'AlreadyExistsException');

    const context = ['--encryption-context', 'tenant=acme,file=42'];
    const made = await kms('generate-data-key', '--key-id', 'alias/vault', '--number-of-bytes', '32', ...context);
    const ciphertext = Buffer.from(String(made['CiphertextBlob']), 'base64');
    assert.equal(ciphertext.length, 184);
    assert.equal(made['KeyId'], arn);
    await writeFile(blob, ciphertext);
    const decrypt = ['decrypt', '--ciphertext-blob', `fileb://${blob}`];
    const arnThere = arn.replace('us-east-1', 'eu-west-1');
    await kms('replicate-key', '--key-id', arn, '--replica-region', 'eu-west-1');
    assert.equal(await cli.errorOf(['kms', ...decrypt, ...context], there), 'KMSInvalidStateException', 'it is made');
    assert.equal(await stateThere(arnThere), 'Creating');
    const opened = await kms(...decrypt, ...context);
    const openedThere = await cli.run(['kms', ...decrypt, ...context, '--key-id', arnThere], there);
    const failures = [
      await failure(...decrypt, ...context, '--dry-run'),
      await failure(...decrypt, '--encryption-context', 'tenant=acme,file=43'),
      await failure(...decrypt, ...context, '--key-id', other.arn),
      await failure(...decrypt, ...context, '--key-id', arnThere),
      await failure(...decrypt, ...context, '--key-id', `${arn.slice(0, -1)}x`),
    ];
    assert.equal(opened['Plaintext'], made['Plaintext']);
    assert.equal(openedThere['Plaintext'], made['Plaintext']);
    assert.equal(openedThere['KeyId'], arnThere);
    assert.deepEqual(failures, [
      'DryRunOperationException',
      'InvalidCiphertextException',
      'IncorrectKeyException',
      'NotFoundException',
      'NotFoundException',
    ]);

    await kms('disable-key', '--key-id', arn);
    assert.equal(await failure(...decrypt, ...context), 'DisabledException');
    await kms('enable-key', '--key-id', arn);
    await kms('schedule-key-deletion', '--key-id', arn);
    assert.equal(await failure(...decrypt, ...context), 'KMSInvalidStateException');
    assert.equal(await failure('enable-key', '--key-id', arn), 'KMSInvalidStateException');
    await kms('cancel-key-deletion', '--key-id', arn);
    assert.equal(await failure(...decrypt, ...context), 'DisabledException', 'what is kept is disabled at first');
  });
});

describe('the double of AWS KMS', () => {
  let double: KmsDouble;
  let clients: KmsClients;
  let client: KMSClient;
  before(async () => {
    double = await KmsDouble.start();
    clients = kmsClientsFor(double, { maxAttempts: 1 });
    client = clients.of('us-east-1');
  });
  after(async () => {
    clients[Symbol.dispose]();
    await double[Symbol.asyncDispose]();
  });

  const encrypt = async (arn: string, by = client): Promise<Uint8Array> => {
    const input = { KeyId: arn, Plaintext: PLAINTEXT, EncryptionContext: CONTEXT };
    return (await by.send(new EncryptCommand(input))).CiphertextBlob!;
  };
  const decrypt = async (ciphertext: Uint8Array, by = client, GrantTokens: string[] = []): Promise<Uint8Array> => {
    const input = { CiphertextBlob: ciphertext, EncryptionContext: CONTEXT, GrantTokens };
    return (await by.send(new DecryptCommand(input))).Plaintext!;
  };

  test('opens with earlier key material what was encrypted before a rotation', async () => {
    const { arn } = double.createKey();
    const earlier = await encrypt(arn);
    double.rotateKey(arn);
    assert.deepEqual(Buffer.from(await decrypt(earlier)), PLAINTEXT);
    assert.deepEqual(Buffer.from(await decrypt(await encrypt(arn))), PLAINTEXT);
  });

  test('takes a context of no empty text and of 8 KiB at most', async () => {
    const { arn } = double.createKey();
    for (const EncryptionContext of [{ name: '' }, { '': 'value' }, { name: 'v'.repeat(8192) }]) {
      const call = client.send(new GenerateDataKeyCommand({ KeyId: arn, NumberOfBytes: 32, EncryptionContext }));
      await assert.rejects(call, { name: 'ValidationException' });
    }
  });

  test('re-encrypts from one key to another, each with a context of its own', async () => {
    const [from, to] = [double.createKey(), double.createKey()];
    const { CiphertextBlob, SourceKeyId, KeyId } = await client.send(
      new ReEncryptCommand({
        CiphertextBlob: await encrypt(from.arn),
        SourceKeyId: from.arn,
        SourceEncryptionContext: CONTEXT,
        DestinationKeyId: to.arn,
        DestinationEncryptionContext: CONTEXT,
      }),
    );
    assert.deepEqual([SourceKeyId, KeyId], [from.arn, to.arn]);
    assert.deepEqual(Buffer.from(await decrypt(CiphertextBlob!)), PLAINTEXT);
  });

  test('says who is not allowed what, and why', async () => {
    const { arn } = double.createKey();
    const ciphertext = await encrypt(arn);
    {
      using _ = double.deny('Decrypt', { arn });
      await assert.rejects(decrypt(ciphertext), {
        name: 'AccessDeniedException',
        message: `User: arn:aws:iam::111122223333:user/test is not authorized to perform: kms:Decrypt on resource: ${arn} because no identity-based policy allows the kms:Decrypt action`,
      });
      await encrypt(arn);
    }
    assert.deepEqual(Buffer.from(await decrypt(ciphertext)), PLAINTEXT);
    double.removeKey(arn);
    await assert.rejects(decrypt(ciphertext), { name: 'AccessDeniedException', message: /does not exist/ });
  });

  test('follows the policies of keys and of users, with conditions on the context', async () => {
    using others = kmsClientsFor(double, { user: 'reader', maxAttempts: 1 });
    const reader = others.of('us-east-1');
    const { arn } = double.createKey();
    const ciphertext = await encrypt(arn);
    const allowed = (tenant: string): void =>
      double.setUserPolicy('reader', {
        Statement: {
          Effect: 'Allow',
          Action: ['kms:Decrypt', 'kms:Describe*'],
          Resource: 'arn:aws:kms:*:111122223333:key/*',
          Condition: { StringEquals: { 'kms:EncryptionContext:tenant': tenant } },
        },
      });
    allowed('acme');
    assert.deepEqual(Buffer.from(await decrypt(ciphertext, reader)), PLAINTEXT);
    await assert.rejects(encrypt(arn, reader), { name: 'AccessDeniedException' });
    await assert.rejects(reader.send(new DescribeKeyCommand({ KeyId: arn })), { name: 'AccessDeniedException' });
    allowed('other');
    await assert.rejects(decrypt(ciphertext, reader), { name: 'AccessDeniedException' });

    const everything = { Effect: 'Allow', Principal: { AWS: userArn('test') }, Action: 'kms:*' } as const;
    const reading = { Effect: 'Allow', Principal: { AWS: [userArn('reader')] }, Action: 'kms:Decrypt' } as const;
    const put = (Statement: readonly object[]): Promise<unknown> =>
      client.send(new PutKeyPolicyCommand({ KeyId: arn, Policy: JSON.stringify({ Statement }) }));
    await assert.rejects(put([reading]), { name: 'MalformedPolicyDocumentException' }, 'it would lock the caller out');
    await put([everything, reading]);
    assert.deepEqual(Buffer.from(await decrypt(ciphertext, reader)), PLAINTEXT, 'the key names the user');
    await put([everything]);
    await assert.rejects(decrypt(ciphertext, reader), { message: /no resource-based policy/ });
    await put([everything, reading, { ...reading, Effect: 'Deny' }]);
    await assert.rejects(decrypt(ciphertext, reader), { message: /explicit deny in a resource-based policy/ });
  });

  test('knows a new grant by its token first, and later by itself', async () => {
    using others = kmsClientsFor(double, { user: 'grantee', maxAttempts: 1 });
    const grantee = others.of('us-east-1');
    double.setUserPolicy('grantee', { Statement: [] });
    const { arn } = double.createKey();
    const ciphertext = await encrypt(arn);
    const { GrantToken } = await client.send(
      new CreateGrantCommand({
        KeyId: arn,
        GranteePrincipal: userArn('grantee'),
        Operations: ['Decrypt'],
        Constraints: { EncryptionContextSubset: CONTEXT },
      }),
    );
    await assert.rejects(decrypt(ciphertext, grantee), { name: 'AccessDeniedException' });
    assert.deepEqual(Buffer.from(await decrypt(ciphertext, grantee, [GrantToken!])), PLAINTEXT);
    double.settleGrants();
    assert.deepEqual(Buffer.from(await decrypt(ciphertext, grantee)), PLAINTEXT);
    await assert.rejects(encrypt(arn, grantee), { name: 'AccessDeniedException' });
  });

  test('gives lists in pages', async () => {
    await using fresh = await KmsDouble.start();
    using asking = kmsClientsFor(fresh);
    const { arn } = fresh.createKey();
    for (const name of ['a', 'b', 'c']) fresh.createAlias(name, arn);
    const names: unknown[] = [];
    let Marker: string | undefined;
    do {
      const command = new ListAliasesCommand({ Limit: 2, ...(Marker !== undefined && { Marker }) });
      const page = await asking.of('us-east-1').send(command);
      names.push(page.Aliases?.map(({ AliasName }) => AliasName));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    assert.deepEqual(names, [['alias/a', 'alias/b'], ['alias/c']]);
  });

  test('fails as it is told, before a call took effect or after it', async (t) => {
    t.after(() => (double.fault = undefined));
    const { arn } = double.createKey();
    double.calls.length = 0;
    const faults: [KmsFault, string][] = [
      [{ type: 'ThrottlingException', when: 'before' }, 'ThrottlingException'],
      [{ type: 'KMSInternalException', status: 500, when: 'after' }, 'KMSInternalException'],
      [{ cut: true }, 'TimeoutError'],
      [{ cut: true, when: 'after' }, 'TimeoutError'],
    ];
    for (const [fault, name] of faults) {
      double.fault = (operation, input) => (operation === 'DisableKey' && input['KeyId'] === arn ? fault : undefined);
      await assert.rejects(client.send(new DisableKeyCommand({ KeyId: arn })), { name });
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: arn }));
      assert.equal(KeyMetadata!.KeyState, 'when' in fault && fault.when === 'after' ? 'Disabled' : 'Enabled');
      double.enableKey(arn);
    }
    double.fault = () => ({ stall: 1 });
    assert.ok(await encrypt(arn));
    double.fault = () => ({ change: (answer) => ({ ...answer, KeyId: 'another' }) });
    const { KeyId } = await client.send(new EncryptCommand({ KeyId: arn, Plaintext: PLAINTEXT }));
    assert.equal(KeyId, 'another');
    assert.equal(double.count('DisableKey'), 4);
    assert.deepEqual(double.calls.at(-1), {
      operation: 'Encrypt',
      region: 'us-east-1',
      input: { KeyId: arn, Plaintext: PLAINTEXT.toString('base64') },
    });
  });

  test('refuses a request that is too long, one without a signature, and an operation that it has not', async () => {
    const post = async (headers: Record<string, string>, body = '{}'): Promise<unknown> => {
      const response = await fetch(double.endpoint, { method: 'POST', headers, body });
      const { __type: type } = (await response.json()) as { readonly __type: string };
      return [response.status, type];
    };
    const target = { 'x-amz-target': 'TrentService.ListKeys' };
    const signed = { authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kms/aws4_request' };
    assert.deepEqual(await post(target), [400, 'MissingAuthenticationTokenException']);
    assert.deepEqual(await post({ ...signed, 'x-amz-target': 'TrentService.toString' }), [
      400,
      'UnknownOperationException',
    ]);
    assert.deepEqual(await post({ ...signed, ...target }, ' '.repeat(65_537)), [413, 'RequestEntityTooLargeException']);
  });

  test('listens as a program until it is stopped', async () => {
    const program = join(import.meta.dirname, '../support/aws/kms-double.ts');
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
      using asking = kmsClientsFor({ endpoint: line.trim() });
      assert.deepEqual((await asking.of('us-east-1').send(new ListAliasesCommand({}))).Aliases, []);
    } finally {
      child.kill();
      await once(child, 'close');
    }
  });
});
