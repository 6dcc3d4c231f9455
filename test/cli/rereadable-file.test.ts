/** A file that is sent over several connections is the same file on each of them. */
import assert from 'node:assert/strict';
import { appendFile, open, rename, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { openInput } from '../../src/cli/input.ts';
import type { RereadableFile } from '../../src/cli/rereadable-file.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { iteratorOf } from '../support/streams.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const bytes = patterned(1_200_000);

interface Opened extends AsyncDisposable {
  readonly path: string;
  readonly file: RereadableFile;
}

async function opened(): Promise<Opened> {
  await using scope = new AsyncDisposableStack();
  const folder = scope.use(await temporaryFolder());
  const path = join(folder.path, 'a');
  await writeFile(path, bytes);
  const input = scope.use(await openInput(path, {}));
  const all = scope.move();
  return { path, file: input.again!, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

describe('a file that is read again', () => {
  test('gives the same bytes from any of them on', async () => {
    await using world = await opened();
    assert.equal(world.file.size, bytes.length);
    for (const [start, end] of [
      [0, bytes.length],
      [0, 1],
      [524_288, 524_289],
      [700_001, bytes.length],
      [5, 5],
    ] as const) {
      assert.deepEqual(await collect(world.file.slice(start, end)), bytes.slice(start, end));
    }
  });

  const changes: Readonly<Record<string, (path: string) => Promise<void>>> = {
    'has grown': (path) => appendFile(path, 'x'),
    'has shrunk': (path) => truncate(path, 600_000),
    'has other bytes': async (path) => {
      const { atime, mtime } = await stat(path);
      await using handle = await open(path, 'r+');
      await handle.write(Buffer.from('x'), 0, 1, 900_000);
      // As if a moment had passed, however coarse the clock of the file system is.
      await utimes(path, atime, new Date(mtime.getTime() + 10));
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    test(`is refused when it ${what}, before a byte of that is handed out`, async () => {
      await using world = await opened();
      const iterator = iteratorOf(world.file.slice(0, bytes.length));
      const first = await iterator.next();
      assert.deepEqual(new Uint8Array(first.value as Uint8Array), bytes.slice(0, 524_288));
      await change(world.path);
      const { message } = await rejection(iterator.next(), 'conflict');
      assert.ok(message.startsWith(`${world.path}: it was changed while it was read`), message);
      await rejection(collect(world.file.slice(0, 10)), 'conflict');
    });
  }

  test('stays the one that was opened, when another takes its name', async () => {
    await using world = await opened();
    await writeFile(`${world.path}.new`, 'other');
    await rename(`${world.path}.new`, world.path);
    assert.deepEqual(await collect(world.file.slice(0, bytes.length)), bytes);
  });
});
