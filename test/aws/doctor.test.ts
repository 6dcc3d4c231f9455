/** What an examination says of settings, uploads in parts, and the clock. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListMultipartUploadsCommand, ListObjectsV2Command, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { openAwsClients } from '../../src/aws/clients.ts';
import { clockFinding } from '../../src/aws/doctor/clock.ts';
import { examineBucket, examineClock, examineKey, examineTable } from '../../src/aws/doctor/examine.ts';
import { findingsOf } from '../../src/aws/doctor/findings.ts';
import { probeMultipart } from '../../src/aws/doctor/multipart.ts';
import { probeOverwrite } from '../../src/aws/doctor/overwrite.ts';
import type { Finding } from '../../src/finding.ts';
import { newAccount } from '../support/aws/account.ts';
import type { TestAccount } from '../support/aws/account.ts';
import { leftOut, moto } from '../support/aws/servers.ts';

function inSetUpAccount(name: string, body: (account: TestAccount, keyArn: string) => Promise<void>): void {
  test(name, async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using account = await newAccount(server);
    const { made, failed } = await account.apply(await account.plan());
    assert.deepEqual(failed, []);
    await body(account, made.keyArn!);
  });
}

function placeOf({ wish }: TestAccount): { bucket: string; prefix: string; owner: string } {
  return { bucket: wish.bucket, prefix: '', owner: '111122223333' };
}

function notOk(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ level }) => level !== 'ok');
}

inSetUpAccount('an account that was set up is found as it should be', async (account, keyArn) => {
  const key = await examineKey(keyArn, account);
  const bucket = await examineBucket(placeOf(account), account);
  const table = await examineTable(account.wish.table, account);
  assert.deepEqual(notOk([...key, ...bucket, ...table]), []);
  assert.deepEqual(
    [...key, ...bucket, ...table].map(({ name }) => name),
    [
      'key',
      'key rotation',
      'key deletion window',
      'bucket',
      'bucket public access',
      'bucket ownership',
      'bucket versioning',
      'bucket lifecycle',
      'bucket policy',
      'bucket encryption',
      'table',
      'table capacity',
      'table expiry',
      'table recovery',
      'table protection',
    ],
  );
});

inSetUpAccount('what was changed since is found, with what mends it', async (account, keyArn) => {
  const { wish, kms, clients } = account;
  await clients.s3.send(
    new PutBucketVersioningCommand({ Bucket: wish.bucket, VersioningConfiguration: { Status: 'Suspended' } }),
  );
  const [versioning, ...others] = notOk(await examineBucket(placeOf(account), account));
  assert.deepEqual(others, []);
  assert.equal(versioning?.level, 'warning');
  assert.match(versioning.mend, /sealroom setup aws will turn it on \(s3:PutBucketVersioning\)/);

  kms.disableKey(keyArn);
  const [key, ...more] = await examineKey(keyArn, account);
  assert.deepEqual(more, []);
  assert.ok(key?.level === 'fault' && key.code === 'key-disabled');
  assert.match(key.mend, /aws kms enable-key/);
});

inSetUpAccount('what is gone is a fault', async (account, keyArn) => {
  const [key] = await examineKey(keyArn.replace(/.$/, 'x'), account);
  assert.ok(key?.level === 'fault' && key.code === 'key-not-found');
  const [bucket] = await examineBucket({ ...placeOf(account), bucket: `${account.wish.bucket}-gone` }, account);
  assert.ok(bucket?.level === 'fault' && bucket.code === 'bad-configuration');
  const [table] = await examineTable(`${account.wish.table}-gone`, account);
  assert.ok(table?.level === 'fault' && table.code === 'bad-configuration');
});

inSetUpAccount('a bucket of another account than the configuration names is a fault', async (account) => {
  const [bucket] = await examineBucket({ ...placeOf(account), owner: '999999999999' }, account);
  assert.ok(bucket?.level === 'fault' && bucket.code === 'access-denied');
});

inSetUpAccount('what may not be looked at is not examined, which is a warning', async (account, keyArn) => {
  const { kms } = account;
  for (const action of ['kms:DescribeKey', 's3:GetLifecycleConfiguration', 'dynamodb:DescribeContinuousBackups']) {
    account.deny(action);
  }
  const findings = notOk([
    ...(await examineKey(keyArn, account)),
    ...(await examineBucket(placeOf(account), account)),
    ...(await examineTable(account.wish.table, account)),
  ]);
  assert.deepEqual(
    findings.map(({ name, level, what }) => [name, level, what]),
    [
      ['key', 'warning', 'not examined: may not kms:DescribeKey'],
      ['bucket lifecycle', 'warning', 'not examined: may not s3:GetLifecycleConfiguration'],
      ['table recovery', 'warning', 'not examined: may not dynamodb:DescribeContinuousBackups'],
    ],
  );
  assert.equal(kms.count('PutKeyPolicy'), 1);
});

test('a public bucket is a fault, a missing rule a warning', () => {
  const change = { kind: 'change', does: 'x', action: 's3:X', make: () => Promise.resolve() } as const;
  const step = { name: 'n', purpose: 'p', found: 'f', todo: change } as const;
  const [fault, warning] = findingsOf([
    { ...step, lack: 'fault' },
    { ...step, lack: 'warning' },
  ]);
  assert.equal(fault?.level, 'fault');
  assert.equal(warning?.level, 'warning');
});

inSetUpAccount('an upload in parts is begun and given up, and nothing of it stays', async (account) => {
  const { clients, wish } = account;
  const probe = { bucket: wish.bucket, owner: '111122223333', key: 'probe' };
  assert.equal(await probeMultipart(clients.s3, probe), undefined);
  const { Uploads = [] } = await clients.s3.send(new ListMultipartUploadsCommand({ Bucket: wish.bucket }));
  assert.deepEqual(Uploads, []);

  for (const [operation, action] of [
    ['CreateMultipartUpload', 's3:PutObject'],
    ['ListMultipartUploads', 's3:ListBucketMultipartUploads'],
    ['AbortMultipartUpload', 's3:AbortMultipartUpload'],
  ] as const) {
    using _ = account.deny(`s3:${operation}`);
    const failure = await probeMultipart(clients.s3, probe);
    assert.equal(failure?.missing, action);
    assert.equal(failure.error.code, 'access-denied');
  }
});

inSetUpAccount('an object is put twice, the second time in vain, and removed', async (account) => {
  const { clients, wish, proxy } = account;
  const probe = { bucket: wish.bucket, owner: '111122223333', key: 'probe' };
  assert.equal(await probeOverwrite(clients.s3, probe), true);
  assert.equal(proxy.count('PutObject'), 2);
  const { Contents = [] } = await clients.s3.send(new ListObjectsV2Command({ Bucket: wish.bucket }));
  assert.deepEqual(Contents, []);

  for (const action of ['s3:PutObject', 's3:DeleteObject']) {
    using _ = account.deny(action);
    const failure = await probeOverwrite(clients.s3, { ...probe, key: action });
    assert.ok(typeof failure === 'object');
    assert.equal(failure.missing, action);
  }
  proxy.fault = ({ operation }) =>
    operation === 'PutObject' ? { kind: 'refuse', status: 501, code: 'NotImplemented' } : undefined;
  assert.equal(await probeOverwrite(clients.s3, { ...probe, key: 'another' }), false);
});

inSetUpAccount('a put of which the answer was lost leaves nothing, and is no fault of the bucket', async (account) => {
  const { clients, wish, proxy } = account;
  let puts = 0;
  proxy.fault = ({ operation }) => (operation === 'PutObject' && puts++ === 0 ? { kind: 'lose-answer' } : undefined);
  const probe = { bucket: wish.bucket, owner: '111122223333', key: 'probe' };
  assert.equal(await probeOverwrite(clients.s3, probe), true);
  assert.deepEqual((await clients.s3.send(new ListObjectsV2Command({ Bucket: wish.bucket }))).Contents ?? [], []);

  proxy.fault = ({ operation }) =>
    operation === 'PutObject' ? { kind: 'fail-after', status: 500, code: 'InternalError' } : undefined;
  using impatient = await openAwsClients({
    endpoint: proxy.endpoint,
    region: clients.region,
    credentials: await clients.s3.config.credentials(),
    maxAttempts: 1,
  });
  const failure = await probeOverwrite(impatient.s3, probe);
  assert.ok(typeof failure === 'object' && failure.error.code === 'unavailable');
  assert.deepEqual((await clients.s3.send(new ListObjectsV2Command({ Bucket: wish.bucket }))).Contents ?? [], []);
});

inSetUpAccount('credentials that have expired are not taken for a store that knows no conditions', async (account) => {
  const { clients, wish, proxy } = account;
  proxy.fault = ({ operation }) =>
    // As S3 has it.
    operation === 'PutObject' ? { kind: 'refuse', status: 400, code: 'ExpiredToken' } : undefined;
  const failure = await probeOverwrite(clients.s3, { bucket: wish.bucket, owner: '111122223333', key: 'probe' });
  assert.ok(typeof failure === 'object' && failure.error.code === 'access-denied');
});

inSetUpAccount('an upload in parts that the bucket does not list is a fault', async (account) => {
  const { clients, wish } = account;
  // What an unfinished put left is found by its key: this hides it.
  clients.s3.middlewareStack.add(
    (next, { commandName }) =>
      async (call) => {
        const result = await next(call);
        if (commandName === 'ListMultipartUploadsCommand') Object.assign(result.output, { Uploads: undefined });
        return result;
      },
    { step: 'initialize', name: 'blind' },
  );
  const failure = await probeMultipart(clients.s3, { bucket: wish.bucket, owner: '111122223333', key: 'probe' });
  assert.equal(failure?.error.code, 'bad-configuration');
});

inSetUpAccount('the clock is read from any answer, a refusal too', async (account, keyArn) => {
  const { wish } = account;
  for (const source of [
    { bucket: wish.bucket },
    { bucket: 'no-such-bucket' },
    { table: wish.table },
    { key: keyArn },
  ]) {
    assert.equal((await examineClock(source, account))?.level, 'ok', JSON.stringify(source));
  }
  assert.equal(await examineClock({}, account), undefined);
});

test('a clock that is off is a warning, and a fault where AWS would refuse', () => {
  assert.equal(clockFinding(29_000).level, 'ok');
  const behind = clockFinding(120_000);
  assert.ok(behind.level === 'warning' && behind.what === "120 seconds behind AWS's");
  const ahead = clockFinding(-301_000);
  assert.ok(ahead.level === 'fault' && ahead.what === "301 seconds ahead of AWS's");
});
