/** What a catalog makes of a network that breaks, between it and a DynamoDB that does not. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import type { AwsClientOptions } from '../../src/aws/client-options.ts';
import { openDynamodbCatalog } from '../../src/catalogs/dynamodb.ts';
import type { Catalog, Item, WriteOperation } from '../../src/ports.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { check, compareAndSwap, newItem, numberData, numberOf, put, remove } from '../../src/testing/test-items.ts';
import { newTable } from '../support/aws/dynamodb-table.ts';
import { FaultyProxy } from '../support/aws/faulty-proxy.ts';
import type { ProxyFault } from '../support/aws/faulty-proxy.ts';
import { dynamodbLocal, leftOut } from '../support/aws/servers.ts';

interface Behind extends AsyncDisposable {
  readonly proxy: FaultyProxy;
  /** Over the network that breaks. */
  readonly catalog: Catalog;
  /** Over one that does not. */
  readonly direct: Catalog;
}

/** A test that needs DynamoDB Local, with a proxy in front of it. */
function behindFaults(
  title: string,
  verify: (behind: Behind) => Promise<void>,
  options: Omit<AwsClientOptions, 'endpoint'> = {},
): void {
  test(title, async (t) => {
    const server = await dynamodbLocal();
    if (leftOut(t, server, 'DynamoDB Local')) return;
    await using scope = new AsyncDisposableStack();
    const { table, client } = scope.use(await newTable(server));
    const proxy = scope.use(await FaultyProxy.start(server.endpoint));
    proxy.fault = () => undefined;
    const broken = { ...client, ...options, endpoint: proxy.endpoint };
    const catalog = scope.use(openDynamodbCatalog({ table, client: broken }));
    const direct = scope.use(openDynamodbCatalog({ table, client }));
    await verify({ proxy, catalog, direct, [Symbol.asyncDispose]: async () => undefined });
  });
}

/** The next request goes wrong, and those after it do not. */
function once(proxy: FaultyProxy, fault: ProxyFault): void {
  proxy.requests.length = 0;
  proxy.fault = (_, index) => (index === 0 ? fault : undefined);
}

/** Milliseconds; more than an answer takes on a machine that has much to do. */
const SILENCE = 1000;

const BEFORE: readonly ProxyFault[] = [
  { kind: 'refuse', status: 500, code: 'InternalServerError' },
  { kind: 'refuse', status: 503, code: 'ServiceUnavailable' },
  { kind: 'refuse', status: 400, code: 'ThrottlingException' },
  { kind: 'cut-request', bytes: 10 },
  { kind: 'stall', milliseconds: 10 * SILENCE },
];
const AFTER: readonly ProxyFault[] = [
  { kind: 'lose-answer' },
  { kind: 'fail-after', status: 500, code: 'InternalServerError' },
  { kind: 'cut-answer', bytes: 1 },
  { kind: 'stall', milliseconds: 10 * SILENCE, answered: 1 },
];

interface Change {
  readonly name: string;
  /** What is there before. */
  readonly present: readonly Item[];
  readonly operations: readonly WriteOperation[];
  readonly after: readonly Item[];
}

/** One change of each kind, in a partition that nobody had before. */
function changes(): Change[] {
  const partition = randomUUID();
  const [old, gone, checked] = ['b', 'c', 'd'].map((sort) => newItem(partition, sort)) as [Item, Item, Item];
  const [fresh, newer] = ['a', 'b'].map((sort) => newItem(partition, sort)) as [Item, Item];
  return [
    { name: 'a put of a new item', present: [], operations: [put(fresh)], after: [fresh] },
    { name: 'a put over an item', present: [old], operations: [put(newer, old.version)], after: [newer] },
    { name: 'a remove', present: [gone], operations: [remove(gone)], after: [] },
    {
      name: 'four changes together',
      present: [old, gone, checked],
      operations: [put(fresh), put(newer, old.version), remove(gone), check(partition, checked.sort, checked.version)],
      after: [fresh, newer, checked],
    },
  ];
}

