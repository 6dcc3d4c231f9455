/** The law of `Catalog` as tests: call `catalogSuite` in a test file of `node:test`, with a catalog of your own. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { isSealroomError } from '../errors.ts';
import { CATALOG_LIMITS, type Catalog, type Item, type ListOptions, type WriteOperation } from '../ports.ts';
import { rejection } from './rejects.ts';
import { check, compareAndSwap, newItem, numberData, put, remove } from './test-items.ts';

export interface CatalogSubject extends AsyncDisposable {
  readonly catalog: Catalog;
  /** Another catalog over the same storage, as another process would open it; the same one where none can be. */
  readonly second: () => Catalog | Promise<Catalog>;
}

/** The clock of one test: the catalog asks it for the time. */
export interface TestClock {
  /** Milliseconds since 1970. */
  time: number;
}

/** Loaded by the suite alone: whoever wants only stores in memory needs no fast-check. */
const properties = (): Promise<typeof import('fast-check')> => import('fast-check');

const WRONG_KEYS = ['', ' ', 'a b', 'a\n', 'ä', '\u007f', '\u0000', 'a'.repeat(1025)];

export interface CatalogSuiteOptions {
  /**
   * Laws that a store is known to break, where nothing but the shape of its answers is wanted: title of the law -> why.
   * Each is named as skipped.
   */
  readonly broken?: Readonly<Record<string, string>> | undefined;
}

