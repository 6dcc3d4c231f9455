import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { CreateTableCommand, DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { clientConfig } from '../../src/aws/client-options.ts';
import { openDynamodbCatalog } from '../../src/catalogs/dynamodb.ts';
import type { DynamodbCatalogOptions } from '../../src/catalogs/dynamodb.ts';
import { CATALOG_LIMITS } from '../../src/ports.ts';
import type { Catalog, Item } from '../../src/ports.ts';
import { catalogSuite } from '../../src/testing/catalog-suite.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { check, compareAndSwap, newItem, numberData, numberOf, put, remove } from '../../src/testing/test-items.ts';
import { newTable } from '../support/aws/dynamodb-table.ts';
import type { TestTable } from '../support/aws/dynamodb-table.ts';
import { FaultyProxy } from '../support/aws/faulty-proxy.ts';
import { dynamodbLocal, leftOut, moto } from '../support/aws/servers.ts';
import type { AwsServer } from '../support/aws/servers.ts';

/**
 * DynamoDB Local keeps every law. Where it is not as DynamoDB is:
 * - it makes one request after the other, so that no transaction is ever cancelled for another one that is under way;
 * - it knows no throttling, and no permissions.
 * What AWS answers in such cases is played by a stub, in another file.
 */
const SERVERS = [
  { name: 'DynamoDB Local', find: dynamodbLocal, broken: {} },
  {
    name: 'moto',
    find: moto,
    // Of moto only the shape of its answers can be relied on.
    broken: {
      'lets one of many win that make the same item': 'moto reads a condition and writes without a lock',
      'loses no increment, by compare-and-swap from two sides': 'moto reads a condition and writes without a lock',
      'changes two items together or not at all, whoever else does':
        'moto puts back a copy of all tables when a transaction fails, and with it loses the writes of others',
    },
  },
] as const;

for (const { name, find, broken } of SERVERS) {
  const server = await find();
  if (server === undefined) {
    test(`DynamodbCatalog on ${name} keeps the law of Catalog`, (t) => void leftOut(t, server, name));
    continue;
  }
  catalogSuite(
    `DynamodbCatalog on ${name}`,
    async (clock) => {
      const scope = new AsyncDisposableStack();
      const { table, client } = scope.use(await newTable(server));
      const open = (): Catalog => scope.use(openDynamodbCatalog({ table, client, now: () => clock.time }));
      return { catalog: open(), second: open, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
    },
    { broken },
  );
}

interface Opened extends AsyncDisposable {
  readonly table: TestTable;
  readonly proxy: FaultyProxy;
  readonly catalog: Catalog & AsyncDisposable;
  /** Another catalog over the same table, which does not go through the proxy. */
  readonly other: Catalog;
  readonly raw: DynamoDBClient;
}

/** A catalog over a new table, whose requests are counted on their way. */
async function opened(server: AwsServer, options: Partial<DynamodbCatalogOptions> = {}): Promise<Opened> {
  const scope = new AsyncDisposableStack();
  const table = scope.use(await newTable(server));
  const proxy = scope.use(await FaultyProxy.start(server.endpoint));
  proxy.fault = () => undefined;
  const counted = { ...table.client, endpoint: proxy.endpoint };
  const catalog = scope.use(openDynamodbCatalog({ table: table.table, client: counted, ...options }));
  const other = scope.use(openDynamodbCatalog({ table: table.table, client: table.client, ...options }));
  const raw = new DynamoDBClient(clientConfig(table.client));
  scope.defer(() => raw.destroy());
  return { table, proxy, catalog, other, raw, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

/** A test that needs DynamoDB Local. */
function onDynamodb(title: string, verify: (server: AwsServer, t: TestContext) => Promise<void>): void {
  test(title, async (t) => {
    const server = await dynamodbLocal();
    if (!leftOut(t, server, 'DynamoDB Local')) await verify(server, t);
  });
}

async function everything(raw: DynamoDBClient, table: string): Promise<Record<string, AttributeValue>[]> {
  return (await raw.send(new ScanCommand({ TableName: table, ConsistentRead: true }))).Items ?? [];
}

describe('DynamodbCatalog', () => {
  onDynamodb('keeps the attributes of its layout, and no others', async (server) => {
    await using subject = await opened(server);
    const { catalog, table, raw } = subject;
    const [stays, expires] = [newItem('p', 'a'), newItem('p', 'b', { expires: 4_000_000_000_000 })];
    await catalog.write([put(stays)]);
    await catalog.write([put(expires), put(newItem('p', 'c', { expires: 4_000_000_000_999 })), check('p', 'd', null)]);
    const [first, second, third] = await everything(raw, table.table);
    const common = { p: { S: 'p' }, d: { B: Uint8Array.of(1) } };
    assert.deepEqual(first, { ...common, s: { S: 'a' }, v: { S: stays.version } });
    const times = { x: { N: '4000000000000' }, t: { N: '4000000001' } };
    assert.deepEqual(second, { ...common, s: { S: 'b' }, v: { S: expires.version }, ...times });
    // Never before the item is over, and as soon after as whole seconds allow.
    assert.deepEqual([third!['x'], third!['t']], [{ N: '4000000000999' }, { N: '4000000001' }]);
  });

  onDynamodb('asks once for each call, and not at all where nothing can be', async (server) => {
    await using subject = await opened(server);
    const { catalog, proxy } = subject;
    const asked = async (call: Promise<unknown>): Promise<string[]> => {
      proxy.requests.length = 0;
      await call;
      return proxy.requests.map(({ operation }) => operation);
    };
    const items = ['a', 'b', 'c', 'd'].map((sort) => newItem('p', sort));
    assert.deepEqual(await asked(catalog.write(items.map((item) => put(item)))), ['TransactWriteItems']);
    assert.deepEqual(await asked(catalog.get('p', 'a')), ['GetItem']);
    assert.deepEqual(await asked(catalog.get('p', 'absent')), ['GetItem']);
    assert.deepEqual(await asked(catalog.list('p', { limit: 10 })), ['Query']);
    assert.deepEqual(await asked(catalog.write([put(newItem('p', 'e'))])), ['PutItem']);
    assert.deepEqual(await asked(catalog.write([remove(items[0]!)])), ['DeleteItem']);
    assert.deepEqual(await asked(catalog.write([check('p', 'a', null)])), ['TransactWriteItems']);
    assert.deepEqual(await asked(rejection(catalog.write([remove(items[0]!)]), 'conflict')), ['DeleteItem']);
    assert.deepEqual(await asked(catalog.list('p', { limit: 10, after: '~'.repeat(1024) })), []);
    assert.deepEqual(await asked(catalog.list('p', { limit: 10, prefix: 'a', after: 'b' })), []);
  });

  onDynamodb('takes the largest items under the longest keys, alone and together', async (server) => {
    await using subject = await opened(server);
    const { catalog } = subject;
    const long = (character: string): string => character.repeat(1024);
    const largest = (sort: string, bytes: number): Item => ({
      partition: long('p'),
      sort: long(sort),
      version: sort + long('v').slice(1),
      expires: 4_000_000_000_000,
      data: new Uint8Array(bytes).fill(0xff),
    });
    const alone = largest('z', CATALOG_LIMITS.itemBytes);
    await catalog.write([put(alone)]);
    assert.deepEqual(await catalog.get(alone.partition, alone.sort), alone);
    const each = CATALOG_LIMITS.writeBytes / CATALOG_LIMITS.operations;
    const sorts = Array.from({ length: CATALOG_LIMITS.operations }, (_, i) => String.fromCharCode(0x41 + i));
    await catalog.write(sorts.map((sort) => put(largest(sort, each))));
    const found: Item[] = [];
    let after: string | undefined;
    do {
      const page = await catalog.list(alone.partition, { limit: 1000, after });
      found.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    assert.deepEqual(
      found.map(({ sort, data }) => [sort, data.length]),
      [...sorts.map((sort) => [long(sort), each]), [alone.sort, alone.data.length]],
    );
  });

  onDynamodb('writes of a larger buffer what it is told, and gives bytes that are their own', async (server) => {
    await using subject = await opened(server);
    const { catalog } = subject;
    const buffer = Uint8Array.from({ length: 64 }, (_, i) => i);
    await catalog.write([put(newItem('p', 'alone', { data: buffer.subarray(8, 12) }))]);
    await catalog.write(['a', 'b'].map((sort) => put(newItem('p', sort, { data: buffer.subarray(16, 20) }))));
    const alone = Uint8Array.of(8, 9, 10, 11);
    const together = Uint8Array.of(16, 17, 18, 19);
    const got = await catalog.get('p', 'alone');
    const { items } = await catalog.list('p', { limit: 3 });
    const found = [got!, ...items].map(({ data }) => data);
    assert.deepEqual(found, [alone, together, alone, together]);
    for (const data of found) assert.equal(data.buffer.byteLength, 4);
  });

  onDynamodb('gives an empty page and goes on where items are past their time', async (server) => {
    const clock = { time: 1_000_000 };
    await using subject = await opened(server, { now: () => clock.time });
    const { catalog } = subject;
    await catalog.write(['a', 'b', 'c'].map((sort) => put(newItem('p', sort, { expires: 1_000_000 }))));
    await catalog.write([put(newItem('p', 'd'))]);
    clock.time++;
    assert.deepEqual(await catalog.list('p', { limit: 2 }), { items: [], next: 'b' });
    const { items } = await catalog.list('p', { limit: 2, after: 'b' });
    assert.deepEqual(
      items.map(({ sort }) => sort),
      ['d'],
    );
  });

  onDynamodb('loses no increment of 200 on five counters, from two sides', async (server) => {
    await using subject = await opened(server);
    const { catalog, other } = subject;
    const sorts = ['0', '1', '2', '3', '4'];
    await catalog.write(sorts.map((sort) => put(newItem('p', sort, { data: numberData(0) }))));
    await Promise.all(
      Array.from({ length: 10 }, async (_, worker) => {
        for (let i = 0; i < 20; i++) {
          const side = worker % 2 === 0 ? catalog : other;
          await compareAndSwap(side, [sorts[worker % 5]!], ([count]) => [count! + 1]);
        }
      }),
    );
    const { items } = await other.list('p', { limit: 5 });
    assert.deepEqual(
      items.map(({ data }) => numberOf(data)),
      [40, 40, 40, 40, 40],
    );
  });

  onDynamodb('makes a transaction whole or not at all, whoever else writes', async (server) => {
    await using subject = await opened(server);
    const { catalog, other } = subject;
    const sorts = ['a', 'b', 'c', 'd'];
    await catalog.write(sorts.map((sort) => put(newItem('p', sort))));
    const { items: before } = await catalog.list('p', { limit: 4 });
    let won = 0;
    // All expect the same versions, so of each round one wins.
    for (let round = 0, present: readonly Item[] = before; round < 5; round++) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 12 }, (_, writer) => {
          const data = numberData(round * 100 + writer);
          const order = writer % 2 === 0 ? present : present.toReversed();
          const side = writer % 3 === 0 ? catalog : other;
          return side.write(order.map(({ sort, version }) => put(newItem('p', sort, { data }), version)));
        }),
      );
      won += outcomes.filter(({ status }) => status === 'fulfilled').length;
      present = (await catalog.list('p', { limit: 4 })).items;
      assert.equal(new Set(present.map(({ data }) => numberOf(data))).size, 1, 'the items are of different writes');
    }
    assert.equal(won, 5);
  });

  onDynamodb('names the table that is not there, whatever is asked of it', async (server) => {
    const { endpoint, credentials, region } = server;
    const table = `absent-${randomUUID()}`;
    await using catalog = openDynamodbCatalog({ table, client: { endpoint, credentials, region } });
    await refusesAll(catalog, table);
  });

  onDynamodb('names the table that has another shape, whatever is asked of it', async (server) => {
    const { endpoint, credentials, region } = server;
    const client = { endpoint, credentials, region };
    const raw = new DynamoDBClient(clientConfig(client));
    for (const keys of [
      [{ name: 'id', type: 'S' }],
      [
        { name: 'p', type: 'S' },
        { name: 's', type: 'N' },
      ],
      [
        { name: 's', type: 'S' },
        { name: 'name', type: 'S' },
      ],
    ] as const) {
      const table = `other-shape-${randomUUID()}`;
      await raw.send(
        new CreateTableCommand({
          TableName: table,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: keys.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
          KeySchema: keys.map(({ name }, i) => ({ AttributeName: name, KeyType: i === 0 ? 'HASH' : 'RANGE' })),
        }),
      );
      await using catalog = openDynamodbCatalog({ table, client });
      await refusesAll(catalog, table);
    }
    raw.destroy();
  });

  async function refusesAll(catalog: Catalog, table: string): Promise<void> {
    for (const call of [
      () => catalog.get('p', 's'),
      () => catalog.list('p', { limit: 1 }),
      () => catalog.write([put(newItem('p', 's'))]),
      () => catalog.write([remove(newItem('p', 's'))]),
      () => catalog.write([put(newItem('p', 's')), check('p', 'other', null)]),
    ]) {
      const { message } = await rejection(call(), 'bad-configuration');
      assert.ok(message.includes(table));
    }
  }

  onDynamodb('reports an item that no catalog wrote', async (server) => {
    await using subject = await opened(server);
    const { catalog, table, raw } = subject;
    await raw.send(new PutItemCommand({ TableName: table.table, Item: { p: { S: 'p' }, s: { S: 's' } } }));
    await rejection(catalog.get('p', 's'), 'damaged');
    await rejection(catalog.list('p', { limit: 1 }), 'damaged');
  });

  onDynamodb('finishes the calls under way before it closes, and takes no more', async (server) => {
    await using subject = await opened(server);
    const { catalog, other, proxy } = subject;
    const items = Array.from({ length: 5 }, (_, i) => newItem('p', `${i}`));
    const writing = Promise.all(items.map((item) => catalog.write([put(item)])));
    await catalog[Symbol.asyncDispose]();
    await writing;
    assert.equal((await other.list('p', { limit: 9 })).items.length, 5);
    proxy.requests.length = 0;
    await rejection(catalog.get('p', '0'), 'unexpected');
    await rejection(catalog.list('p', { limit: 1 }), 'unexpected');
    await rejection(catalog.list('p', { limit: 1, after: '~'.repeat(1024) }), 'unexpected');
    await rejection(catalog.write([put(newItem('p', 's'))]), 'unexpected');
    assert.equal(proxy.requests.length, 0);
    await catalog[Symbol.asyncDispose]();
  });

  onDynamodb('leaves no listener on a signal that outlives its calls', async (server) => {
    await using subject = await opened(server);
    const { catalog } = subject;
    const { signal } = new AbortController();
    for (let i = 0; i < 5; i++) {
      await catalog.write([put(newItem('p', `${i}`))], { signal });
      await rejection(catalog.write([put(newItem('p', `${i}`))], { signal }), 'conflict');
      await catalog.get('p', `${i}`, { signal });
      await catalog.list('p', { limit: 2, signal });
    }
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  });
});
