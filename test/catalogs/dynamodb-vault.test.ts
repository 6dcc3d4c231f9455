/** A whole vault on DynamoDB, in as many shards as one on AWS has. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { clientConfig } from '../../src/aws/client-options.ts';
import { openDynamodbCatalog } from '../../src/catalogs/dynamodb.ts';
import { multiKeyring } from '../../src/keyrings/multi.ts';
import type { Keyring } from '../../src/ports.ts';
import { WriteHistory, checkVault } from '../../src/testing/check.ts';
import { MemoryBlobs } from '../../src/testing/memory-blobs.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { createVault, openVault } from '../../src/vault/vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { newTable } from '../support/aws/dynamodb-table.ts';
import type { TestTable } from '../support/aws/dynamodb-table.ts';
import { dynamodbLocal, leftOut } from '../support/aws/servers.ts';
import { Clock, freshKeyring } from '../support/memory-vault.ts';

interface Placed {
  readonly table: TestTable;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly blobs: MemoryBlobs;
  /** Opens it as another process would. */
  readonly again: () => Promise<Vault>;
  readonly check: () => Promise<void>;
}

/** A test of a new vault whose catalog is in DynamoDB Local. */
function onDynamodb(
  title: string,
  verify: (placed: Placed) => Promise<void>,
  { keyring = freshKeyring(), segmentLength }: { keyring?: Keyring; segmentLength?: number } = {},
): void {
  test(title, async (t) => {
    const server = await dynamodbLocal();
    if (leftOut(t, server, 'DynamoDB Local')) return;
    await using scope = new AsyncDisposableStack();
    const table = scope.use(await newTable(server));
    const clock = new Clock();
    const [blobs, history] = [new MemoryBlobs(), new WriteHistory()];
    const open = (): ReturnType<typeof openDynamodbCatalog> =>
      scope.use(openDynamodbCatalog({ table: table.table, client: table.client, now: clock.now }));
    const catalog = open();
    const tuning = { frameLength: 16, segmentLength, now: clock.now };
    const watched = { keyring, blobs: history.watchBlobs(blobs), ...tuning };
    const vault = scope.use(await createVault({ ...watched, catalog: history.watchCatalog(catalog), shards: 8 }));
    const { id, pins } = vault;
    const again = async (): Promise<Vault> =>
      scope.use(await openVault({ ...watched, id, pins, catalog: history.watchCatalog(open()) }));
    const check = (): Promise<void> =>
      checkVault({ id, pins, keyring, blobs, catalog, history, blobKeys: () => blobs.keys() });
    await verify({ table, vault, clock, blobs, again, check });
  });
}

async function* chunked(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

describe('a vault on DynamoDB', () => {
  onDynamodb('keeps files, lists them over its shards, and removes them', async ({ vault, blobs, again, check }) => {
    const files = vault.tenant('default');
    const contents = Array.from({ length: 20 }, (_, i) => patterned(i * 7));
    const put = [];
    for (const [i, bytes] of contents.entries()) {
      put.push(await files.put(chunked(bytes), { name: `file ${i}`, tags: { number: String(i) } }));
    }
    const other = (await again()).tenant('default');
    for (const [i, { id }] of put.entries()) {
      const { stat, body } = await other.get(id);
      assert.equal(stat.name, `file ${i}`);
      assert.deepEqual(Buffer.concat(await Array.fromAsync(body)), Buffer.from(contents[i]!));
    }
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await other.list({ limit: 6, ...(cursor === undefined ? {} : { cursor }) });
      listed.push(...page.files.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    assert.deepEqual(new Set(listed), new Set(put.map(({ id }) => id)));
    assert.equal(listed.length, 20);
    await check();

    for (const { id } of put.slice(0, 10)) await files.remove(id);
    await rejection(files.get(put[0]!.id), 'not-found');
    assert.equal(blobs.keys().length, 10);
    assert.equal((await other.list({ limit: 100 })).files.length, 10);
    await check();
  });

  onDynamodb('sweeps what has had its time, and what a put left', async ({ vault, clock, blobs, again, check }) => {
    const files = vault.tenant('default');
    const expires = new Date(clock.time + 60_000).toISOString();
    await files.put(chunked(patterned(100)), { name: 'goes', expires });
    const stays = await files.put(chunked(patterned(100)), { name: 'stays' });
    clock.time += 61_000;
    assert.equal((await (await again()).sweep()).expired, 1);
    const day = 25 * 60 * 60 * 1000;
    clock.time += day;
    await vault.sweep();
    clock.time += day;
    await vault.sweep();
    assert.equal(blobs.keys().length, 1);
    assert.deepEqual(
      (await files.list()).files.map(({ id }) => id),
      [stays.id],
    );
    await check();
  });

  const [generator, ...wrappers] = Array.from({ length: 16 }, (_, i) => freshKeyring(`${i}`.padEnd(1000, '-')));

  onDynamodb(
    'takes the largest record that a vault writes',
    async ({ vault, table, check }) => {
      const files = vault.tenant('default');
      const size = 200 * 16;
      const { id } = await files.put(chunked(patterned(size)), {
        name: 'n'.repeat(1024),
        tags: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}`.padEnd(128, '-'), 'v'.repeat(256)])),
        metadata: { text: 'm'.repeat(16_300) },
        context: { text: 'c'.repeat(4000) },
      });
      const stat = await files.stat(id);
      assert.equal(stat.size, size);
      const raw = new DynamoDBClient(clientConfig(table.client));
      const { Items: items = [] } = await raw.send(new ScanCommand({ TableName: table.table }));
      raw.destroy();
      const largest = Math.max(...items.map(({ d }) => d!.B!.length));
      assert.ok(largest > 100_000 && largest < 350_000, `the record has ${largest} bytes`);
      await check();
    },
    { keyring: multiKeyring({ generator, wrappers }), segmentLength: 16 },
  );
});
