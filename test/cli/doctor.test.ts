/** `doctor` on a vault of this machine, and its probes on stores that do not keep to their word. */
import assert from 'node:assert/strict';
import { chmod, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Examination } from '../../src/cli/doctor/attempt.ts';
import { probeBlobs, probeCatalog } from '../../src/cli/doctor/stores.ts';
import { SealroomError } from '../../src/errors.ts';
import type { Finding } from '../../src/finding.ts';
import type { BlobStore, Catalog } from '../../src/ports.ts';
import { MemoryBlobs } from '../../src/testing/memory-blobs.ts';
import { MemoryCatalog } from '../../src/testing/memory-catalog.ts';
import { runCli } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { signal } = new AbortController();

interface Report {
  readonly findings: Finding[];
}

async function vaultIn(cwd: string): Promise<void> {
  assert.equal((await runCli(['init', '--vault', 'v'], { cwd })).exit, 0);
}

test('doctor finds a new vault whole, and leaves nothing behind', async () => {
  await using folder = await temporaryFolder();
  const cwd = folder.path;
  await vaultIn(cwd);
  const { stdout, stderr, exit } = await runCli(['doctor', '--vault', 'v', '--json'], { cwd });
  assert.equal(exit, 0);
  assert.equal(stderr, '');
  const { findings } = JSON.parse(stdout) as Report;
  assert.deepEqual(new Set(findings.map(({ level }) => level)), new Set(['ok']));
  const names = [
    'modes',
    'room',
    'key files',
    'data key',
    'data key opens',
    'blob write',
    'blob read',
    'blob range',
    'blob remove',
    'record write',
    'record overwrite',
    'record read',
    'record transaction',
    'record remove',
    'vault opens',
  ];
  assert.deepEqual([...new Set(findings.map(({ name }) => name))], names);
  const left = await readdir(join(cwd, 'v', 'blobs'), { recursive: true, withFileTypes: true });
  assert.deepEqual(
    left.filter((entry) => entry.isFile()),
    [],
  );
});

test('doctor tells of what is not private, and how to mend it', async (t) => {
  if (process.platform === 'win32') return t.skip('modes are kept elsewhere on Windows');
  await using folder = await temporaryFolder();
  const cwd = folder.path;
  await vaultIn(cwd);
  await chmod(join(cwd, 'v', 'master.jwk'), 0o644);
  await chmod(join(cwd, 'v', 'blobs'), 0o777);
  const { stdout, exit } = await runCli(['doctor', '--vault', 'v'], { cwd });
  assert.equal(exit, 0);
  assert.match(stdout, /^warning {2}modes .*blobs\n {9}to mend it: chmod go-w .*blobs$/m);
  assert.match(stdout, /^warning {2}key files .*master\.jwk.*\n {9}to mend it: chmod 600 .*master\.jwk$/m);
});

test('the exit code is that of the first fault, and all else is examined', async () => {
  await using folder = await temporaryFolder();
  const cwd = folder.path;
  await vaultIn(cwd);
  await rm(join(cwd, 'v', 'blobs'), { recursive: true });
  await writeFile(join(cwd, 'v', 'master.jwk'), 'no key');
  const { stdout, stderr, exit } = await runCli(['doctor', '--vault', 'v'], { cwd });
  assert.equal(exit, 3);
  assert.match(stderr, /^sealroom: 4 faults found, the first of them: room: .*blobs: it is not there$/m);
  assert.match(stdout, /^fault {4}key files .*master\.jwk/m);
  assert.match(stdout, /^fault {4}blob store .*blobs/m);
  assert.match(stdout, /^ok {7}record remove/m);
  assert.match(stdout, /^fault {4}vault opens/m);
});

test('without a vault there is nothing to examine', async () => {
  await using folder = await temporaryFolder();
  const { exit, stderr } = await runCli(['doctor', '--vault', 'v'], { cwd: folder.path });
  assert.equal(exit, 2);
  assert.match(stderr, /^sealroom: no vault here/);
});

/* ------------------------------------------------------------------------------------------------------- probes -- */

async function examined(work: (examination: Examination) => Promise<void>): Promise<Record<string, string>> {
  const examination = new Examination(signal);
  await work(examination);
  return Object.fromEntries(
    examination.findings.map((finding) => [finding.name, finding.level === 'fault' ? finding.code : finding.level]),
  );
}

const sound = {
  'blob write': 'ok',
  'blob read': 'ok',
  'blob range': 'ok',
  'blob remove': 'ok',
};

