/** Setting up an account: what is made, and what is left as it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { DescribeTableCommand, CreateTableCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { DescribeKeyCommand, GetKeyPolicyCommand, GetKeyRotationStatusCommand } from '@aws-sdk/client-kms';
import {
  CreateBucketCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
} from '@aws-sdk/client-s3';
import { changes, obstacles } from '../../src/aws/setup/apply.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { namesToDo, newAccount, stepOf } from '../support/aws/account.ts';
import type { TestAccount } from '../support/aws/account.ts';
import { leftOut, moto } from '../support/aws/servers.ts';

const REPLICA = { replicaRegion: 'eu-west-1' };

/** A test in an account of its own; left out where there is no server for it. */
function inAccount(name: string, body: (account: TestAccount, t: TestContext) => Promise<void>): void {
  test(name, async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using account = await newAccount(server);
    await body(account, t);
  });
}

async function setUp(account: TestAccount, more = {}): Promise<void> {
  const report = await account.apply(await account.plan(more));
  assert.deepEqual(report.failed, []);
  assert.deepEqual(report.left, []);
}

inAccount('an empty account gets a key, a bucket and a table as a vault needs them', async (account) => {
  await setUp(account, REPLICA);
  const { clients, wish } = account;
  const { s3, dynamodb } = clients;
  const at = { Bucket: wish.bucket };

  for (const region of ['us-east-1', 'eu-west-1']) {
    const { KeyMetadata } = await clients.kms.of(region).send(new DescribeKeyCommand({ KeyId: `alias/${wish.alias}` }));
    assert.equal(KeyMetadata?.KeyState, 'Enabled');
    assert.equal(KeyMetadata.MultiRegion, true);
    assert.equal(KeyMetadata.KeySpec, 'SYMMETRIC_DEFAULT');
  }
  const key = {
    KeyId: account.kms.calls.find(({ operation }) => operation === 'EnableKeyRotation')!.input['KeyId'] as string,
  };
  assert.equal((await clients.kms.of('us-east-1').send(new GetKeyRotationStatusCommand(key))).KeyRotationEnabled, true);
  const { Policy: keyPolicy } = await clients.kms.of('us-east-1').send(new GetKeyPolicyCommand(key));
  const [root, window] = (JSON.parse(keyPolicy!) as { Statement: Record<string, unknown>[] }).Statement;
  assert.equal(root!['Action'], 'kms:*');
  assert.deepEqual(window!['Condition'], {
    NumericLessThan: { 'kms:ScheduleKeyDeletionPendingWindowInDays': '30' },
  });

  const { PublicAccessBlockConfiguration } = await s3.send(new GetPublicAccessBlockCommand(at));
  assert.deepEqual(Object.values(PublicAccessBlockConfiguration!), [true, true, true, true]);
  const { OwnershipControls } = await s3.send(new GetBucketOwnershipControlsCommand(at));
  assert.equal(OwnershipControls?.Rules?.[0]?.ObjectOwnership, 'BucketOwnerEnforced');
  assert.equal((await s3.send(new GetBucketVersioningCommand(at))).Status, 'Enabled');
  const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand(at));
  assert.deepEqual(Rules, [
    {
      ID: 'sealroom',
      Status: 'Enabled',
      Filter: { Prefix: '' },
      NoncurrentVersionExpiration: { NoncurrentDays: 7 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 8 },
      Expiration: { ExpiredObjectDeleteMarker: true },
    },
  ]);
  const { Policy } = await s3.send(new GetBucketPolicyCommand(at));
  assert.deepEqual(JSON.parse(Policy!), {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'SealroomTlsOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [`arn:aws:s3:::${wish.bucket}`, `arn:aws:s3:::${wish.bucket}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  });
  const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand(at));
  const [encryption] = ServerSideEncryptionConfiguration?.Rules ?? [];
  assert.equal(encryption?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm, 'AES256');

  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: wish.table }));
  assert.equal(Table?.BillingModeSummary?.BillingMode, 'PAY_PER_REQUEST');
  assert.equal(Table.DeletionProtectionEnabled, true);
  assert.deepEqual(Table.KeySchema, [
    { AttributeName: 'p', KeyType: 'HASH' },
    { AttributeName: 's', KeyType: 'RANGE' },
  ]);
  const plan = await account.plan(REPLICA);
  assert.equal(stepOf(plan, 'table expiry').found, 'on, by t');
  assert.equal(stepOf(plan, 'table recovery').found, 'on');
});

