/** The table of costs in docs/operations.md: its sums, and the requests that it counts. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { openAccess } from '../../src/access/open.ts';
import { openS3Blobs } from '../../src/blobs/s3.ts';
import { openDynamodbCatalog } from '../../src/catalogs/dynamodb.ts';
import { awsKmsKeyring } from '../../src/keyrings/aws-kms.ts';
import { createVault } from '../../src/vault/vault.ts';
import { newTable } from '../support/aws/dynamodb-table.ts';
import { FaultyProxy } from '../support/aws/faulty-proxy.ts';
import { KmsDouble, kmsClientsFor } from '../support/aws/kms-double.ts';
import { newBucket } from '../support/aws/s3-bucket.ts';
import { dynamodbLocal, leftOut, moto } from '../support/aws/servers.ts';
import { drain } from '../support/streams.ts';

const text = readFileSync(resolve(import.meta.dirname, '../../docs/operations.md'), 'utf8');
/** By the operation: KMS, puts and lists of S3, gets of S3, calls of DynamoDB, units read, units written, dollars. */
const rows = new Map(
  Array.from(text.matchAll(/^\| ([^|]+?) \|((?: [\d.]+ \|){7})$/gm), ([, operation, numbers]) => [
    operation!,
    numbers!.split('|').slice(0, -1).map(Number),
  ]),
);

test('the dollars are what the requests make at the prices that are said', () => {
  assert.equal(rows.size, 9);
  for (const price of ['$0.03 for 10,000', '$0.005 for 1,000', '$0.0004 for 1,000', '$0.625', '$0.125']) {
    assert.ok(text.includes(price), price);
  }
  for (const [operation, [kms, put, get, , read, written, dollars]] of rows) {
    const sum = kms! * 3 + put! * 5 + get! * 0.4 + read! * 0.125 + written! * 0.625;
    assert.ok(Math.abs(sum - dollars!) <= 0.0051, `${operation}: ${sum}`);
  }
});

test('the requests are those that are counted', async (t) => {
  const [s3, dynamodb] = await Promise.all([moto(), dynamodbLocal()]);
  if (leftOut(t, s3, 'moto') || leftOut(t, dynamodb, 'DynamoDB Local')) return;
  await using scope = new AsyncDisposableStack();
  const kms = scope.use(await KmsDouble.start());
  const s3Calls = scope.use(await FaultyProxy.start(s3.endpoint));
  const dynamodbCalls = scope.use(await FaultyProxy.start(dynamodb.endpoint));
  const { bucket, client } = scope.use(await newBucket(s3));
  const table = scope.use(await newTable(dynamodb));
  const blobs = scope.use(openS3Blobs({ bucket, pathStyle: true, client: { ...client, endpoint: s3Calls.endpoint } }));
  const catalog = scope.use(
    openDynamodbCatalog({ table: table.table, client: { ...table.client, endpoint: dynamodbCalls.endpoint } }),
  );
  const clients = scope.use(kmsClientsFor(kms));
  const keyring = awsKmsKeyring({ keyId: kms.createKey().arn, clients });
  const vault = scope.use(await createVault({ keyring, blobs, catalog, shards: 8 }));
  const files = vault.tenant('default');
  const bytes = Buffer.alloc(100_000);
  // The vault's own keys are at hand from then on, and what the store can do is known.
  const { id } = await files.put(bytes, { name: 'report of November.pdf', tags: { kind: 'report' } });

  const counted = async <T>(operation: string, work: () => Promise<T>): Promise<T> => {
    kms.calls.length = 0;
    s3Calls.requests.length = 0;
    dynamodbCalls.requests.length = 0;
    const result = await work();
    const reads = s3Calls.requests.filter(({ operation: name }) => /^(?:Get|Head)Object$/.test(name)).length;
    const free = s3Calls.requests.filter(({ operation: name }) => /^(?:Delete|Abort)/.test(name)).length;
    const writes = s3Calls.requests.length - reads - free;
    const found = [kms.calls.length, writes, reads, dynamodbCalls.requests.length];
    assert.deepEqual(found, rows.get(operation)!.slice(0, 4), operation);
    return result;
  };
  const { id: other } = await counted('put, up to 8 MiB', () => files.put(bytes, { name: 'report of November.pdf' }));
  await counted('get, a range, verify', async () => drain((await files.get(id)).body));
  await counted('get, a range, verify', async () => drain((await files.get(id, { range: { start: 5, end: 9 } })).body));
  await counted('get, a range, verify', () => files.verify(id));
  await counted('info', () => files.stat(id));
  await counted('list 100 of very many files', () => files.list({ limit: 100 }));
  await counted('edit', () => files.update(id, { name: 'minutes of November.pdf' }));
  await counted('remove', () => files.remove(other));
  await counted('a sweep with nothing to do', () => vault.sweep());
  const access = openAccess(vault);
  const expires = new Date(Date.now() + 3_600_000).toISOString();
  const { secret } = await access.links('default').create(id, { expires, downloads: 2 });
  await counted('a download of a link, counted', () => access.use(secret));
});
