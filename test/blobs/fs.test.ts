import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { openFsBlobs } from '../../src/blobs/fs.ts';
import { collect } from '../../src/bytes.ts';
import { blobStoreSuite } from '../../src/testing/blob-store-suite.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { lentChunks, patterned, PausedSource, randomBlobKey } from '../../src/testing/test-bytes.ts';
import { Child } from '../support/child.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
const MEBIBYTE = 1024 * 1024;

blobStoreSuite('FsBlobs', async () => {
  const folder = await temporaryFolder();
  return {
    store: await openFsBlobs(folder.path),
    keys: async () => (await filesIn(folder.path)).map((path) => basename(path, '.part')),
    second: () => openFsBlobs(folder.path),
    held: () => openFilesIn(folder.path),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});

describe('FsBlobs', () => {
  test('keeps a blob in one file, under the first two characters of its key, for the owner only', async () => {
    await using folder = await temporaryFolder();
    const root = join(folder.path, 'made', 'for', 'it');
    const store = await openFsBlobs(root, { create: true });
    const key = randomBlobKey();
    await store.put(key, lentChunks(patterned(100)));
    const fanOut = join(root, key.slice(0, 2));
    assert.deepEqual(await filesIn(folder.path), [join(fanOut, key)]);
    assert.deepEqual(new Uint8Array(await readFile(join(fanOut, key))), patterned(100));
    const modes = await Promise.all(
      [root, fanOut, join(fanOut, key)].map(async (path) => (await stat(path)).mode & 0o777),
    );
    assert.deepEqual(modes, [0o700, 0o700, 0o600]);
  });

  test('opens what is there, and makes a folder only when it is told to', async () => {
    await using folder = await temporaryFolder();
    const root = join(folder.path, 'blobs');
    await rejection(openFsBlobs(root), 'no-vault');
    assert.equal(existsSync(root), false);
    await openFsBlobs(root, { create: true });
    await openFsBlobs(root, { create: true });
    await openFsBlobs(root);
    await writeFile(join(folder.path, 'file'), '');
    await rejection(openFsBlobs(join(folder.path, 'file')), 'bad-configuration');
  });

  test('lends every chunk from the same memory', async () => {
    await using folder = await temporaryFolder();
    const store = await openFsBlobs(folder.path);
    const key = randomBlobKey();
    await store.put(key, lentChunks(patterned(2 * MEBIBYTE + 5), MEBIBYTE));
    const buffers = new Set<ArrayBufferLike>();
    const lengths: number[] = [];
    for await (const chunk of await store.get(key)) {
      buffers.add(chunk.buffer);
      lengths.push(chunk.length);
    }
    assert.equal(buffers.size, 1);
    assert.ok(lengths.length > 2 && lengths.every((length) => length <= MEBIBYTE));
    assert.equal(
      lengths.reduce((sum, length) => sum + length, 0),
      2 * MEBIBYTE + 5,
    );
  });

  test('puts and gets a large blob in little memory', async () => {
    await using folder = await temporaryFolder();
    const store = await openFsBlobs(folder.path);
    const key = randomBlobKey();
    const chunk = patterned(MEBIBYTE);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const measure = (): void => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    };
    const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      for (let i = 0; i < 48; i++) {
        yield chunk;
        measure();
      }
    };
    await store.put(key, source());
    let length = 0;
    for await (const part of await store.get(key)) {
      length += part.length;
      measure();
    }
    assert.equal(length, 48 * MEBIBYTE);
    assert.ok(most < 8 * MEBIBYTE, `${most} bytes were held`);
  });

  test('passes on what its source throws, even when that looks like an error of its own', async () => {
    await using folder = await temporaryFolder();
    const store = await openFsBlobs(folder.path);
    const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      yield await readFile(join(folder.path, 'absent'));
    };
    await assert.rejects(store.put(randomBlobKey(), source()), { code: 'ENOENT', syscall: 'open' });
    assert.deepEqual(await filesIn(folder.path), []);
  });

  test('names its folder in errors, and no key', async () => {
    await using folder = await temporaryFolder();
    const store = await openFsBlobs(folder.path);
    const key = randomBlobKey();
    await assert.rejects(
      store.get(key),
      ({ message }: Error) => message.includes(folder.path) && !message.includes(key),
    );
  });

  describe('when a put does not end', () => {
    test('its part stays under the key of the blob, shows nothing, and goes with it', async () => {
      await using folder = await temporaryFolder();
      const store = await openFsBlobs(folder.path);
      const key = randomBlobKey();
      await using child = new Child('store-child.ts', ['put-without-end', folder.path, key]);
      assert.equal(await child.line(), 'paused');
      await child.kill();
      assert.deepEqual(await filesIn(folder.path), [join(folder.path, key.slice(0, 2), `${key}.part`)]);
      await rejection(store.get(key), 'not-found');
      await store.remove(key);
      assert.deepEqual(await filesIn(folder.path), []);
    });

    test('a removal by another process stops it', async () => {
      await using folder = await temporaryFolder();
      const store = await openFsBlobs(folder.path);
      const key = randomBlobKey();
      await using child = new Child('store-child.ts', ['put-without-end', folder.path, key]);
      assert.equal(await child.line(), 'paused');
      await store.remove(key);
      child.tell('go on');
      assert.deepEqual(await child.rest(), ['interrupted']);
      assert.deepEqual(await filesIn(folder.path), []);
    });

    test('a removal that meets its last steps leaves nothing either', async () => {
      await using folder = await temporaryFolder();
      const store = await openFsBlobs(folder.path);
      for (let delay = 0; delay < 40; delay++) {
        const key = randomBlobKey();
        const source = new PausedSource(patterned(10));
        const putting = store.put(key, source);
        await source.paused;
        source.resume();
        for (let turn = 0; turn < delay % 20; turn++) await new Promise(setImmediate);
        await Promise.allSettled([putting, store.remove(key)]);
        assert.deepEqual(await filesIn(folder.path), []);
      }
    });

    test('a second put of the key leaves its part alone', async () => {
      await using folder = await temporaryFolder();
      const store = await openFsBlobs(folder.path);
      const key = randomBlobKey();
      const source = new PausedSource(patterned(1000));
      const first = store.put(key, source);
      await source.paused;
      await rejection(store.put(key, lentChunks(patterned(10))), 'exists');
      source.resume();
      await first;
      assert.deepEqual(await collect(await store.get(key)), patterned(1000));
    });

    test('a blob that was linked when the crash came is whole, and its part goes with it', async () => {
      await using folder = await temporaryFolder();
      const store = await openFsBlobs(folder.path);
      const key = randomBlobKey();
      await store.put(key, lentChunks(patterned(100)));
      const path = join(folder.path, key.slice(0, 2), key);
      await writeFile(`${path}.part`, patterned(100));
      assert.deepEqual(await collect(await store.get(key)), patterned(100));
      await store.remove(key);
      assert.deepEqual(await filesIn(folder.path), []);
    });
  });

  test('lets one of two processes win each key', async () => {
    await using folder = await temporaryFolder();
    const store = await openFsBlobs(folder.path);
    const keys = Array.from({ length: 40 }, () => randomBlobKey());
    const lengths = [5000, 7000];
    await using first = new Child('store-child.ts', ['put-blobs', folder.path, '5000', ...keys]);
    await using second = new Child('store-child.ts', ['put-blobs', folder.path, '7000', ...keys]);
    const children = [first, second];
    for (const child of children) assert.equal(await child.line(), 'ready');
    for (const child of children) child.tell('go');
    const won = await Promise.all(children.map(async (child) => (await child.line()).split(' ').filter(Boolean)));
    assert.deepEqual(won.flat().sort(), keys.toSorted());
    for (const [i, winner] of won.entries()) {
      for (const key of winner) assert.deepEqual(await collect(await store.get(key)), patterned(lengths[i]!));
    }
    assert.equal((await filesIn(folder.path)).length, keys.length);
  });

  test('does not take a store that is gone for an empty one, nor write in its place', async () => {
    await using folder = await temporaryFolder();
    const root = join(folder.path, 'blobs');
    const store = await openFsBlobs(root, { create: true });
    const [kept, fresh] = [randomBlobKey(), randomBlobKey()];
    await store.put(kept, lentChunks(patterned(10)));
    await rename(root, `${root}.away`);
    await rejection(store.get(kept), 'unavailable');
    await rejection(store.remove(kept), 'unavailable');
    await rejection(store.put(fresh, lentChunks(patterned(10))), 'unavailable');
    assert.equal(existsSync(root), false);
    await rename(`${root}.away`, root);
    await store.put(fresh, lentChunks(patterned(10)));
    assert.deepEqual(await collect(await store.get(kept)), patterned(10));
  });

  test(
    'takes nothing for a blob that is no file, and waits for no pipe',
    { skip: process.platform === 'win32' ? 'Windows has no pipes in folders' : false, timeout: 10_000 },
    async () => {
      await using folder = await temporaryFolder();
      const store = await openFsBlobs(folder.path);
      const key = randomBlobKey();
      await store.put(key, lentChunks(patterned(10)));
      const foreign: Record<string, (path: string) => Promise<unknown>> = {
        pipe: (path) => run('mkfifo', [path]),
        folder: (path) => mkdir(path),
        link: (path) => symlink(join(folder.path, key.slice(0, 2), key), path),
        'link to nothing': (path) => symlink(join(folder.path, 'absent'), path),
      };
      for (const [what, make] of Object.entries(foreign)) {
        const other = randomBlobKey();
        await mkdir(join(folder.path, other.slice(0, 2)), { recursive: true });
        await make(join(folder.path, other.slice(0, 2), other));
        for (const range of [undefined, { start: 0, end: 5 }]) {
          const { message } = await rejection(store.get(other, { range }), 'damaged');
          assert.match(message, /is no file/, what);
        }
        assert.equal(await openFilesIn(folder.path), 0, what);
      }
      assert.deepEqual(await collect(await store.get(key)), patterned(10));
    },
  );

  test('makes a fan-out folder again that somebody took away', async () => {
    await using folder = await temporaryFolder();
    const store = await openFsBlobs(folder.path);
    const keys = ['a', 'b', 'c'].map((last) => 'x'.repeat(31) + last);
    await store.put(keys[0]!, lentChunks(patterned(10)));
    await rm(join(folder.path, 'xx'), { recursive: true });
    await rejection(store.put(keys[1]!, lentChunks(patterned(10))), 'unavailable');
    await store.put(keys[2]!, lentChunks(patterned(10)));
    assert.deepEqual(await filesIn(folder.path), [join(folder.path, 'xx', keys[2]!)]);
  });

  test('reports a full disk, and leaves nothing of what did not fit', async (t) => {
    await using folder = await temporaryFolder();
    const disk = join(folder.path, 'disk');
    await mkdir(disk);
    try {
      await run('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'sealroom-test', disk]);
    } catch {
      t.skip('NOT TESTED: a full disk, because no tmpfs can be mounted here');
      return;
    }
    try {
      const store = await openFsBlobs(disk);
      const key = randomBlobKey();
      await rejection(store.put(key, lentChunks(patterned(MEBIBYTE), 65_536)), 'no-space');
      assert.deepEqual(await filesIn(disk), []);
      await store.put(randomBlobKey(), lentChunks(patterned(100_000)));
    } finally {
      await run('umount', [disk]);
    }
  });

  test('reports what the system does not allow', async (t) => {
    if (!isRoot) {
      t.skip('NOT TESTED: a folder of another user, because only root can run a process as another user');
      return;
    }
    await using folder = await temporaryFolder();
    const store = await openFsBlobs(folder.path);
    const key = randomBlobKey();
    await store.put(key, lentChunks(patterned(10)));
    const attempt = async (): Promise<string> => {
      await using child = new Child('store-child.ts', ['open-blobs', folder.path, key], { uid: NOBODY });
      return await child.line();
    };
    await chmod(folder.path, 0o755);
    assert.equal(await attempt(), 'permission permission permission');
    assert.deepEqual(await collect(await store.get(key)), patterned(10));
  });
});

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** How many descriptors of this process are open in a folder; Linux alone can tell. */
async function openFilesIn(folder: string): Promise<number> {
  if (process.platform !== 'linux') return 0;
  const descriptors = await readdir('/proc/self/fd');
  const targets = await Promise.all(descriptors.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(folder)).length;
}
