import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { describe, mock, test } from 'node:test';
import { createDatabaseFile, openDatabase, prepareDatabase } from '../../src/catalogs/sqlite-schema.ts';
import { SqliteWriter } from '../../src/catalogs/sqlite-writes.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { newItem, put } from '../../src/testing/test-items.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Subject extends AsyncDisposable {
  readonly database: DatabaseSync;
  readonly writer: SqliteWriter;
  /** Sort keys of all items. */
  readonly sorts: () => unknown[];
  /** How many transactions were committed since the last call. */
  readonly commits: () => number;
}

async function newWriter(): Promise<Subject> {
  const scope = new AsyncDisposableStack();
  const folder = scope.use(await temporaryFolder());
  const path = join(folder.path, 'catalog.db');
  await createDatabaseFile(path);
  const database = scope.use(openDatabase(path));
  prepareDatabase(database, 'the test', true);
  const writer = new SqliteWriter(database, {
    thing: 'the test',
    now: () => 0,
    busyLimit: 1000,
    onErased: () => undefined,
  });
  const exec = mock.method(database, 'exec');
  return {
    database,
    writer,
    sorts: () =>
      database
        .prepare('SELECT s FROM items ORDER BY s')
        .all()
        .map((row) => row['s']),
    commits: () => {
      const count = exec.mock.calls.filter((call) => call.arguments[0] === 'COMMIT').length;
      exec.mock.resetCalls();
      return count;
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

describe('a connection of SqliteCatalog', () => {
  test('is durable at every commit, erases, trusts no schema, and never waits in SQLite', async () => {
    await using subject = await newWriter();
    const settings = [
      'journal_mode',
      'synchronous',
      'secure_delete',
      'trusted_schema',
      'cell_size_check',
      'busy_timeout',
    ].map((name) => Object.values(subject.database.prepare(`PRAGMA ${name}`).get()!)[0]);
    assert.deepEqual(settings, ['wal', 2, 1, 0, 1, 0]);
  });

  test('can be prepared again', async () => {
    await using subject = await newWriter();
    prepareDatabase(subject.database, 'the test', true);
    prepareDatabase(subject.database, 'the test', false);
  });
});

describe('SqliteWriter', () => {
  test('commits together what waits together', async () => {
    await using subject = await newWriter();
    await Promise.all(Array.from({ length: 60 }, (_, i) => subject.writer.write([put(newItem('p', `${100 + i}`))])));
    assert.equal(subject.commits(), 1);
    assert.equal(subject.sorts().length, 60);
    for (let i = 0; i < 3; i++) await subject.writer.write([put(newItem('p', `alone${i}`))]);
    assert.equal(subject.commits(), 3);
  });

  test('commits no more at once than would stop the event loop for long', async () => {
    await using subject = await newWriter();
    const data = new Uint8Array(300_000);
    await Promise.all(
      Array.from({ length: 30 }, (_, i) => subject.writer.write([put(newItem('p', `${i}`, { data }))])),
    );
    assert.equal(subject.commits(), 3);
    await Promise.all(Array.from({ length: 130 }, (_, i) => subject.writer.write([put(newItem('q', `${i}`))])));
    assert.equal(subject.commits(), 3);
  });

  test('lets writes that are committed together fail each alone, in the order in which they came', async () => {
    await using subject = await newWriter();
    const [first, second] = [newItem('p', 'a'), newItem('p', 'a')];
    const outcomes = await Promise.allSettled([
      subject.writer.write([put(first)]),
      subject.writer.write([put(newItem('p', 'b')), put(newItem('p', 'a'))]),
      subject.writer.write([put(second, first.version), put(newItem('p', 'c'))]),
      subject.writer.write([put(newItem('p', 'a'), first.version)]),
      subject.writer.write([put(newItem('p', 'd'))]),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal(subject.commits(), 1);
    assert.deepEqual(subject.sorts(), ['a', 'c', 'd']);
  });

  test('begins the others anew when one makes the transaction fail', async () => {
    await using subject = await newWriter();
    const shared = newItem('p', 'shared');
    const refused = subject.writer.write([put(newItem('p', 'a')), put(newItem('p', 'wrong', { expires: 0.5 }))]);
    const good = ['b', 'c'].map((sort) => subject.writer.write([put(newItem('p', sort))]));
    const conflict = [subject.writer.write([put(shared)]), subject.writer.write([put(newItem('p', 'shared'))])];
    await rejection(refused, 'usage');
    await Promise.all(good);
    await conflict[0];
    await rejection(conflict[1]!, 'conflict');
    assert.deepEqual(subject.sorts(), ['b', 'c', 'shared']);
  });

  test('reports no conflict with a write that was undone', async () => {
    await using subject = await newWriter();
    const undone = subject.writer.write([put(newItem('p', 'a')), put(newItem('p', 'wrong', { expires: 0.5 }))]);
    const good = subject.writer.write([put(newItem('p', 'a'))]);
    await rejection(undone, 'usage');
    await good;
    assert.deepEqual(subject.sorts(), ['a']);
  });

  test('reports a full disk to those that do not fit, and goes on', async () => {
    await using subject = await newWriter();
    subject.database.exec('PRAGMA max_page_count = 20');
    const large = new Uint8Array(300_000);
    const outcomes = await Promise.allSettled([
      subject.writer.write([put(newItem('p', 'a'))]),
      subject.writer.write([put(newItem('p', 'b')), put(newItem('p', 'large', { data: large }))]),
      subject.writer.write([put(newItem('p', 'c'))]),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    await rejection(subject.writer.write([put(newItem('p', 'large', { data: large }))]), 'no-space');
    assert.deepEqual(subject.sorts(), ['a', 'c']);
  });
});
