/** What tests of stores let other processes do: `node store-child.ts <task> <path> [values]`, see `Child`. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { openFsBlobs } from '../../src/blobs/fs.ts';
import { openSqliteCatalog } from '../../src/catalogs/sqlite.ts';
import { isSealroomError } from '../../src/errors.ts';
import { lentChunks, patterned, PausedSource } from '../../src/testing/test-bytes.ts';
import { compareAndSwap, newItem, put } from '../../src/testing/test-items.ts';

const [task = '', path = '', ...values] = process.argv.slice(2);

/** Says a line and waits for one. */
async function exchange(line: string): Promise<void> {
  const answered = once(process.stdin, 'data');
  process.stdout.write(`${line}\n`);
  await answered;
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: unknown) => (isSealroomError(error) ? error.code : String(error)),
  );
}

const tasks: Record<string, () => Promise<unknown>> = {
  /** Adds one to a number, as often as it is told; says how often somebody came in between. */
  increment: async () => {
    await using catalog = await openSqliteCatalog(path);
    await exchange('ready');
    let conflicts = 0;
    for (let i = 0; i < Number(values[0]); i++) {
      conflicts += await compareAndSwap(catalog, ['count'], ([count]) => [count! + 1]);
    }
    return conflicts;
  },

  /** Holds the database until it is told to let go. */
  hold: async () => {
    using database = new DatabaseSync(path);
    database.exec('BEGIN IMMEDIATE');
    await exchange('holding');
    database.exec('COMMIT');
  },

  /** Opens a catalog and writes, each time that it is told to; says how it went. */
  'open-catalog': async () => {
    await exchange('ready');
    for (;;) {
      const opening = openSqliteCatalog(path);
      let outcome = await codeOf(opening);
      if (outcome === 'done') {
        await using catalog = await opening;
        outcome = await codeOf(catalog.write([put(newItem('p', 'child'))]));
      }
      await exchange(outcome);
    }
  },

  /** How often bytes are in a file. Not in the process that has it open: closing it there would drop SQLite's locks. */
  count: async () => {
    let count = 0;
    const bytes = readFileSync(path);
    for (let at = bytes.indexOf(values[0]!); at >= 0; at = bytes.indexOf(values[0]!, at + 1)) count++;
    return count;
  },

  /** Puts each of the keys and says which of them it won. */
  'put-blobs': async () => {
    const blobs = await openFsBlobs(path);
    await exchange('ready');
    const [length, ...keys] = values;
    const won: string[] = [];
    for (const key of keys) {
      if ((await codeOf(blobs.put(key, lentChunks(patterned(Number(length)), 1000)))) === 'done') won.push(key);
    }
    return won.join(' ');
  },

  /** Begins to put a blob and never ends. */
  'put-without-end': async () => {
    const blobs = await openFsBlobs(path);
    const source = new PausedSource(patterned(1000));
    const putting = blobs.put(values[0]!, source);
    await source.paused;
    await exchange('paused');
    source.resume();
    return codeOf(putting);
  },

  /** Opens a blob store and tries everything; says how each went. */
  'open-blobs': async () => {
    const opening = openFsBlobs(path);
    const opened = await codeOf(opening);
    if (opened !== 'done') return opened;
    const blobs = await opening;
    const results = [];
    for (const key of values) {
      results.push(await codeOf(blobs.put(key, lentChunks(Uint8Array.of(1)))));
      results.push(await codeOf(blobs.get(key)), await codeOf(blobs.remove(key)));
    }
    return results.join(' ');
  },
};

process.stdout.write(`${String(await tasks[task]!())}\n`);
process.exit();