inAccount('a second run finds nothing to do, and changes nothing', async (account) => {
  await setUp(account, REPLICA);
  const before = account.changes().length;
  const plan = await account.plan(REPLICA);
  assert.deepEqual(namesToDo(plan), []);
  assert.deepEqual(obstacles(plan), []);
  const report = await account.apply(plan);
  assert.deepEqual(report.done, []);
  assert.match(report.made.keyArn ?? '', /^arn:aws:kms:us-east-1:111122223333:key\/mrk-/);
  assert.equal(report.made.account, '111122223333');
  assert.equal(account.changes().length, before);
});

inAccount('a plan is made without changing anything', async (account) => {
  const plan = await account.plan(REPLICA);
  assert.ok(changes(plan).length > 14);
  assert.deepEqual(account.changes(), []);
});

inAccount('the alias may be given with alias/ in front', async (account) => {
  await setUp(account);
  assert.deepEqual(namesToDo(await account.plan({ alias: `alias/${account.wish.alias}` })), []);
});

test('each step done alone before is taken over, and the rest is done', { concurrency: 4 }, async (t) => {
  const server = await moto();
  if (leftOut(t, server, 'moto')) return;
  await using sample = await newAccount(server);
  const all = changes(await sample.plan(REPLICA));
  const alone = all.map(({ name }) =>
    t.test(name, async () => {
      await using account = await newAccount(server);
      const plan = await account.plan(REPLICA);
      const needed = new Set([name]);
      for (let size = 0; size < needed.size;) {
        size = needed.size;
        for (const step of changes(plan))
          if (needed.has(step.name)) step.todo.needs?.forEach((other) => needed.add(other));
      }
      const half = await account.apply({ ...plan, steps: plan.steps.filter((step) => needed.has(step.name)) });
      assert.deepEqual(half.failed, []);

      const rest = await account.plan(REPLICA);
      assert.deepEqual(
        namesToDo(rest).filter((other) => needed.has(other)),
        [],
      );
      const report = await account.apply(rest);
      assert.deepEqual(report.failed, []);
      assert.deepEqual(namesToDo(await account.plan(REPLICA)), []);
      for (const once of ['CreateKey', 'ReplicateKey', 'CreateBucket', 'CreateTable']) {
        assert.equal(account.changes().filter((operation) => operation === once).length, 1, once);
      }
    }),
  );
  await Promise.all(alone);
});

inAccount('a key that a run left without its alias is found again', async (account) => {
  using _ = account.deny('kms:CreateAlias');
  const report = await account.apply(await account.plan());
  assert.deepEqual(
    report.failed.map(({ name }) => name),
    ['key alias'],
  );
  const again = await account.plan();
  assert.match(stepOf(again, 'key').found, /left by a run that was broken off/);
  assert.equal(again.made.keyArn, report.made.keyArn);
});

test('a change of which the answer was lost has been made, and what builds on it is', { concurrency: 4 }, async (t) => {
  const server = await moto();
  if (leftOut(t, server, 'moto')) return;
  await using sample = await newAccount(server);
  const operations = await sample.plan(REPLICA).then(async (plan) => {
    assert.deepEqual((await sample.apply(plan)).failed, []);
    return sample.changes();
  });
  const lost = [...new Set(operations)].map((operation) =>
    t.test(operation, async () => {
      await using account = await newAccount(server);
      const plan = await account.plan(REPLICA);
      let times = 0;
      const once = (called: string): boolean => called === operation && times++ === 0;
      account.proxy.fault = (request) => (once(request.operation) ? { kind: 'lose-answer' } : undefined);
      account.kms.fault = (called) => (once(called) ? { cut: true, when: 'after' } : undefined);
      const report = await account.apply(plan);
      assert.ok(times > 1, 'it was asked again');
      assert.deepEqual([report.failed, report.left], [[], []]);
      assert.deepEqual(namesToDo(await account.plan(REPLICA)), []);
    }),
  );
  await Promise.all(lost);
});