/** @param factory called once for each test, which disposes what it gets; the clock starts at the present */
export function catalogSuite(
  name: string,
  factory: (clock: TestClock) => CatalogSubject | Promise<CatalogSubject>,
  { broken = {} }: CatalogSuiteOptions = {},
): void {
  const unknown = new Set(Object.keys(broken));
  const law = (title: string, verify: (subject: CatalogSubject & { clock: TestClock }) => Promise<void>): void => {
    unknown.delete(title);
    test(title, { skip: broken[title] ?? false }, async () => {
      const clock = { time: Date.now() };
      await using subject = await factory(clock);
      await verify({ ...subject, clock });
    });
  };

  describe(`${name} keeps the law of Catalog`, () => {
    law('gives back what was put', async ({ catalog }) => {
      const items = [
        newItem('p', 'empty', { data: new Uint8Array(0) }),
        newItem('p', 'bytes', { data: Uint8Array.from({ length: 256 }, (_, i) => i) }),
        newItem('p', 'largest', { data: new Uint8Array(CATALOG_LIMITS.itemBytes).fill(0xa5) }),
        newItem('p', 'expires', { expires: Date.now() + 86_400_000 }),
        newItem('P'.repeat(1024), '~'.repeat(1024)),
      ];
      for (const item of items) await catalog.write([put(item)]);
      for (const item of items) assert.deepEqual(plain(await catalog.get(item.partition, item.sort)), plain(item));
      assert.equal(await catalog.get('p', 'absent'), undefined);
      assert.equal(await catalog.get('absent', 'empty'), undefined);
    });

    law('keeps copies, and gives copies', async ({ catalog }) => {
      const data = Uint8Array.of(1, 2, 3);
      await catalog.write([put(newItem('p', 's', { data }))]);
      data.fill(9);
      const found = await catalog.get('p', 's');
      assert.deepEqual(found?.data, Uint8Array.of(1, 2, 3));
      found.data.fill(9);
      const [listed] = (await catalog.list('p', { limit: 1 })).items;
      assert.deepEqual(listed?.data, Uint8Array.of(1, 2, 3));
    });

    law('replaces, removes and checks at the version that it is told', async ({ catalog }) => {
      const [first, other] = [newItem('p', 'a'), newItem('p', 'b')];
      await catalog.write([put(first), put(other)]);
      const replaced = newItem('p', 'a');
      await catalog.write([put(replaced, first.version), check('p', 'b', other.version), check('p', 'c', null)]);
      assert.deepEqual(await all(catalog, 'p'), [replaced, other].map(plain));
      await catalog.write([remove(replaced), check('p', 'b', other.version)]);
      assert.deepEqual(await all(catalog, 'p'), [plain(other)]);
      await catalog.write([put(newItem('p', 'a'))]);
    });

    law('changes nothing when any version is another, wherever that operation stands', async ({ catalog }) => {
      const [present, replaced, removed] = [newItem('p', 'present'), newItem('p', 'replaced'), newItem('p', 'removed')];
      await catalog.write([put(present), put(replaced), put(removed)]);
      const before = await all(catalog, 'p');
      const conflicts: WriteOperation[] = [
        put(newItem('p', 'present'), null),
        put(newItem('p', 'present'), 'another'),
        put(newItem('p', 'absent'), 'another'),
        remove(newItem('p', 'present')),
        remove(newItem('p', 'absent')),
        check('p', 'present', null),
        check('p', 'present', 'another'),
        check('p', 'absent', 'another'),
      ];
      for (const conflict of conflicts) {
        const good = [put(newItem('p', 'new')), put(newItem('p', 'replaced'), replaced.version), remove(removed)];
        for (let place = 0; place <= good.length; place++) {
          await rejection(catalog.write(good.toSpliced(place, 0, conflict)), 'conflict');
          assert.deepEqual(await all(catalog, 'p'), before);
        }
        await rejection(catalog.write([conflict]), 'conflict');
      }
      assert.deepEqual(await all(catalog, 'p'), before);
    });

    law('checks alone', async ({ catalog }) => {
      const item = newItem('p', 's');
      await catalog.write([check('p', 's', null)]);
      await catalog.write([put(item)]);
      await catalog.write([check('p', 's', item.version), check('p', 'other', null)]);
      await rejection(catalog.write([check('p', 's', null)]), 'conflict');
    });

    law(
      'takes as many operations and bytes as the limits say, over several partitions, and no more',
      async (subject) => {
        const { catalog } = subject;
        const { operations, itemBytes, writeBytes } = CATALOG_LIMITS;
        await rejection(catalog.write([]), 'usage');
        await rejection(catalog.write(manyPuts(operations + 1, 1)), 'usage');
        await rejection(catalog.write(manyPuts(1, itemBytes + 1)), 'limit');
        await rejection(catalog.write(manyPuts(9, Math.ceil(writeBytes / 9) + 1)), 'limit');
        await rejection(catalog.write([put(newItem('p', 's')), check('p', 's', null)]), 'usage');
        for (const partition of ['p0', 'p1', 'p2']) assert.deepEqual(await all(catalog, partition), []);

        await catalog.write(manyPuts(operations, writeBytes / operations));
        const counts = [];
        for (const partition of ['p0', 'p1', 'p2']) counts.push((await all(catalog, partition)).length);
        assert.deepEqual(counts, [9, 8, 8]);
      },
    );

    law('refuses keys outside the grammar', async ({ catalog }) => {
      for (const key of WRONG_KEYS) {
        await rejection(catalog.get(key, 's'), 'usage');
        await rejection(catalog.get('p', key), 'usage');
        await rejection(catalog.list(key, { limit: 1 }), 'usage');
        await rejection(catalog.write([put(newItem(key, 's'))]), 'usage');
        await rejection(catalog.write([put(newItem('p', key))]), 'usage');
        await rejection(catalog.write([check('p', key, null)]), 'usage');
      }
      for (const limit of [0, -1, 1.5, CATALOG_LIMITS.listLimit + 1, Number.NaN]) {
        await rejection(catalog.list('p', { limit }), 'usage');
      }
    });

    law('lists by byte, each partition for itself', async ({ catalog }) => {
      const sorts = Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i));
      sorts.push('AA', 'a!', 'a~', '00', '0-0', '~~');
      const items = sorts.map((sort) => newItem('p', sort));
      const foreign = ['P', 'pp', 'p!', 'o', 'q'].map((partition) => newItem(partition, '5'));
      await writeAll(catalog, [...items, ...foreign]);
      const expected = items.map(plain).sort(bySort);
      assert.deepEqual(await all(catalog, 'p'), expected);
      assert.deepEqual(await all(catalog, 'p', { reverse: true }), expected.toReversed());
      assert.deepEqual(
        await all(catalog, 'p', { prefix: 'a' }),
        expected.filter(({ sort }) => sort.startsWith('a')),
      );
      assert.deepEqual(
        await all(catalog, 'p', { prefix: '~', reverse: true, limit: 1 }),
        expected.slice(-2).toReversed(),
      );
      assert.deepEqual(await catalog.list('absent', { limit: 5 }), { items: [] });
    });

    law('pages through what a model says, from anywhere, both ways', async ({ catalog }) => {
      const fc = await properties();
      const key = fc.string({ unit: fc.constantFrom('!', '-', '0', 'A', 'a', '~'), minLength: 1, maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(key, { maxLength: 20 }),
          fc.record(
            {
              after: key,
              prefix: fc.oneof(key, fc.constant('')),
              reverse: fc.boolean(),
              limit: fc.integer({ min: 1, max: 25 }),
            },
            { requiredKeys: ['limit'] },
          ),
          async (sorts, options) => {
            const partition = randomUUID();
            const items = sorts.map((sort) => newItem(partition, sort));
            await writeAll(catalog, items);
            assert.deepEqual(await all(catalog, partition, options), modelList(items, options).map(plain));
          },
        ),
        { numRuns: 40 },
      );
    });

    law('pages through items that are large', async ({ catalog }) => {
      const items = Array.from({ length: 20 }, (_, i) =>
        newItem('p', `${100 + i}`, { data: new Uint8Array(300_000).fill(i) }),
      );
      await writeAll(catalog, items);
      assert.deepEqual(await all(catalog, 'p', { limit: 1000 }), items.map(plain));
    });

    law('does what a model does, write after write', async ({ catalog }) => {
      const fc = await properties();
      const change = fc.record({
        sort: fc.constantFrom('a', 'b', 'c'),
        type: fc.constantFrom('put' as const, 'remove' as const, 'check' as const),
        expect: fc.constantFrom(
          'right' as const,
          'right' as const,
          'right' as const,
          'null' as const,
          'stale' as const,
        ),
      });
      const write = fc.uniqueArray(change, { selector: ({ sort }) => sort, minLength: 1, maxLength: 3 });
      await fc.assert(
        fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 12 }), async (writes) => {
          const partition = randomUUID();
          const model = new Map<string, Item>();
          for (const changes of writes) {
            const operations = changes.map((choice) => operationOf(choice, partition, model.get(choice.sort)));
            const fits = operations.every(
              (operation) => operation.expect === (model.get(sortOf(operation))?.version ?? null),
            );
            if (!fits) {
              await rejection(catalog.write(operations), 'conflict');
              continue;
            }
            await catalog.write(operations);
            for (const operation of operations) {
              if (operation.type === 'put') model.set(operation.item.sort, operation.item);
              else if (operation.type === 'remove') model.delete(operation.sort);
            }
          }
          assert.deepEqual(await all(catalog, partition), [...model.values()].map(plain).sort(bySort));
        }),
        { numRuns: 40 },
      );
    });

    law('takes an item for absent past its time, in reads and in conditions', async ({ catalog, clock }) => {
      const start = clock.time;
      const sorts = ['put', 'put-version', 'remove', 'check', 'check-version'];
      const items = sorts.map((sort) => newItem('p', sort, { expires: start + 10_000 }));
      const stays = newItem('p', 'stays');
      const later = newItem('p', 'later', { expires: start + 30_000 });
      await writeAll(catalog, [...items, stays, later]);
      clock.time = start + 10_000;
      assert.equal((await all(catalog, 'p')).length, 7);
      assert.notEqual(await catalog.get('p', 'put'), undefined);

      clock.time = start + 10_001;
      for (const { sort } of items) assert.equal(await catalog.get('p', sort), undefined);
      assert.deepEqual(await all(catalog, 'p', { limit: 1 }), [later, stays].map(plain));
      assert.deepEqual(await all(catalog, 'p', { limit: 1, reverse: true }), [stays, later].map(plain));

      const versionOf = (sort: string): string => items.find((item) => item.sort === sort)!.version;
      await rejection(catalog.write([put(newItem('p', 'put-version'), versionOf('put-version'))]), 'conflict');
      await rejection(catalog.write([remove(items.find(({ sort }) => sort === 'remove')!)]), 'conflict');
      await rejection(catalog.write([check('p', 'check-version', versionOf('check-version'))]), 'conflict');
      await catalog.write([check('p', 'check', null)]);
      const fresh = newItem('p', 'put', { expires: start + 20_000 });
      await catalog.write([put(fresh, null)]);
      assert.deepEqual(plain(await catalog.get('p', 'put')), plain(fresh));
      assert.deepEqual(await all(catalog, 'p'), [later, fresh, stays].map(plain));
    });

    law('lets an item stay that loses its expiry', async ({ catalog, clock }) => {
      const item = newItem('p', 's', { expires: clock.time + 10_000 });
      await catalog.write([put(item)]);
      const kept = newItem('p', 's');
      await catalog.write([put(kept, item.version)]);
      clock.time += 20_000;
      assert.deepEqual(plain(await catalog.get('p', 's')), plain(kept));
    });

    law('lets one of many win that make the same item', async ({ catalog, second }) => {
      const catalogs = [catalog, await second()];
      const items = Array.from({ length: 10 }, () => newItem('p', 's'));
      const outcomes = await Promise.allSettled(items.map((item, i) => catalogs[i % 2]!.write([put(item)])));
      const won = items.filter((_, i) => outcomes[i]!.status === 'fulfilled');
      assert.equal(won.length, 1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') assert.ok(isSealroomError(outcome.reason, 'conflict'));
      }
      for (const one of catalogs) assert.deepEqual(plain(await one.get('p', 's')), plain(won[0]));
    });

    law('loses no write of many that meet', async ({ catalog, second }) => {
      const catalogs = [catalog, await second()];
      const items = Array.from({ length: 60 }, (_, i) => newItem('p', `${100 + i}`));
      await Promise.all(items.map((item, i) => catalogs[i % 2]!.write([put(item)])));
      assert.deepEqual(await all(catalog, 'p'), items.map(plain));
    });

    law('loses no increment, by compare-and-swap from two sides', async ({ catalog, second }) => {
      const catalogs = [catalog, await second()];
      await catalog.write([put(newItem('p', 'count', { data: numberData(0) }))]);
      await Promise.all(
        Array.from({ length: 6 }, async (_, worker) => {
          for (let i = 0; i < 10; i++) {
            await compareAndSwap(catalogs[worker % 2]!, ['count'], ([count]) => [count! + 1]);
          }
        }),
      );
      assert.deepEqual((await catalog.get('p', 'count'))?.data, numberData(60));
    });

    law('changes two items together or not at all, whoever else does', async ({ catalog, second }) => {
      const catalogs = [catalog, await second()];
      await catalog.write(['a', 'b'].map((sort) => put(newItem('p', sort, { data: numberData(100) }))));
      await Promise.all(
        Array.from({ length: 6 }, async (_, worker) => {
          const names = worker % 2 === 0 ? ['a', 'b'] : ['b', 'a'];
          for (let i = 0; i < 5; i++) {
            await compareAndSwap(catalogs[worker % 2]!, names, ([from, to]) => [from! - 1, to! + 1]);
          }
        }),
      );
      for (const sort of ['a', 'b']) assert.deepEqual((await catalog.get('p', sort))?.data, numberData(100));
    });

    law('shows another process what it did as soon as it did it', async ({ catalog, second }) => {
      const other = await second();
      for (let i = 0; i < 10; i++) {
        const [mine, theirs] = [newItem('p', `mine${i}`), newItem('p', `theirs${i}`)];
        await catalog.write([put(mine)]);
        assert.deepEqual(plain(await other.get('p', mine.sort)), plain(mine));
        await other.write([put(theirs), remove(mine)]);
        assert.deepEqual(
          await all(catalog, 'p', { prefix: 'theirs', reverse: true, limit: 1 }).then(([item]) => item),
          plain(theirs),
        );
        assert.equal(await catalog.get('p', mine.sort), undefined);
      }
    });

    law('does nothing once the signal has fired', async ({ catalog }) => {
      const signal = AbortSignal.abort();
      await rejection(catalog.get('p', 's', { signal }), 'cancelled');
      await rejection(catalog.list('p', { limit: 1, signal }), 'cancelled');
      await rejection(catalog.write([put(newItem('p', 's'))], { signal }), 'cancelled');
      assert.equal(await catalog.get('p', 's'), undefined);
    });

    assert.deepEqual([...unknown], [], 'a law that is said to be broken has another title');
  });
}

