/**
 * The suites of the three ports, and a vault's life, against a real account of AWS: `npm run test:aws`, with credentials
 * that may use the bucket, table and key that `SEALROOM_TEST_BUCKET`, `SEALROOM_TEST_TABLE` and `SEALROOM_TEST_KEY` name.
 * Everything is under a prefix of this run's own, and removed at the end, older versions of objects too.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { DeleteItemCommand, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { AbortMultipartUploadCommand, DeleteObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { KmsClients } from '../../src/aws/kms-clients.ts';
import { openS3Blobs } from '../../src/blobs/s3.ts';
import { collect } from '../../src/bytes.ts';
import { openDynamodbCatalog } from '../../src/catalogs/dynamodb.ts';
import { awsKmsKeyring } from '../../src/keyrings/aws-kms.ts';
import { blobStoreSuite } from '../../src/testing/blob-store-suite.ts';
import { catalogSuite } from '../../src/testing/catalog-suite.ts';
import type { TestClock } from '../../src/testing/catalog-suite.ts';
import { checkVault } from '../../src/testing/check.ts';
import { keyringSuite } from '../../src/testing/keyring-suite.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { createVault } from '../../src/vault/vault.ts';
import { prefixedCatalog } from '../support/aws/prefixed-catalog.ts';
import { objectsIn, uploadsIn } from '../support/aws/s3-bucket.ts';
import { freshKeyring } from '../support/fresh-keyring.ts';

interface Account {
  readonly bucket: string;
  readonly table: string;
  /** ARN of a key. */
  readonly key: string;
}

const account = accountOf(process.env);

if (account === undefined) {
  test('a real account of AWS', (t) =>
    t.skip('left out: SEALROOM_TEST_BUCKET, SEALROOM_TEST_TABLE and SEALROOM_TEST_KEY name none'));
} else {
  onAccount(account);
}

function accountOf(environment: NodeJS.ProcessEnv): Account | undefined {
  const { SEALROOM_TEST_BUCKET: bucket, SEALROOM_TEST_TABLE: table, SEALROOM_TEST_KEY: key } = environment;
  return bucket && table && key ? { bucket, table, key } : undefined;
}

function onAccount({ bucket, table, key }: Account): void {
  const run = `sealroom-test-${randomBytes(8).toString('hex')}`;
  const clients = new KmsClients();
  const keyring = awsKmsKeyring({ keyId: key, clients });
  const s3 = new S3Client();
  const dynamodb = new DynamoDBClient();
  const fresh = (): string => `${run}/${randomBytes(4).toString('hex')}`;

  after(async () => {
    await removeObjects(s3, bucket, `${run}/`);
    await removeItems(dynamodb, table, `${run}/`);
    clients[Symbol.dispose]();
    s3.destroy();
    dynamodb.destroy();
  });

  keyringSuite('awsKmsKeyring in a real account', () => ({
    keyring,
    other: freshKeyring(),
    bindsContext: true,
    takesEmptyText: false,
  }));

  blobStoreSuite('openS3Blobs in a real account', () => {
    const prefix = fresh();
    const store = openS3Blobs({ bucket, prefix });
    return {
      store,
      second: () => openS3Blobs({ bucket, prefix }),
      keys: () => keysUnder(s3, bucket, `${prefix}/`),
      [Symbol.asyncDispose]: async () => store[Symbol.dispose](),
    };
  });

  const prefixed = 'its partitions stand behind a prefix here';
  catalogSuite(
    'openDynamodbCatalog in a real account',
    (clock: TestClock) => {
      const prefix = `${fresh()}/`;
      const open = (): ReturnType<typeof openDynamodbCatalog> => openDynamodbCatalog({ table, now: () => clock.time });
      const catalog = open();
      return {
        catalog: prefixedCatalog(catalog, prefix),
        second: () => prefixedCatalog(open(), prefix),
        [Symbol.asyncDispose]: () => catalog[Symbol.asyncDispose](),
      };
    },
    { broken: { 'gives back what was put': prefixed, 'refuses keys outside the grammar': prefixed } },
  );

  describe('a vault in a real account', () => {
    test('keeps files, in parts and in whole, and leaves nothing of those that are removed', async () => {
      const prefix = fresh();
      using blobs = openS3Blobs({ bucket, prefix, parts: 2 });
      await using whole = openDynamodbCatalog({ table });
      const catalog = prefixedCatalog(whole, `${prefix}/`);
      using vault = await createVault({ keyring, blobs, catalog, shards: 8, segmentLength: 20 * 1024 * 1024 });
      const files = vault.tenant('default');
      const bytes = patterned(30 * 1024 * 1024 + 5);
      const { id } = await files.put(bytes, { name: 'large' });
      const { id: small } = await files.put(Buffer.from('small'), { name: 'small' });
      assert.ok(Buffer.from(await collect((await files.get(id)).body)).equals(bytes));
      const { body } = await files.get(id, { range: { start: 20 * 1024 * 1024 - 1, end: 20 * 1024 * 1024 + 1 } });
      assert.deepEqual(
        Buffer.from(await collect(body)),
        Buffer.from(bytes.subarray(20 * 1024 * 1024 - 1, 20 * 1024 * 1024 + 1)),
      );
      assert.deepEqual(
        (await files.list()).files.map((stat) => stat.id),
        [small, id],
      );
      await files.remove(id);
      await vault.sweep({ grace: 0 });
      const blobKeys = (): Promise<string[]> => keysUnder(s3, bucket, `${prefix}/`);
      await checkVault({ id: vault.id, pins: vault.pins, keyring, blobs, catalog, blobKeys });
      assert.equal((await blobKeys()).length, 1);
    });
  });
}

/** Keys of what is there now, and of uploads that nobody finished, without the prefix. */
async function keysUnder(client: S3Client, bucket: string, prefix: string): Promise<string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  const uploads = await uploadsIn(client, bucket, prefix);
  return [...Contents, ...uploads].map(({ Key }) => Key!.slice(prefix.length));
}

async function removeObjects(client: S3Client, bucket: string, prefix: string): Promise<void> {
  for (const upload of await uploadsIn(client, bucket, prefix)) {
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, ...upload }));
  }
  for (const object of await objectsIn(client, bucket, prefix)) {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, ...object }));
  }
}

async function removeItems(client: DynamoDBClient, table: string, prefix: string): Promise<void> {
  const pages = paginateScan(
    { client },
    {
      TableName: table,
      FilterExpression: 'begins_with(#p, :prefix)',
      ProjectionExpression: '#p, #s',
      ExpressionAttributeNames: { '#p': 'p', '#s': 's' },
      ExpressionAttributeValues: { ':prefix': { S: prefix } },
    },
  );
  for await (const { Items = [] } of pages) {
    for (const Key of Items) await client.send(new DeleteItemCommand({ TableName: table, Key }));
  }
}
