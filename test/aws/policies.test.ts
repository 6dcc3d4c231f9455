/** What IAM is asked to allow, held against what the adapters call and against what KMS does with it. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { policiesOf, policyOf } from '../../src/aws/policies.ts';
import type { PolicyRole } from '../../src/aws/policies.ts';
import { awsKmsKeyring } from '../../src/keyrings/aws-kms.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { KmsDouble, kmsClientsFor } from '../support/aws/kms-double.ts';

const subject = {
  vault: '41842016-43e4-4d79-9e71-abd72d799ec2',
  keys: ['arn:aws:kms:eu-west-1:111122223333:key/one'],
  bucket: 'b-files',
  prefix: 'v1',
  table: 'files',
  region: 'eu-west-1',
  account: '111122223333',
};

test('ARNs are of the partition that the Region is in', () => {
  for (const [region, partition] of [
    ['eu-west-1', 'aws'],
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['eusc-de-east-1', 'aws-eusc'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
    ['eu-isoe-west-1', 'aws-iso-e'],
    ['us-isof-south-1', 'aws-iso-f'],
  ] as const) {
    const resources = policyOf('reader', { ...subject, region }).Statement.flatMap(({ Resource }) => Resource);
    assert.ok(resources.includes(`arn:${partition}:s3:::b-files`), region);
  }
});

function actionsOf(role: PolicyRole): string[] {
  return policyOf(role, subject).Statement.flatMap(({ Action }) => Action);
}

/** What each call of the SDK needs, by AWS's Service Authorization Reference. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  AbortMultipartUpload: ['s3:AbortMultipartUpload'],
  CompleteMultipartUpload: ['s3:PutObject'],
  CreateMultipartUpload: ['s3:PutObject'],
  DeleteObject: ['s3:DeleteObject'],
  GetObject: ['s3:GetObject', 's3:ListBucket'],
  HeadObject: ['s3:GetObject', 's3:ListBucket'],
  ListMultipartUploads: ['s3:ListBucketMultipartUploads'],
  PutObject: ['s3:PutObject'],
  UploadPart: ['s3:PutObject'],
  DeleteItem: ['dynamodb:DeleteItem'],
  GetItem: ['dynamodb:GetItem'],
  PutItem: ['dynamodb:PutItem'],
  Query: ['dynamodb:Query'],
  TransactWriteItems: ['dynamodb:ConditionCheckItem', 'dynamodb:DeleteItem', 'dynamodb:PutItem'],
  Decrypt: ['kms:Decrypt'],
  Encrypt: ['kms:Encrypt'],
  GenerateDataKey: ['kms:GenerateDataKey'],
  ReEncrypt: ['kms:ReEncryptFrom', 'kms:ReEncryptTo'],
};

/** Names of the commands of the SDK that files of a folder make. */
function callsIn(folder: string, files: RegExp): string[] {
  const path = resolve(import.meta.dirname, '../../src', folder);
  return readdirSync(path)
    .filter((name) => files.test(name))
    .flatMap((name) => Array.from(readFileSync(resolve(path, name), 'utf8').matchAll(/new (\w+)Command\(/g)))
    .map(([, call]) => call!);
}

test('a writer may do what the adapters call, an operator that they rewrap too, and neither more with data', () => {
  const calls = new Set([
    ...callsIn('blobs', /^s3/),
    ...callsIn('catalogs', /^dynamodb/),
    ...callsIn('keyrings', /^aws-kms/),
    ...callsIn('aws', /^kms-/),
  ]);
  assert.ok(calls.size > 12);
  const needed = new Set<string>();
  for (const call of calls) {
    assert.ok(NEEDS[call] !== undefined, `no permission is named here for ${call}`);
    for (const action of NEEDS[call]) needed.add(action);
  }
  const rewraps = ['kms:ReEncryptFrom', 'kms:ReEncryptTo'];
  assert.deepEqual(new Set(actionsOf('writer')), needed.difference(new Set(rewraps)));
  const looks = /:(?:Describe|GetBucket|GetEncryption|GetLifecycle|GetKey)/;
  assert.deepEqual(new Set(actionsOf('operator').filter((action) => !looks.test(action))), needed);
});

test('a reader only reads', () => {
  assert.deepEqual(actionsOf('reader'), [
    'kms:Decrypt',
    's3:GetObject',
    's3:ListBucket',
    'dynamodb:GetItem',
    'dynamodb:Query',
  ]);
});

test('no role may delete or change what a vault is made of', () => {
  for (const role of ['reader', 'writer', 'operator'] as const) {
    for (const action of actionsOf(role)) {
      assert.doesNotMatch(action, /\*|PutBucket|DeleteBucket|DeleteTable|UpdateTable|Schedule|Disable|Version$|PutKey/);
    }
  }
});

test('everything is allowed on this vault alone', () => {
  const [keys, ...others] = policyOf('writer', subject).Statement;
  assert.deepEqual(keys?.Resource, subject.keys);
  assert.deepEqual(keys.Condition, {
    StringEquals: { 'kms:EncryptionContext:sealroom:vault': subject.vault },
  });
  assert.deepEqual(
    others.map(({ Resource }) => Resource),
    [['arn:aws:s3:::b-files/v1/*'], ['arn:aws:s3:::b-files'], ['arn:aws:dynamodb:eu-west-1:111122223333:table/files']],
  );
  const [, objects] = policyOf('writer', { ...subject, prefix: '', region: 'cn-north-1' }).Statement;
  assert.deepEqual(objects?.Resource, ['arn:aws-cn:s3:::b-files/*']);
});

test('KMS lets each role do its own under the context of the vault, and nothing under another', async () => {
  await using kms = await KmsDouble.start();
  const { arn } = kms.createKey();
  const policies = policiesOf({ ...subject, keys: [arn] });
  for (const [role, policy] of Object.entries(policies)) kms.setUserPolicy(role, policy);
  const own = { 'sealroom:vault': subject.vault, 'sealroom:tenant': 'default', 'sealroom:file': 'f' };
  const other = { ...own, 'sealroom:vault': 'another' };
  using writers = kmsClientsFor(kms, { user: 'writer' });
  using readers = kmsClientsFor(kms, { user: 'reader' });
  using operators = kmsClientsFor(kms, { user: 'operator' });
  const writer = awsKmsKeyring({ keyId: arn, clients: writers });
  const reader = awsKmsKeyring({ keyId: arn, clients: readers });
  const operator = awsKmsKeyring({ keyId: arn, clients: operators });

  const { dataKey, edks } = await writer.generate(own);
  using _ = dataKey;
  (await reader.unwrap(edks, own))?.[Symbol.dispose]();
  await writer.wrap(dataKey, own);
  assert.ok((await operator.rewrap(edks, own)) !== null);

  await rejection(writer.generate(other), 'access-denied');
  await rejection(writer.wrap(dataKey, other), 'access-denied');
  await rejection(reader.generate(own), 'access-denied');
  await rejection(writer.rewrap(edks, own), 'access-denied');
  await rejection(reader.unwrap(edks, other), 'access-denied');
});
