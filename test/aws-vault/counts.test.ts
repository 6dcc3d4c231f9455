/** What each verb asks of KMS, DynamoDB and S3: it is what a bill is made of. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { openAccess } from '../../src/access/open.ts';
import { clientConfig } from '../../src/aws/client-options.ts';
import { collect } from '../../src/bytes.ts';
import { MemoryBlobs } from '../../src/testing/memory-blobs.ts';
import { MemoryCatalog } from '../../src/testing/memory-catalog.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { createVault, openVault } from '../../src/vault/vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { newAwsPlace, openPlace, startAwsServers } from '../support/aws/place.ts';
import { Proxies } from '../support/aws/proxied-place.ts';
import type { Counts } from '../support/aws/proxied-place.ts';
import { RawTable } from '../support/aws/raw-table.ts';

const DAY = 24 * 60 * 60 * 1000;
const MEBIBYTE = 1024 * 1024;

interface Counted extends AsyncDisposable {
  readonly vault: Vault;
  readonly countOf: (task: () => Promise<unknown>) => Promise<Counts>;
  /** Another instance, which knows no key of a tenant yet. */
  readonly open: () => Promise<Vault>;
}

/** A vault over 8 shards, as `init` makes it on DynamoDB, that has done each of its first things. */
async function countedVault(t: TestContext): Promise<Counted | undefined> {
  const servers = await startAwsServers(t);
  if (servers === undefined) return undefined;
  await using scope = new AsyncDisposableStack();
  scope.use(servers);
  const place = scope.use(await newAwsPlace(servers));
  const proxies = scope.use(await Proxies.start(servers));
  const ports = scope.use(openPlace(place, { endpoints: proxies.endpoints }));
  const vault = scope.use(await createVault({ ...ports, shards: 8 }));
  await vault.tenant('default').list();
  const { id, pins } = vault;
  const all = scope.move();
  const open = async (): Promise<Vault> => all.use(await openVault({ id, pins, ...ports }));
  const countOf: Counted['countOf'] = (task) => proxies.countOf(task);
  return { vault, countOf, open, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

describe('calls of KMS, DynamoDB and S3', () => {
  test('of each verb on a file', async (t) => {
    await using counted = await countedVault(t);
    if (counted === undefined) return;
    const { vault, countOf } = counted;
    const files = vault.tenant('default');
    let id = '';
    const rows: [string, () => Promise<unknown>, Counts][] = [
      [
        'put',
        async () => ({ id } = await files.put(patterned(1000), { name: 'n' })),
        {
          kms: { GenerateDataKey: 1 },
          dynamodb: { GetItem: 2, PutItem: 1, TransactWriteItems: 1 },
          s3: { PutObject: 1 },
        },
      ],
      [
        'get',
        async () => collect((await files.get(id)).body),
        { kms: { Decrypt: 1 }, dynamodb: { GetItem: 1 }, s3: { GetObject: 1 } },
      ],
      [
        'get of a range',
        async () => collect((await files.get(id, { range: { start: 10, end: 20 } })).body),
        { kms: { Decrypt: 1 }, dynamodb: { GetItem: 1 }, s3: { GetObject: 1 } },
      ],
      ['stat', () => files.stat(id), { dynamodb: { GetItem: 1 } }],
      ['update', () => files.update(id, { name: 'm' }), { dynamodb: { GetItem: 1, PutItem: 1 } }],
      ['list', () => files.list(), { dynamodb: { Query: 8 } }],
      ['verify', () => files.verify(id), { kms: { Decrypt: 1 }, dynamodb: { GetItem: 1 }, s3: { GetObject: 1 } }],
      [
        'remove',
        () => files.remove(id),
        {
          dynamodb: { GetItem: 2, TransactWriteItems: 1, DeleteItem: 1 },
          s3: { DeleteObject: 1, ListMultipartUploads: 1 },
        },
      ],
      ['sweep that finds nothing', () => vault.sweep(), { dynamodb: { Query: 16 } }],
    ];
    for (const [name, task, expected] of rows) {
      const counts = await countOf(task);
      t.diagnostic(`${name}: ${JSON.stringify(counts)}`);
      assert.deepEqual(counts, expected, name);
    }
  });

  test('of a file of several parts: one call of KMS all the same, and one of S3 for each 8 MiB', async (t) => {
    await using counted = await countedVault(t);
    if (counted === undefined) return;
    const files = counted.vault.tenant('default');
    const bytes = patterned(20 * MEBIBYTE);
    let id = '';
    const put = await counted.countOf(async () => ({ id } = await files.put(bytes, { name: 'n' })));
    assert.deepEqual(put, {
      kms: { GenerateDataKey: 1 },
      dynamodb: { GetItem: 2, PutItem: 1, TransactWriteItems: 1 },
      // Elsewhere than on AWS the key is looked for, too.
      s3: { CreateMultipartUpload: 1, UploadPart: 3, HeadObject: 1, CompleteMultipartUpload: 1 },
    });
    const get = await counted.countOf(async () => collect((await files.get(id)).body));
    assert.deepEqual(get, { kms: { Decrypt: 1 }, dynamodb: { GetItem: 1 }, s3: { GetObject: 1 } });
  });

  test('of a listing of 1,000 files: KMS once at most, and not again', async (t) => {
    await using servers = await startAwsServers(t);
    if (servers === undefined) return;
    await using place = await newAwsPlace(servers);
    await using proxies = await Proxies.start(servers);
    await using ports = openPlace(place, { endpoints: proxies.endpoints });
    // Made in memory, and brought there as it is: what is listed is in the catalog alone.
    const catalog = new MemoryCatalog();
    using made = await createVault({ ...ports, blobs: new MemoryBlobs(), catalog, shards: 8 });
    for (let i = 0; i < 1000; i++) await made.tenant('default').put([], { name: `${i}` });
    const client = new DynamoDBClient(clientConfig(place.table.client));
    const raw = new RawTable({ client, table: place.table.table, prefix: '' });
    await raw.write([...catalog.items.values()], []);
    client.destroy();
    using vault = await openVault({ id: made.id, pins: made.pins, ...ports });
    const first = await proxies.countOf(async () => {
      const { files, cursor } = await vault.tenant('default').list({ limit: 1000 });
      assert.deepEqual([files.length, cursor], [1000, undefined]);
    });
    t.diagnostic(`the first: ${JSON.stringify(first)}`);
    assert.deepEqual(first, { kms: { Decrypt: 1 }, dynamodb: { Query: 9 } });
    const second = await proxies.countOf(() => vault.tenant('default').list({ limit: 1000 }));
    assert.deepEqual(second, { dynamodb: { Query: 8 } });
  });

  test('of what is known of a file: KMS once, however many ask and whatever they change', async (t) => {
    await using counted = await countedVault(t);
    if (counted === undefined) return;
    const { vault, countOf } = counted;
    const { id } = await vault.tenant('default').put(patterned(10), { name: 'n' });
    const another = await counted.open();
    const files = another.tenant('default');
    const first = await countOf(() => Promise.all(Array.from({ length: 20 }, () => files.stat(id))));
    assert.deepEqual(first, { kms: { Decrypt: 1 }, dynamodb: { GetItem: 20, Query: 1 } });
    const later = await countOf(async () => {
      await files.stat(id);
      await files.update(id, { tags: { a: 'b' } });
      await files.list();
      await files.remove(id);
    });
    assert.equal(later.kms, undefined);
  });

  test('of those who come with tokens and links: none of KMS', async (t) => {
    await using counted = await countedVault(t);
    if (counted === undefined) return;
    const { vault, countOf } = counted;
    const { id } = await vault.tenant('default').put(patterned(10), { name: 'n' });
    const access = openAccess(vault);
    const { token } = await access.tokens.create({ role: 'reader', tenant: 'default' });
    const expires = new Date(Date.now() + DAY).toISOString();
    let secret = '';
    const rows: [string, () => Promise<unknown>, Counts][] = [
      ['a token', () => access.authenticate(token), { dynamodb: { GetItem: 1 } }],
      [
        'making a link',
        async () => ({ secret } = await access.links('default').create(id, { expires, downloads: 5 })),
        { dynamodb: { GetItem: 1, TransactWriteItems: 1 } },
      ],
      ['looking at a link', () => access.shared(secret), { dynamodb: { GetItem: 2 } }],
      ['using a link', () => access.use(secret), { dynamodb: { GetItem: 2, TransactWriteItems: 1 } }],
    ];
    for (const [name, task, expected] of rows) {
      const counts = await countOf(task);
      t.diagnostic(`${name}: ${JSON.stringify(counts)}`);
      assert.deepEqual(counts, expected, name);
    }
  });

  test('of opening a vault: KMS once', async (t) => {
    await using counted = await countedVault(t);
    if (counted === undefined) return;
    const counts = await counted.countOf(() => counted.open());
    assert.deepEqual(counts, { kms: { Decrypt: 1 }, dynamodb: { GetItem: 1, Query: 1 } });
  });
});
