/** The template in deploy/: linted, the same as what is set up, and created. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import type { LifecycleRule } from '@aws-sdk/client-s3';
import { parse } from 'yaml';
import { openAwsClients } from '../../src/aws/clients.ts';
import { POLICY_ROLES, policyOf } from '../../src/aws/policies.ts';
import { NO_PUBLIC_ACCESS, tlsOnly } from '../../src/aws/setup/bucket-steps.ts';
import { obstacles } from '../../src/aws/setup/apply.ts';
import { DELETION_STATEMENT, DELETION_WINDOW } from '../../src/aws/setup/key-steps.ts';
import { hasOwnRule } from '../../src/aws/setup/lifecycle.ts';
import { planSetup, setupContext } from '../../src/aws/setup/plan.ts';
import { parseBlobsSpec, parseCatalogSpec } from '../../src/specs/store-spec.ts';
import { parseKeySpec } from '../../src/specs/key-spec.ts';
import { namesToDo, stepOf } from '../support/aws/account.ts';
import { leftOut, moto, onPath, run } from '../support/aws/servers.ts';
import { Template } from '../support/aws/template.ts';

const file = resolve(import.meta.dirname, '../../deploy/cloudformation.yaml');
const template = new Template(readFileSync(file, 'utf8'), parse);
const NAMES = { BucketName: 'b-files', TableName: 'files', Alias: 'keys' };
const VAULT = '41842016-43e4-4d79-9e71-abd72d799ec2';

test('the template passes cfn-lint', async (t) => {
  const lint = process.env['SEALROOM_CFN_LINT'] ?? onPath('cfn-lint');
  if (leftOut(t, lint, 'cfn-lint')) return;
  // It exits with another code than 0 for a warning, too.
  assert.equal(await run(lint, [file]), '');
});

test('the bucket of the template is the bucket that is set up', () => {
  const bucket = template.resource('Bucket', NAMES);
  assert.equal(bucket['BucketName'], 'b-files');
  assert.deepEqual(bucket['PublicAccessBlockConfiguration'], NO_PUBLIC_ACCESS);
  assert.deepEqual(bucket['OwnershipControls'], { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] });
  assert.deepEqual(bucket['VersioningConfiguration'], { Status: 'Enabled' });
  const { Rules } = bucket['LifecycleConfiguration'] as { Rules: Record<string, unknown>[] };
  const [rule = {}, ...more] = Rules;
  assert.deepEqual(more, []);
  // CloudFormation writes two things of a rule in another way than S3 does.
  const { Id, ExpiredObjectDeleteMarker, ...alike } = rule;
  const asInS3 = { ...alike, ID: Id, Expiration: { ExpiredObjectDeleteMarker } } as LifecycleRule;
  assert.ok(hasOwnRule([asInS3]));
  assert.deepEqual(bucket['BucketEncryption'], {
    ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
  });
  const { PolicyDocument } = template.resource('BucketPolicy', NAMES);
  assert.deepEqual(PolicyDocument, { Version: '2012-10-17', Statement: [tlsOnly('b-files', 'us-east-1')] });
});

test('the key of the template is the key that is set up', () => {
  const key = template.resource('Key', NAMES);
  assert.equal(key['EnableKeyRotation'], true);
  assert.equal(key['PendingWindowInDays'], DELETION_WINDOW);
  assert.equal(key['MultiRegion'], false);
  assert.equal(template.resource('Key', { ...NAMES, MultiRegion: 'true' })['MultiRegion'], true);
  const { Statement } = key['KeyPolicy'] as { Statement: unknown[] };
  assert.deepEqual(Statement[1], DELETION_STATEMENT);
  assert.deepEqual(template.resource('KeyAlias', NAMES), { AliasName: 'alias/keys', TargetKeyId: 'Key' });
});

test('the table of the template is the table that is set up', () => {
  assert.deepEqual(template.resource('Table', NAMES), {
    TableName: 'files',
    BillingMode: 'PAY_PER_REQUEST',
    DeletionProtectionEnabled: true,
    AttributeDefinitions: [
      { AttributeName: 'p', AttributeType: 'S' },
      { AttributeName: 's', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'p', KeyType: 'HASH' },
      { AttributeName: 's', KeyType: 'RANGE' },
    ],
    TimeToLiveSpecification: { AttributeName: 't', Enabled: true },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
});

test('key, bucket and table stay when the stack is deleted', () => {
  for (const name of ['Key', 'Bucket', 'Table']) {
    assert.deepEqual(template.retention(name), { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  }
});

test('the policies of the template are those that are printed', () => {
  const subject = {
    vault: VAULT,
    keys: ['arn:aws:kms:us-east-1:123456789012:key/Key'],
    bucket: 'b-files',
    prefix: '',
    table: 'files',
    region: 'us-east-1',
    account: '123456789012',
  };
  for (const role of POLICY_ROLES) {
    const name = `${role[0]!.toUpperCase()}${role.slice(1)}Policy`;
    const { PolicyDocument } = template.resource(name, { ...NAMES, VaultId: VAULT });
    assert.deepEqual(PolicyDocument, policyOf(role, subject), role);

    const { PolicyDocument: before } = template.resource(name, NAMES);
    const [keys] = (before as { Statement: Record<string, unknown>[] }).Statement;
    // Before the vault is made: a call must name some vault all the same.
    assert.deepEqual(keys!['Condition'], { Null: { 'kms:EncryptionContext:sealroom:vault': 'false' } });

    const replicated = template.resource(name, { ...NAMES, MultiRegion: 'true' });
    assert.match(JSON.stringify(replicated), /arn:aws:kms:\*:123456789012:key\/Key/);
  }
});

test('what the AWS CLI creates from the template, the set-up takes as it is', async (t) => {
  const server = await moto();
  if (leftOut(t, server, 'moto')) return;
  const aws = process.env['SEALROOM_AWS_CLI'] ?? onPath('aws');
  if (leftOut(t, aws, 'the AWS CLI')) return;
  const name = `sealroom-test-${randomBytes(8).toString('hex')}`;
  const env = {
    PATH: process.env['PATH'],
    AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
    AWS_DEFAULT_REGION: server.region,
    AWS_ENDPOINT_URL: server.endpoint,
  };
  const parameters = Object.keys(NAMES).map((key) => `ParameterKey=${key},ParameterValue=${name}`);
  const stack = ['cloudformation', 'create-stack', '--stack-name', name, '--template-body', `file://${file}`];
  await run(aws, [...stack, '--capabilities', 'CAPABILITY_IAM', '--parameters', ...parameters], env);
  const described = await run(aws, ['cloudformation', 'describe-stacks', '--stack-name', name], env);
  const [{ StackStatus, Outputs }] = (JSON.parse(described) as { Stacks: [Stack] }).Stacks;
  assert.equal(StackStatus, 'CREATE_COMPLETE');

  const output = (key: string): string => Outputs.find(({ OutputKey }) => OutputKey === key)!.OutputValue;

  using clients = await openAwsClients(server);
  // moto keeps the policy of a stack's key as it cannot read it again; so it gets it once more.
  const { KeyPolicy } = template.resource('Key', NAMES);
  const policy = { KeyId: output('KeyArn'), PolicyName: 'default', Policy: JSON.stringify(KeyPolicy) };
  await clients.kms.of(server.region).send(new PutKeyPolicyCommand(policy));
  const plan = await planSetup({ bucket: name, table: name, alias: name }, setupContext(clients));
  assert.deepEqual(obstacles(plan), []);
  assert.equal(stepOf(plan, 'key deletion window').found, '30 days');
  // Settings of a stack that moto forgets; of the template they are held against the set-up above.
  const forgotten = new Set([
    'bucket public access',
    'bucket ownership',
    'bucket versioning',
    'bucket lifecycle',
    'bucket policy',
    'table expiry',
    'table recovery',
  ]);
  assert.deepEqual(
    namesToDo(plan).filter((step) => !forgotten.has(step)),
    [],
  );

  assert.equal(output('KeyArn'), plan.made.keyArn);
  assert.deepEqual(parseKeySpec(output('KeySpec')), parseKeySpec(`aws-kms:${plan.made.keyArn}`));
  const blobs = parseBlobsSpec(output('BlobsSpec'));
  assert.ok(blobs.kind === 's3' && blobs.bucket === name && blobs.owner === '123456789012');
  const catalog = parseCatalogSpec(output('CatalogSpec'));
  assert.ok(catalog.kind === 'dynamodb' && catalog.table === name && catalog.region === server.region);
});

interface Stack {
  readonly StackStatus: string;
  readonly Outputs: { readonly OutputKey: string; readonly OutputValue: string }[];
}