inAccount('what others made in the place of it meanwhile is not taken for it', async (account) => {
  const plan = await account.plan(REPLICA);
  const { arn } = account.kms.createKey();
  account.kms.createAlias(account.wish.alias, arn);
  await account.clients.dynamodb.send(
    new CreateTableCommand({
      TableName: account.wish.table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  const failed = (await account.apply(plan)).failed.map(({ name }) => name);
  assert.deepEqual(failed, ['key alias', 'table']);
});

test(
  'where a permission is missing, the step and the permission are named, what can be done is done, and the next run goes on',
  { concurrency: 4 },
  async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using sample = await newAccount(server);
    const denials = changes(await sample.plan(REPLICA)).map(({ name, todo }) =>
      t.test(`${name}: ${todo.action}`, async () => {
        await using account = await newAccount(server);
        const plan = await account.plan(REPLICA);
        const builds = new Set([name]);
        for (const step of changes(plan))
          if (step.todo.needs?.some((other) => builds.has(other))) builds.add(step.name);
        const denial = account.deny(todo.action);
        const report = await account.apply(plan);
        // Two steps may take the same permission.
        const same = changes(plan).filter((step) => step.todo.action === todo.action && !builds.has(step.name));
        const failed = report.failed.map((step) => step.name);
        assert.ok(failed.includes(name));
        for (const step of report.failed) {
          assert.equal(step.missing, todo.action);
          assert.equal(step.error.code, 'access-denied');
          assert.match(step.error.message, new RegExp(`the permission ${todo.action} is missing`));
        }
        const left = new Set([...builds, ...same.map((step) => step.name)]);
        assert.deepEqual(new Set([...failed, ...report.left]), left);
        const expected = changes(plan)
          .map((step) => step.name)
          .filter((other) => !left.has(other));
        assert.deepEqual(report.done, expected);

        denial[Symbol.dispose]();
        const rest = await account.plan(REPLICA);
        assert.deepEqual(new Set(namesToDo(rest).filter((other) => !left.has(other))), new Set());
        assert.deepEqual((await account.apply(rest)).failed, []);
        assert.deepEqual(namesToDo(await account.plan(REPLICA)), []);
      }),
    );
    await Promise.all(denials);
  },
);

test('what may not be looked at is not changed, and the permission is named', async (t) => {
  const server = await moto();
  if (leftOut(t, server, 'moto')) return;
  await using account = await newAccount(server);
  await setUp(account);
  for (const action of [
    'kms:DescribeKey',
    'kms:GetKeyPolicy',
    'kms:GetKeyRotationStatus',
    's3:GetBucketPublicAccessBlock',
    's3:GetBucketOwnershipControls',
    's3:GetBucketVersioning',
    's3:GetLifecycleConfiguration',
    's3:GetBucketPolicy',
    's3:GetEncryptionConfiguration',
    'dynamodb:DescribeTable',
    'dynamodb:DescribeTimeToLive',
    'dynamodb:DescribeContinuousBackups',
  ]) {
    await t.test(action, async () => {
      using _ = account.deny(action);
      const plan = await account.plan();
      assert.ok(obstacles(plan).length > 0);
      for (const { missing, error } of obstacles(plan)) {
        assert.equal(missing, action);
        assert.equal(error.code, 'access-denied');
      }
      assert.deepEqual(namesToDo(plan), []);
    });
  }
});

inAccount('without the permission to look for keys of broken runs, none is made', async (account) => {
  for (const action of ['kms:ListAliases', 'kms:ListKeys']) {
    using _ = account.deny(action);
    assert.deepEqual(new Set(obstacles(await account.plan()).map(({ missing }) => missing)), new Set([action]));
  }
});

/* ------------------------------------------------------------------------------------------------------- bucket -- */

inAccount('a bucket of another account is refused, and nothing is made', async (account) => {
  // S3 says 403 to whoever is not its owner, and does not have it in the list of one's own.
  using _ = account.deny('s3:HeadBucket');
  const plan = await account.plan();
  const [obstacle] = obstacles(plan);
  assert.equal(obstacle?.name, 'bucket');
  assert.equal(obstacle.error.code, 'access-denied');
  assert.match(obstacle.error.message, /belongs to another account.*name another one/);
  assert.deepEqual(plan.steps.filter(({ name }) => name.startsWith('bucket')).length, 1);

  account.deny('s3:ListAllMyBuckets');
  const [unclear] = obstacles(await account.plan());
  assert.match(unclear!.error.message, /belongs to another account, or may not be looked at/);
});

inAccount("a bucket of one's own that may not be looked at is told from one of another account", async (account) => {
  await account.clients.s3.send(new CreateBucketCommand({ Bucket: account.wish.bucket }));
  using _ = account.deny('s3:HeadBucket');
  const [obstacle] = obstacles(await account.plan());
  assert.match(obstacle!.error.message, /of this account.*s3:ListBucket/);
});

inAccount('a name that another account took meanwhile is told of, and the rest is done', async (account) => {
  const plan = await account.plan();
  account.proxy.fault = ({ operation }) =>
    operation === 'CreateBucket' ? { kind: 'refuse', status: 409, code: 'BucketAlreadyExists' } : undefined;
  const report = await account.apply(plan);
  assert.deepEqual(
    report.failed.map(({ name, error }) => [name, error.code]),
    [['bucket', 'access-denied']],
  );
  assert.match(report.failed[0]!.error.message, /belongs to another account/);
  assert.ok(report.left.every((name) => name.startsWith('bucket ')));
  assert.ok(report.done.includes('table'));
});

inAccount('every call on a bucket that is there names the account that it must be of', async (account) => {
  await setUp(account);
  await using second = await newAccount((await moto())!);
  // The same bucket and table, with a key in place and settings to be made.
  const { arn } = second.kms.createKey();
  second.kms.createAlias(account.wish.alias, arn);
  await account.clients.s3.send(
    new PutBucketLifecycleConfigurationCommand({ Bucket: account.wish.bucket, LifecycleConfiguration: { Rules: [] } }),
  );
  const owners: unknown[] = [];
  second.clients.s3.middlewareStack.add(
    (next) => async (call) => {
      const { headers = {} } = call.request as { headers?: Record<string, string> };
      owners.push(headers['x-amz-expected-bucket-owner']);
      return next(call);
    },
    { step: 'build', name: 'owners', priority: 'low' },
  );
  await second.apply(await second.plan(account.wish));
  assert.ok(owners.length >= 8);
  assert.deepEqual(new Set(owners), new Set(['111122223333']));
});

inAccount('a bucket in another Region is refused by name', async (account) => {
  await using elsewhere = await newAccount((await moto())!, 'eu-west-1');
  await elsewhere.clients.s3.send(
    new CreateBucketCommand({
      Bucket: account.wish.bucket,
      CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
    }),
  );
  const [obstacle] = obstacles(await account.plan());
  assert.equal(obstacle?.error.code, 'bad-configuration');
  assert.match(obstacle.error.message, /is in eu-west-1, not in us-east-1/);
});

test('in another Region than the first, the bucket is made there', async (t) => {
  const server = await moto();
  if (leftOut(t, server, 'moto')) return;
  await using account = await newAccount(server, 'eu-central-1');
  await setUp(account);
  const { s3 } = account.clients;
  const at = { Bucket: account.wish.bucket };
  assert.equal((await s3.send(new GetBucketLocationCommand(at))).LocationConstraint, 'eu-central-1');
  assert.equal((await s3.send(new HeadBucketCommand(at))).BucketRegion, 'eu-central-1');
});

inAccount('policies and lifecycle rules of others stay as they are', async (account) => {
  const { s3 } = account.clients;
  const at = { Bucket: account.wish.bucket };
  await s3.send(new CreateBucketCommand(at));
  const theirs = {
    Sid: 'Auditors',
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::111122223333:role/auditor' },
    Action: 's3:GetBucketPolicy',
    Resource: `arn:aws:s3:::${account.wish.bucket}`,
  };
  const before = { Version: '2008-10-17', Id: 'ours', Statement: theirs };
  await s3.send(new PutBucketPolicyCommand({ ...at, Policy: JSON.stringify(before) }));
  const rule = {
    ID: 'logs',
    Status: 'Enabled' as const,
    Filter: { Tag: { Key: 'kind', Value: 'log' } },
    Expiration: { Days: 3 },
  };
  await s3.send(new PutBucketLifecycleConfigurationCommand({ ...at, LifecycleConfiguration: { Rules: [rule] } }));

  await setUp(account);
  const { Policy } = await s3.send(new GetBucketPolicyCommand(at));
  const after = JSON.parse(Policy!) as { Version: string; Id: string; Statement: { Sid: string }[] };
  assert.equal(after.Version, '2008-10-17');
  assert.equal(after.Id, 'ours');
  assert.deepEqual(after.Statement[0], theirs);
  assert.deepEqual(
    after.Statement.map(({ Sid }) => Sid),
    ['Auditors', 'SealroomTlsOnly'],
  );
  const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand(at));
  assert.deepEqual(
    Rules?.map(({ ID }) => ID),
    ['logs', 'sealroom'],
  );
  assert.deepEqual(Rules[0]?.Filter, rule.Filter);
  assert.deepEqual(namesToDo(await account.plan()), []);
});

inAccount('a rule that would remove blobs is in the way', async (account) => {
  const { s3 } = account.clients;
  const at = { Bucket: account.wish.bucket };
  await s3.send(new CreateBucketCommand(at));
  const rule = { ID: 'tidy', Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days: 30 } };
  await s3.send(new PutBucketLifecycleConfigurationCommand({ ...at, LifecycleConfiguration: { Rules: [rule] } }));
  const [obstacle] = obstacles(await account.plan());
  assert.equal(obstacle?.name, 'bucket lifecycle');
  assert.equal(obstacle.error.code, 'bad-configuration');
  assert.match(obstacle.error.message, /tidy/);
});