/** Puts of items of one length, over three partitions. */
function manyPuts(count: number, bytes: number): WriteOperation[] {
  return Array.from({ length: count }, (_, i) => put(newItem(`p${i % 3}`, `${i}`, { data: new Uint8Array(bytes) })));
}

function operationOf(
  choice: { readonly sort: string; readonly type: WriteOperation['type']; readonly expect: 'right' | 'null' | 'stale' },
  partition: string,
  present: Item | undefined,
): WriteOperation {
  const { sort, type } = choice;
  const versions = { right: present?.version ?? null, null: null, stale: 'stale' };
  const expect = versions[choice.expect];
  if (type === 'put') return put(newItem(partition, sort), expect);
  return type === 'check' ? check(partition, sort, expect) : { type, partition, sort, expect: expect ?? 'none' };
}

function sortOf(operation: WriteOperation): string {
  return operation.type === 'put' ? operation.item.sort : operation.sort;
}

async function writeAll(catalog: Catalog, items: readonly Item[]): Promise<void> {
  for (let start = 0; start < items.length; start += 8) {
    await catalog.write(items.slice(start, start + 8).map((item) => put(item)));
  }
}

/** All pages, one after the other. */
async function all(
  catalog: Catalog,
  partition: string,
  options: Partial<Omit<ListOptions, 'signal'>> = {},
): Promise<object[]> {
  const limit = options.limit ?? 7;
  const items: Item[] = [];
  let after = options.after;
  do {
    const page = await catalog.list(partition, { ...options, limit, after });
    assert.ok(page.items.length <= limit, 'a page holds more than was asked for');
    assert.ok(page.next === undefined || page.next !== after, 'paging stands still');
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return items.map(plain);
}

function modelList(items: readonly Item[], options: Omit<ListOptions, 'signal'>): Item[] {
  const { after, prefix = '', reverse = false } = options;
  const found = items.filter(({ sort }) => sort.startsWith(prefix)).sort(bySort);
  if (reverse) found.reverse();
  return found.filter(({ sort }) => after === undefined || (reverse ? sort < after : sort > after));
}

function bySort(a: { readonly sort: string }, b: { readonly sort: string }): number {
  return a.sort < b.sort ? -1 : 1;
}

/** An item as it may be compared, whatever made it. */
function plain(item: Item | undefined): { sort: string } {
  assert.ok(item !== undefined, 'an item is absent');
  const { partition, sort, version, expires, data } = item;
  return { partition, sort, version, expires, data: Buffer.from(data).toString('base64') } as { sort: string };
}