/** A memory store with something else in place of some of its methods. */
function blobsWith(change: (inner: BlobStore) => Partial<BlobStore>): BlobStore {
  const inner = new MemoryBlobs();
  const own: BlobStore = {
    put: (...call) => inner.put(...call),
    get: (...call) => inner.get(...call),
    remove: (...call) => inner.remove(...call),
  };
  return { ...own, ...change(own) };
}

async function* bytes(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield new TextEncoder().encode(text);
}

const brokenBlobs: Readonly<Record<string, readonly [BlobStore, Record<string, string>]>> = {
  'that gives other bytes': [
    blobsWith(() => ({ get: () => Promise.resolve(bytes('doctor sealroom')) })),
    { ...sound, 'blob read': 'damaged', 'blob range': 'damaged', 'blob remove': 'bad-configuration' },
  ],
  'that does not know ranges': [
    blobsWith((inner) => ({ get: (key) => inner.get(key) })),
    { ...sound, 'blob range': 'damaged' },
  ],
  'that does not remove': [
    blobsWith(() => ({ remove: () => Promise.resolve() })),
    { ...sound, 'blob remove': 'bad-configuration' },
  ],
  'that may not be written': [
    blobsWith(() => ({ put: () => Promise.reject(new SealroomError('access-denied', 'may not s3:PutObject')) })),
    { 'blob write': 'access-denied' },
  ],
  'that may not be removed from': [
    blobsWith(() => ({ remove: () => Promise.reject(new SealroomError('access-denied', 'may not s3:DeleteObject')) })),
    { ...sound, 'blob remove': 'access-denied' },
  ],
};

for (const [name, [blobs, expected]] of Object.entries(brokenBlobs)) {
  test(`a blob store ${name} is found out`, async () => {
    assert.deepEqual(await examined((examination) => probeBlobs(blobs, examination, signal)), expected);
  });
}

const whole = {
  'record write': 'ok',
  'record overwrite': 'ok',
  'record read': 'ok',
  'record transaction': 'ok',
  'record remove': 'ok',
};

function catalogWith(change: (inner: Catalog) => Partial<Catalog>): Catalog {
  const inner = new MemoryCatalog();
  const own: Catalog = {
    get: (...call) => inner.get(...call),
    list: (...call) => inner.list(...call),
    write: (...call) => inner.write(...call),
  };
  return { ...own, ...change(own) };
}

const brokenCatalogs: Readonly<Record<string, readonly [Catalog, Record<string, string>]>> = {
  'that forgets': [
    catalogWith(() => ({ list: () => Promise.resolve({ items: [] }) })),
    { ...whole, 'record read': 'damaged' },
  ],
  'that only reads': [
    catalogWith(() => ({ write: () => Promise.reject(new SealroomError('access-denied', 'may not')) })),
    { 'record write': 'access-denied' },
  ],
  'that takes one change at a time': [
    catalogWith((inner) => ({
      write: async (operations, options) => {
        if (operations.length > 1) throw new SealroomError('access-denied', 'may not dynamodb:ConditionCheckItem');
        await inner.write(operations, options);
      },
    })),
    { ...whole, 'record transaction': 'access-denied' },
  ],
  'that does not look at what it expects': [
    catalogWith((inner) => {
      let first = true;
      return {
        write: async (operations, options) => {
          if (first) await inner.write(operations, options);
          first = false;
        },
      };
    }),
    { ...whole, 'record overwrite': 'bad-configuration', 'record remove': 'damaged' },
  ],
};

for (const [name, [catalog, expected]] of Object.entries(brokenCatalogs)) {
  test(`a catalog ${name} is found out`, async () => {
    assert.deepEqual(await examined((examination) => probeCatalog(catalog, examination, signal)), expected);
  });
}

test('the probes leave nothing in stores that keep to their word', async () => {
  const blobs = new MemoryBlobs();
  const catalog = new MemoryCatalog();
  assert.deepEqual(await examined((examination) => probeBlobs(blobs, examination, signal)), sound);
  assert.deepEqual(await examined((examination) => probeCatalog(catalog, examination, signal)), whole);
  assert.deepEqual((await catalog.list('doctor', { limit: 10 })).items, []);
  assert.deepEqual(blobs.keys(), []);
});

test('a signal ends an examination, and what was put is removed', async () => {
  const controller = new AbortController();
  const inner = new MemoryBlobs();
  const blobs: BlobStore = {
    put: async (...call) => {
      await inner.put(...call);
      controller.abort(new SealroomError('cancelled', 'enough'));
    },
    get: (...call) => inner.get(...call),
    remove: (...call) => inner.remove(...call),
  };
  const probing = probeBlobs(blobs, new Examination(controller.signal), controller.signal);
  await assert.rejects(probing, { code: 'cancelled' });
  assert.deepEqual(inner.keys(), []);
});