async function versions(catalog: Catalog, change: Change): Promise<string[]> {
  const [operation] = change.operations;
  const { partition } = operation!.type === 'put' ? operation!.item : operation!;
  return (await catalog.list(partition, { limit: 10 })).items.map(({ version }) => version);
}

const versionsOf = (items: readonly Item[]): string[] => items.map(({ version }) => version);

function label(fault: ProxyFault): string {
  return 'code' in fault ? `${fault.kind} ${fault.code}` : fault.kind;
}

describe('DynamodbCatalog behind a network that breaks', { concurrency: 4 }, () => {
  for (const fault of [...BEFORE, ...AFTER]) {
    const moment = AFTER.includes(fault) ? 'after' : 'before';
    behindFaults(
      `makes each change once when its first request breaks ${moment} it took effect: ${label(fault)}`,
      async ({ proxy, catalog, direct }) => {
        for (const change of changes()) {
          if (change.present.length > 0) await direct.write(change.present.map((item) => put(item)));
          once(proxy, fault);
          const writing = catalog.write(change.operations);
          // Who removed what is gone, nothing tells.
          if (moment === 'after' && change.name === 'a remove') await rejection(writing, 'unavailable');
          else await writing;
          assert.deepEqual(await versions(direct, change), versionsOf(change.after), change.name);
          assert.equal(proxy.requests.length, 2, change.name);
          if (change.after.length > 0) {
            await direct.write(change.after.map((item) => remove(item)));
          }
        }
      },
      fault.kind === 'stall' ? { silenceTimeout: SILENCE } : {},
    );

    behindFaults(
      `reads when the first request breaks: ${label(fault)}`,
      async ({ proxy, catalog, direct }) => {
        const item = newItem('p', 's');
        await direct.write([put(item)]);
        once(proxy, fault);
        assert.deepEqual(await catalog.get('p', 's'), item);
        assert.equal(proxy.requests.length, 2);
        once(proxy, fault);
        assert.deepEqual((await catalog.list('p', { limit: 1 })).items, [item]);
        assert.equal(proxy.requests.length, 2);
      },
      fault.kind === 'stall' ? { silenceTimeout: SILENCE } : {},
    );
  }

  behindFaults(
    'gives up after the tries that it has, and has changed nothing that was refused',
    async ({ proxy, catalog, direct }) => {
      proxy.fault = () => ({ kind: 'refuse', status: 500, code: 'InternalServerError' });
      for (const change of changes()) {
        if (change.present.length > 0) await direct.write(change.present.map((item) => put(item)));
        proxy.requests.length = 0;
        await rejection(catalog.write(change.operations), 'unavailable');
        assert.equal(proxy.requests.length, 3);
        assert.deepEqual(await versions(direct, change), versionsOf(change.present), change.name);
        if (change.present.length > 0) await direct.write(change.present.map((item) => remove(item)));
      }
      await rejection(catalog.get('p', 's'), 'unavailable');
      await rejection(catalog.list('p', { limit: 1 }), 'unavailable');
    },
    { maxAttempts: 3 },
  );

  behindFaults(
    'says that nobody can tell when every answer is lost',
    async ({ proxy, catalog, direct }) => {
      proxy.fault = () => ({ kind: 'lose-answer' });
      for (const change of changes()) {
        if (change.present.length > 0) await direct.write(change.present.map((item) => put(item)));
        proxy.requests.length = 0;
        await rejection(catalog.write(change.operations), 'unavailable');
        assert.equal(proxy.requests.length, 3);
        assert.deepEqual(await versions(direct, change), versionsOf(change.after), change.name);
        if (change.after.length > 0) await direct.write(change.after.map((item) => remove(item)));
      }
    },
    { maxAttempts: 3 },
  );

  behindFaults('tells a conflict after a refusal, and not after a lost answer', async ({ proxy, catalog, direct }) => {
    const first = newItem('p', 's');
    await direct.write([put(first)]);
    once(proxy, { kind: 'refuse', status: 400, code: 'ThrottlingException' });
    await rejection(catalog.write([put(newItem('p', 's'))]), 'conflict');
    await rejection(catalog.write([remove(newItem('p', 's'))]), 'conflict');

    // Ours is written, its answer lost, and somebody else is there before we ask again.
    const [ours, theirs] = [newItem('p', 's'), newItem('p', 's')];
    let replaced: Promise<void> | undefined;
    proxy.requests.length = 0;
    proxy.fault = (_, index) => {
      if (index === 0) return { kind: 'lose-answer' };
      replaced = direct.write([put(theirs, ours.version)]);
      return { kind: 'stall', milliseconds: 500 };
    };
    await rejection(catalog.write([put(ours, first.version)]), 'unavailable');
    await replaced;
    assert.equal((await direct.get('p', 's'))?.version, theirs.version);
  });

  behindFaults('knows its transaction by the token though others came after it', async ({ proxy, catalog, direct }) => {
    const [ours, theirs] = [newItem('p', 's'), newItem('p', 's')];
    let replaced: Promise<void> | undefined;
    proxy.fault = (_, index) => {
      if (index === 0) return { kind: 'lose-answer' };
      replaced = direct.write([put(theirs, ours.version)]);
      return { kind: 'stall', milliseconds: 500 };
    };
    await catalog.write([put(ours), check('p', 'other', null)]);
    await replaced;
    assert.equal((await direct.get('p', 's'))?.version, theirs.version);
  });

  behindFaults(
    'waits out a silence that is shorter than it may be',
    async ({ proxy, catalog }) => {
      once(proxy, { kind: 'stall', milliseconds: 300 });
      await catalog.write([put(newItem('p', 's'))]);
      assert.equal(proxy.requests.length, 1);
    },
    { silenceTimeout: 5000 },
  );

  behindFaults(
    'asks once more for each refusal when three of ten are throttled',
    async ({ proxy, catalog, direct }) => {
      const sorts = ['0', '1', '2', '3', '4'];
      await direct.write(sorts.map((sort) => put(newItem('p', sort, { data: numberData(0) }))));
      let throttled = 0;
      proxy.fault = (_, index) => {
        if (![1, 4, 7].includes(index % 10)) return undefined;
        throttled++;
        return { kind: 'refuse', status: 400, code: 'ThrottlingException' };
      };
      let turns = 0;
      const increment = async (sort: string): Promise<void> => {
        for (let i = 0; i < 2; i++) {
          const conflicts = await compareAndSwap(catalog, [sort], ([count]) => [count! + 1]);
          turns += conflicts + 1;
        }
      };
      await Promise.all([...sorts, ...sorts].map(increment));
      const { items } = await direct.list('p', { limit: 5 });
      assert.deepEqual(
        items.map(({ data }) => numberOf(data)),
        [4, 4, 4, 4, 4],
      );
      assert.ok(throttled > 10);
      // Each turn reads and writes.
      assert.equal(proxy.requests.length, 2 * turns + throttled);
    },
  );

  for (const fault of [
    { kind: 'stall', milliseconds: 10_000 },
    { kind: 'refuse', status: 400, code: 'ThrottlingException' },
  ] as const) {
    behindFaults(`stops at once when it is cancelled while it waits: ${label(fault)}`, async ({ proxy, catalog }) => {
      const calls: ((signal: AbortSignal) => Promise<unknown>)[] = [
        (signal) => catalog.get('p', 's', { signal }),
        (signal) => catalog.list('p', { limit: 1, signal }),
        (signal) => catalog.write([put(newItem('p', 's'))], { signal }),
        (signal) => catalog.write([put(newItem('p', 's')), check('p', 'other', null)], { signal }),
      ];
      for (const call of calls) {
        const controller = new AbortController();
        proxy.requests.length = 0;
        proxy.fault = () => {
          // Once the answer is there, if there is one.
          setTimeout(() => controller.abort(), 20);
          return fault;
        };
        await rejection(call(controller.signal), 'cancelled');
        // It may have asked once more before that: it waits for a random time.
        assert.ok(proxy.requests.length <= 2);
      }
    });
  }
});