/* ---------------------------------------------------------------------------------------------------------- key -- */

const states: Readonly<Record<string, readonly [ErrorCode, (account: TestAccount, arn: string) => void]>> = {
  'is disabled': ['key-disabled', ({ kms }, arn) => kms.disableKey(arn)],
  'is to be deleted': ['key-pending-deletion', ({ kms }, arn) => kms.scheduleKeyDeletion(arn)],
};

for (const [name, [code, change]] of Object.entries(states)) {
  inAccount(`a key that ${name} is in the way, and stays so`, async (account) => {
    const { arn } = account.kms.createKey();
    account.kms.createAlias(account.wish.alias, arn);
    change(account, arn);
    const [obstacle] = obstacles(await account.plan());
    assert.equal(obstacle?.name, 'key');
    assert.equal(obstacle.error.code, code);
    assert.match(obstacle.error.message, new RegExp(`${arn} ${name}`));
    assert.deepEqual(account.changes(), []);
  });
}

inAccount('a key of one Region is no key for a replica, and is told so', async (account) => {
  const { arn } = account.kms.createKey();
  account.kms.createAlias(account.wish.alias, arn);
  const [obstacle] = obstacles(await account.plan(REPLICA));
  assert.equal(obstacle?.error.code, 'bad-key');
  assert.match(obstacle.error.message, /no multi-Region key/);
  assert.deepEqual(obstacles(await account.plan()), []);
});

