import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { openSqliteCatalog, type SqliteCatalog, type SqliteCatalogOptions } from '../../src/catalogs/sqlite.ts';
import { catalogSuite } from '../../src/testing/catalog-suite.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { newItem, numberData, numberOf, put, remove } from '../../src/testing/test-items.ts';
import { Child } from '../support/child.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const NOBODY = 65_534;

catalogSuite('SqliteCatalog', async (clock) => {
  const scope = new AsyncDisposableStack();
  const folder = scope.use(await temporaryFolder());
  const openAnother = async (): Promise<SqliteCatalog> =>
    scope.use(await openSqliteCatalog(join(folder.path, 'catalog.db'), { create: true, now: () => clock.time }));
  return {
    catalog: await openAnother(),
    second: openAnother,
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
});

/** A new catalog in a folder of its own. */
async function newCatalog(
  options: SqliteCatalogOptions = {},
): Promise<{ catalog: SqliteCatalog; path: string } & AsyncDisposable> {
  const scope = new AsyncDisposableStack();
  const folder = scope.use(await temporaryFolder());
  const path = join(folder.path, 'catalog.db');
  const catalog = scope.use(await openSqliteCatalog(path, { create: true, ...options }));
  return { catalog, path, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

/** How often a marker is in a file, asked of another process. */
async function countIn(path: string, marker: string): Promise<number> {
  await using child = new Child('store-child.ts', ['count', path, marker]);
  return Number(await child.line());
}

describe('SqliteCatalog', () => {
  describe('opens', () => {
    test('a new file, for the owner only, and the same one again', async () => {
      await using made = await newCatalog();
      const item = newItem('p', 's');
      await made.catalog.write([put(item)]);
      for (const suffix of ['', '-wal', '-shm']) assert.equal((await stat(made.path + suffix)).mode & 0o777, 0o600);
      await made.catalog[Symbol.asyncDispose]();
      await using again = await openSqliteCatalog(made.path);
      assert.equal((await again.get('p', 's'))?.version, item.version);
      await using andAgain = await openSqliteCatalog(made.path, { create: true });
      assert.equal((await andAgain.get('p', 's'))?.version, item.version);
    });

    test('a file of any name', async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, 'ä b?mode=ro#%41.db');
      await using catalog = await openSqliteCatalog(path, { create: true });
      await catalog.write([put(newItem('p', 's'))]);
      assert.ok(existsSync(path));
    });

    test('nothing where nothing is, and makes nothing', async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, 'catalog.db');
      await rejection(openSqliteCatalog(path), 'no-vault');
      await rejection(openSqliteCatalog(join(folder.path, 'absent', 'catalog.db'), { create: true }), 'no-vault');
      assert.equal(existsSync(path), false);
    });

    test('an empty file only where it may make a catalog of it', async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, 'catalog.db');
      await writeFile(path, '');
      await rejection(openSqliteCatalog(path), 'no-vault');
      assert.equal((await stat(path)).size, 0);
      await using catalog = await openSqliteCatalog(path, { create: true });
      await catalog.write([put(newItem('p', 's'))]);
    });

    test('one file for many that make it at the same time', async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, 'catalog.db');
      const catalogs = await Promise.all([1, 2, 3, 4].map(() => openSqliteCatalog(path, { create: true })));
      await Promise.all(catalogs.map((catalog, i) => catalog.write([put(newItem('p', `${i}`))])));
      for (const catalog of catalogs) assert.equal((await catalog.list('p', { limit: 10 })).items.length, 4);
      await Promise.all(catalogs.map((catalog) => catalog[Symbol.asyncDispose]()));
    });

    test('no file that is not a database', async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, 'catalog.db');
      const contents = Buffer.from('not a database, and long enough to be looked at. '.repeat(50));
      await writeFile(path, contents);
      await rejection(openSqliteCatalog(path), 'damaged');
      await rejection(openSqliteCatalog(path, { create: true }), 'damaged');
      assert.deepEqual(await readFile(path), contents);
    });

    test('no database of another program, and leaves it as it is', async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, 'catalog.db');
      const other = new DatabaseSync(path);
      other.exec('CREATE TABLE items (a)');
      other.close();
      const contents = await readFile(path);
      await rejection(openSqliteCatalog(path, { create: true }), 'no-vault');
      assert.deepEqual(await readFile(path), contents);
    });

    test('no schema that is newer, and none that lost its table', async () => {
      await using made = await newCatalog();
      await made.catalog[Symbol.asyncDispose]();
      using database = new DatabaseSync(made.path);
      database.exec('PRAGMA user_version = 2');
      await rejection(openSqliteCatalog(made.path), 'unsupported-version');
      database.exec('PRAGMA user_version = 1; DROP TABLE items');
      await rejection(openSqliteCatalog(made.path), 'damaged');
    });

    test('no file that it may not change', async (t: TestContext) => {
      if (process.getuid?.() !== 0) {
        t.skip('NOT TESTED: a file of another user, because only root can run a process as another user');
        return;
      }
      await using made = await newCatalog();
      await using child = new Child('store-child.ts', ['open-catalog', made.path], { uid: NOBODY });
      assert.equal(await child.line(), 'ready');
      const attempt = async (): Promise<string> => {
        child.tell('go');
        return child.line();
      };
      await made.catalog[Symbol.asyncDispose]();
      const folder = join(made.path, '..');
      await chmod(folder, 0o755);
      assert.equal(await attempt(), 'permission', 'a file that it may not read');
      await chmod(made.path, 0o644);
      assert.equal(await attempt(), 'permission', 'a file that it may only read');
      await chown(made.path, NOBODY, NOBODY);
      assert.equal(await attempt(), 'permission', 'a folder in which it may make no log');
      await chmod(folder, 0o777);
      assert.equal(await attempt(), 'done');
    });

    test('a folder as little as any other file', async () => {
      await using folder = await temporaryFolder();
      await mkdir(join(folder.path, 'catalog.db'));
      await rejection(openSqliteCatalog(join(folder.path, 'catalog.db')), 'unavailable');
    });
  });

  test('reports a page that was overwritten', async () => {
    await using made = await newCatalog();
    for (let i = 0; i < 40; i++) await made.catalog.write([put(newItem('p', `${i}`, { data: new Uint8Array(1000) }))]);
    await made.catalog[Symbol.asyncDispose]();
    const file = await open(made.path, 'r+');
    const { size } = await file.stat();
    await file.write(new Uint8Array(size - 2 * 4096).fill(0xff), 0, undefined, 4096);
    await file.close();
    await using catalog = await openSqliteCatalog(made.path);
    await rejection(catalog.list('p', { limit: 100 }), 'damaged');
    await rejection(catalog.write([put(newItem('p', 'new'))]), 'damaged');
  });

  test('ends a page early that would be large', async () => {
    await using made = await newCatalog();
    const { catalog } = made;
    for (let i = 0; i < 20; i++)
      await catalog.write([put(newItem('p', `${100 + i}`, { data: new Uint8Array(300_000) }))]);
    const page = await catalog.list('p', { limit: 1000 });
    assert.ok(page.items.length < 20);
    assert.equal(page.next, page.items.at(-1)!.sort);
  });

  test('tells when there is no next page', async () => {
    await using made = await newCatalog();
    for (const sort of ['a', 'b', 'c']) await made.catalog.write([put(newItem('p', sort))]);
    const pages = await Promise.all([2, 3, 4].map((limit) => made.catalog.list('p', { limit })));
    assert.deepEqual(
      pages.map(({ next }) => next),
      ['b', undefined, undefined],
    );
    assert.deepEqual((await made.catalog.list('p', { limit: 3, reverse: true })).next, undefined);
  });

  test('takes expired items away, a few with each write', async () => {
    const clock = { time: 1000 };
    await using made = await newCatalog({ now: () => clock.time });
    const items = Array.from({ length: 40 }, (_, i) => put(newItem('p', `${i}`, { expires: 2000 })));
    await made.catalog.write(items.slice(0, 20));
    await made.catalog.write([
      ...items.slice(20),
      put(newItem('p', 'stays')),
      put(newItem('p', 'later', { expires: 9000 })),
    ]);
    using database = new DatabaseSync(made.path);
    const rows = (): unknown => database.prepare('SELECT count(*) AS n FROM items').get()!['n'];
    assert.equal(rows(), 42);
    clock.time = 2001;
    await made.catalog.write([put(newItem('p', 'first'))]);
    assert.equal(rows(), 11);
    await made.catalog.write([put(newItem('p', 'second'))]);
    assert.equal(rows(), 4);
  });

  describe('erases', () => {
    const marker = 'an encrypted data key that was shredded';
    const marked = (sort: string, length = 100): ReturnType<typeof newItem> =>
      newItem('p', sort, { data: Buffer.from(marker.padEnd(length, '.')) });

    test('what was removed or replaced, once the catalog is closed', async () => {
      await using made = await newCatalog();
      const items = Array.from({ length: 60 }, (_, i) => marked(`${i}`, 100 + i * 100));
      for (const item of items) await made.catalog.write([put(item)]);
      for (const [i, item] of items.entries()) {
        await made.catalog.write([i % 2 === 0 ? remove(item) : put(newItem('p', item.sort), item.version)]);
      }
      await made.catalog[Symbol.asyncDispose]();
      assert.equal(existsSync(`${made.path}-wal`), false);
      assert.equal((await readFile(made.path)).includes(marker), false);
    });

    test('it from the log while the catalog stays open', async () => {
      await using made = await newCatalog({ scrubDelay: 1 });
      const item = marked('s');
      await made.catalog.write([put(item)]);
      assert.ok((await countIn(`${made.path}-wal`, marker)) > 0);
      await made.catalog.write([remove(item)]);
      for (let tries = 0; (await stat(`${made.path}-wal`)).size > 0; tries++) {
        assert.ok(tries < 500, 'the log was never emptied');
        await setTimeout(5);
      }
      assert.equal(await countIn(made.path, marker), 0);
    });

    test('it later when a reader is in the way', async () => {
      await using made = await newCatalog({ scrubDelay: 1 });
      const item = marked('s');
      await made.catalog.write([put(item)]);
      using reader = new DatabaseSync(made.path);
      reader.exec('BEGIN; SELECT count(*) FROM items');
      await made.catalog.write([remove(item)]);
      await setTimeout(20);
      assert.ok((await stat(`${made.path}-wal`)).size > 0);
      reader.exec('COMMIT');
      for (let tries = 0; (await stat(`${made.path}-wal`)).size > 0; tries++) {
        assert.ok(tries < 500, 'the log was never emptied');
        await setTimeout(5);
      }
    });
  });

  describe('while another process holds the database', () => {
    test('the event loop goes on, reads answer, and a write waits', async () => {
      await using made = await newCatalog();
      await using holder = new Child('store-child.ts', ['hold', made.path]);
      assert.equal(await holder.line(), 'holding');
      let written = false;
      const writing = made.catalog.write([put(newItem('p', 's'))]).then(() => (written = true));
      for (let ticks = 0; ticks < 60; ticks++) {
        await setTimeout(1);
        assert.equal(await made.catalog.get('p', 's'), undefined);
      }
      assert.equal(written, false);
      holder.tell('let go');
      await writing;
      assert.notEqual(await made.catalog.get('p', 's'), undefined);
    });

    test('a write that waits can be cancelled, and those before and after it stay', async () => {
      await using made = await newCatalog();
      await using holder = new Child('store-child.ts', ['hold', made.path]);
      assert.equal(await holder.line(), 'holding');
      const controller = new AbortController();
      const first = made.catalog.write([put(newItem('p', 'first'))]);
      const cancelled = made.catalog.write([put(newItem('p', 'cancelled'))], { signal: controller.signal });
      const last = made.catalog.write([put(newItem('p', 'last'))]);
      await setTimeout(1);
      controller.abort();
      await rejection(cancelled, 'cancelled');
      holder.tell('let go');
      await Promise.all([first, last]);
      assert.deepEqual(
        (await made.catalog.list('p', { limit: 9 })).items.map(({ sort }) => sort),
        ['first', 'last'],
      );
    });

    test('a write gives up in the end', async () => {
      await using made = await newCatalog({ busyLimit: 30 });
      using holder = new DatabaseSync(made.path);
      holder.exec('BEGIN IMMEDIATE');
      await rejection(made.catalog.write([put(newItem('p', 's'))]), 'unavailable');
      holder.exec('COMMIT');
      await made.catalog.write([put(newItem('p', 's'))]);
    });

    test('another can open it', async () => {
      await using made = await newCatalog();
      using holder = new DatabaseSync(made.path);
      holder.exec('BEGIN IMMEDIATE');
      await using other = await openSqliteCatalog(made.path);
      assert.equal(await other.get('p', 's'), undefined);
      holder.exec('COMMIT');
    });
  });

  test('loses no increment of three processes', async () => {
    await using made = await newCatalog();
    await made.catalog.write([put(newItem('p', 'count', { data: numberData(0) }))]);
    await using scope = new AsyncDisposableStack();
    const children = [1, 2, 3].map(() => scope.use(new Child('store-child.ts', ['increment', made.path, '200'])));
    for (const child of children) assert.equal(await child.line(), 'ready');
    for (const child of children) child.tell('go');
    const conflicts = await Promise.all(children.map(async (child) => Number(await child.line())));
    assert.equal(numberOf((await made.catalog.get('p', 'count'))!.data), 600);
    assert.ok(
      conflicts.some((count) => count > 0),
      'the processes never met',
    );
  });

  test('finishes the writes under way before it closes, and takes no more', async () => {
    await using made = await newCatalog();
    const { catalog, path } = made;
    const writing = Promise.all(['a', 'b'].map((sort) => catalog.write([put(newItem('p', sort))])));
    const closing = catalog[Symbol.asyncDispose]();
    await rejection(catalog.write([put(newItem('p', 'c'))]), 'unexpected');
    await rejection(catalog.get('p', 'a'), 'unexpected');
    await Promise.all([writing, closing, catalog[Symbol.asyncDispose]()]);
    await using again = await openSqliteCatalog(path);
    assert.equal((await again.list('p', { limit: 9 })).items.length, 2);
  });
});