inAccount('a key that the alias leads to is taken, and its policy gets one statement more', async (account) => {
  const { arn } = account.kms.createKey();
  account.kms.createAlias(account.wish.alias, arn);
  const plan = await account.plan();
  assert.equal(plan.made.keyArn, arn);
  assert.deepEqual(
    namesToDo(plan).filter((name) => name.startsWith('key')),
    ['key rotation', 'key deletion window'],
  );
  await setUp(account);
  assert.equal(account.kms.count('CreateKey'), 0);
  const { Policy } = await account.clients.kms.of('us-east-1').send(new GetKeyPolicyCommand({ KeyId: arn }));
  assert.equal((JSON.parse(Policy!) as { Statement: unknown[] }).Statement.length, 2);
});

inAccount('a policy is not written in the place of one that was not given', async (account) => {
  const plan = await account.plan();
  account.kms.fault = (operation) => (operation === 'GetKeyPolicy' ? { change: () => ({}) } : undefined);
  const report = await account.apply(plan);
  assert.deepEqual(
    report.failed.map(({ name }) => name),
    ['key deletion window'],
  );
  // With nothing but a refusal in its policy, nobody could use the key.
  assert.equal(account.kms.count('PutKeyPolicy'), 0);
});

inAccount('a replica that is to be deleted is told from one that is disabled', async (account) => {
  await setUp(account, REPLICA);
  const arn = (await account.plan(REPLICA)).made.keyArn!.replace('us-east-1', 'eu-west-1');
  const mend = async (): Promise<string> => {
    const { todo } = stepOf(await account.plan(REPLICA), 'key replica');
    return todo.kind === 'advice' ? todo.mend : '';
  };
  account.kms.disableKey(arn);
  assert.match(await mend(), /aws kms enable-key --region eu-west-1/);
  account.kms.scheduleKeyDeletion(arn);
  assert.match(await mend(), /aws kms cancel-key-deletion --region eu-west-1/);
});

/* -------------------------------------------------------------------------------------------------------- table -- */

inAccount('a table with other keys is in the way', async (account) => {
  await account.clients.dynamodb.send(
    new CreateTableCommand({
      TableName: account.wish.table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  const [obstacle] = obstacles(await account.plan());
  assert.equal(obstacle?.error.code, 'bad-configuration');
  assert.match(obstacle.error.message, /has the keys id \(S\), and p \(S\), s \(S\) are needed/);
});

inAccount('capacity and expiry that somebody chose are left as they are', async (account) => {
  const { dynamodb } = account.clients;
  const TableName = account.wish.table;
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
      AttributeDefinitions: ['p', 's'].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'p', KeyType: 'HASH' },
        { AttributeName: 's', KeyType: 'RANGE' },
      ],
    }),
  );
  const specification = { Enabled: true, AttributeName: 'other' };
  await dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: specification }));
  await setUp(account);
  const plan = await account.plan();
  assert.equal(stepOf(plan, 'table capacity').todo.kind, 'advice');
  assert.equal(stepOf(plan, 'table expiry').todo.kind, 'advice');
  assert.deepEqual(namesToDo(plan), []);
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
  assert.equal(Table?.ProvisionedThroughput?.ReadCapacityUnits, 5);
  assert.equal(Table.DeletionProtectionEnabled, true);
});
