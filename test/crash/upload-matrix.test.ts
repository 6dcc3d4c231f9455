/** As the matrix of the other verbs: every call that one of an upload makes fails once in each way. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { Stat } from '../../src/vault/files.ts';
import { SEGMENTS_IN_ITEM } from '../../src/vault/records.ts';
import type { UploadStat } from '../../src/vault/upload/uploads.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { UPLOAD_TIME, expectBytes, idsOf, limitTenant, testRow } from '../support/crash-matrix.ts';
import type { Row, Scene } from '../support/crash-matrix.ts';
import type { Outcome } from '../support/dying.ts';

const BYTES = patterned(130, 3);
/** One more than is left as it is. */
const SMALL = 101;

/** Begins an upload, and appends pieces of these sizes. */
function begun(...sizes: readonly number[]): (scene: Scene) => Promise<string> {
  return (scene) => beginWith(scene, { size: BYTES.length, sizes });
}

/** As `begun`, of a size that is said later. */
function deferred(...sizes: readonly number[]): (scene: Scene) => Promise<string> {
  return (scene) => beginWith(scene, { size: null, sizes });
}

async function beginWith(
  { world }: Scene,
  { size, sizes }: { readonly size: number | null; readonly sizes: readonly number[] },
): Promise<string> {
  using vault = await world.open();
  const uploads = vault.uploads('default');
  const { id } = await uploads.begin({ name: 'new', ...(size === null ? {} : { size }) });
  let offset = 0;
  for (const length of sizes) {
    const end = offset + length;
    ({ offset } = await uploads.append(id, BYTES.subarray(offset, end), { offset }));
  }
  return id;
}

const limited =
  (prepare: (scene: Scene) => Promise<string>) =>
  async (scene: Scene): Promise<string> => {
    await limitTenant(scene);
    return prepare(scene);
  };

/** As a client does: asks how far it got, and goes on from there. */
async function appendUpTo(vault: Vault, id: string, end: number): Promise<UploadStat> {
  const uploads = vault.uploads('default');
  const stat = await uploads.stat(id);
  if (stat.offset >= end) return stat;
  return uploads.append(id, BYTES.subarray(stat.offset, end), { offset: stat.offset });
}

/** @param offsets those at which a client may find it that was told of a failure */
function appendRow(
  name: string,
  { end, offsets, ...rest }: Partial<Row> & { readonly end: number; readonly offsets: readonly number[] },
): Row {
  return {
    name,
    run: (vault, { subject }) => appendUpTo(vault, subject, end),
    after: async (vault, { subject }, outcome) => {
      const { offset } = await vault.uploads('default').stat(subject);
      if (outcome.done) assert.equal(offset, end);
      else assert.ok(offsets.includes(offset), `${offset}`);
    },
    atLast: async (vault, { subject }) => {
      assert.equal((await vault.uploads('default').stat(subject)).offset, end);
      await completed(vault, subject);
    },
    makes: ['catalog.get', 'catalog.write', 'keyring.unwrap', 'blobs.put'],
    ...rest,
  };
}

/** Whatever is missing, so that every byte is looked at. */
async function completed(vault: Vault, id: string): Promise<void> {
  await vault.uploads('default').declareSize(id, BYTES.length);
  await appendUpTo(vault, id, BYTES.length);
  await expectBytes(vault, id, BYTES);
}

async function beginIsWhole(vault: Vault, outcome: Outcome): Promise<void> {
  const uploads = await vault.uploads('default').list();
  assert.ok(uploads.length === 1 || (!outcome.done && uploads.length === 0), `${uploads.length} uploads`);
  for (const { id } of uploads) await completed(vault, id);
}

const makesFile: Pick<Row, 'after' | 'atLast'> = {
  after: async (vault, { subject }, outcome) => {
    const { file } = await vault.uploads('default').stat(subject);
    assert.deepEqual((await idsOf(vault)).includes(subject), file !== undefined);
    if (outcome.done) assert.notEqual(file, undefined);
    if (file !== undefined) await expectBytes(vault, subject, BYTES.subarray(0, file.size));
  },
  atLast: async (vault, { subject }) => {
    const { size } = await vault.tenant('default').stat(subject);
    await expectBytes(vault, subject, BYTES.subarray(0, size));
  },
};

const isGone: Pick<Row, 'after' | 'atLast'> = {
  after: async (vault, { subject, file }, outcome) => {
    const ids = (await vault.uploads('default').list()).map(({ id }) => id);
    if (outcome.done) assert.deepEqual(ids, []);
    else if (ids.length > 0) await completed(vault, subject);
    assert.ok((await idsOf(vault)).includes(file));
  },
  atLast: async (vault) => assert.deepEqual(await vault.uploads('default').list(), []),
};

const begin = (vault: Vault): Promise<UploadStat> =>
  vault.uploads('default').begin({ name: 'new', size: BYTES.length, tags: { a: 'b' } });

const rows: readonly Row[] = [
  {
    name: 'begin',
    run: begin,
    after: (vault, _, outcome) => beginIsWhole(vault, outcome),
    makes: ['keyring.generate', 'catalog.write'],
  },
  {
    name: 'begin where a quota is set',
    prepare: limitTenant,
    run: begin,
    after: (vault, _, outcome) => beginIsWhole(vault, outcome),
    makes: ['keyring.generate', 'catalog.write', 'catalog.get'],
  },
  {
    name: 'begin of an empty file',
    run: (vault) => vault.uploads('default').begin({ name: 'new', size: 0 }),
    after: async (vault, { file }, outcome) => {
      assert.deepEqual(await vault.uploads('default').list(), []);
      const ids = await idsOf(vault);
      assert.equal(ids.length, outcome.done ? 2 : 1);
      assert.ok(ids.includes(file));
    },
    makes: ['keyring.generate', 'catalog.write', 'blobs.put'],
  },
  appendRow('append of a part', { prepare: begun(), end: 30, offsets: [0, 30] }),
  appendRow('append of several segments', {
    prepare: begun(15),
    tuning: { uploadSegmentLength: 20 },
    end: 60,
    offsets: [15, 35, 55, 60],
  }),
  appendRow('append to an upload of unknown size, where a quota is set', {
    prepare: limited(deferred(10)),
    end: 30,
    offsets: [10, 30],
  }),
  appendRow('append that merges small parts', {
    tuning: { segmentLength: 1000, uploadSegmentLength: 1000 },
    prepare: deferred(...Array.from({ length: SMALL }, () => 1)),
    end: SMALL + 1,
    offsets: [SMALL, SMALL + 1],
    makes: ['catalog.list', 'catalog.write', 'blobs.get', 'blobs.put', 'blobs.remove'],
    every: 7,
  }),
  {
    name: 'append of all bytes',
    prepare: begun(),
    run: (vault, { subject }) => appendUpTo(vault, subject, BYTES.length),
    ...makesFile,
    makes: ['keyring.unwrap', 'blobs.put', 'catalog.write'],
  },
  {
    name: 'append of the last bytes, with parts left over, where a quota is set',
    prepare: limited(begun(30, 1, 9)),
    run: (vault, { subject }) => appendUpTo(vault, subject, BYTES.length),
    ...makesFile,
    makes: ['keyring.unwrap', 'blobs.put', 'catalog.write', 'catalog.list'],
  },
  {
    name: 'declareSize of an upload that has more to come, where a quota is set',
    prepare: limited(deferred(30)),
    run: (vault, { subject }) => vault.uploads('default').declareSize(subject, BYTES.length),
    after: async (vault, { subject }, outcome) => {
      const { size, offset } = await vault.uploads('default').stat(subject);
      assert.equal(offset, 30);
      assert.ok(size === BYTES.length || (!outcome.done && size === null));
    },
    atLast: (vault, { subject }) => completed(vault, subject),
    makes: ['catalog.get', 'catalog.write'],
  },
  {
    name: 'declareSize of an upload whose bytes are there',
    prepare: deferred(20, 10),
    run: (vault, { subject }) => vault.uploads('default').declareSize(subject, 30),
    ...makesFile,
    makes: ['keyring.unwrap', 'catalog.write', 'catalog.list'],
  },
  {
    name: 'declareSize of an upload of nothing',
    prepare: deferred(),
    run: (vault, { subject }) => vault.uploads('default').declareSize(subject, 0),
    ...makesFile,
    makes: ['keyring.unwrap', 'catalog.write', 'blobs.put'],
  },
  {
    name: 'abandon where a quota is set',
    prepare: limited(begun(30, 1, 9)),
    run: (vault, { subject }) => vault.uploads('default').abandon(subject),
    ...isGone,
    again: 'not-found',
    makes: ['catalog.write', 'blobs.remove', 'catalog.list'],
  },
  {
    name: 'sweep over an upload whose time has come, where a quota is set',
    prepare: async (scene) => {
      const subject = await limited(begun(30, 1, 9))(scene);
      scene.world.clock.time += UPLOAD_TIME;
      return subject;
    },
    run: (vault) => vault.sweep(),
    after: async (vault, { file }) => {
      assert.deepEqual(await vault.uploads('default').list(), []);
      assert.deepEqual(await idsOf(vault), [file]);
    },
    makes: ['catalog.list', 'catalog.write', 'blobs.remove'],
  },
  {
    name: 'lock',
    prepare: begun(),
    run: async (vault, { subject }) => {
      await using _ = await vault.uploads('default').lock(subject, { onWanted: () => {}, patience: 0 });
    },
    after: async (vault, { world, subject }) => {
      world.clock.time += 10_001;
      await using _ = await vault.uploads('default').lock(subject, { onWanted: () => {}, patience: 0 });
    },
    again: 'in-progress',
    makes: ['catalog.get', 'catalog.write'],
  },
];

describe('a fault at every call', () => {
  for (const row of rows) testRow(row, 40);
});

const MANY = SEGMENTS_IN_ITEM + 1;
const LONG = patterned(MANY, 4);

/** A file whose list of segments stands in pages. */
async function pagedFile({ world }: Scene): Promise<string> {
  using vault = await world.open({ segmentLength: 1 });
  return (await vault.tenant('default').put(LONG, { name: 'long' })).id;
}

async function expectLong(vault: Vault, id: string): Promise<Stat> {
  const stat = await vault.tenant('default').stat(id);
  assert.equal(stat.segments.length, MANY);
  await expectBytes(vault, id, LONG);
  return stat;
}

const paged: readonly Row[] = [
  {
    name: 'put',
    tuning: { segmentLength: 1 },
    run: (vault) => vault.tenant('default').put(LONG, { name: 'long' }),
    after: async (vault, { file }, outcome) => {
      const ids = await idsOf(vault);
      assert.equal(ids.length, outcome.done ? 2 : 1);
      for (const id of ids) if (id !== file) await expectLong(vault, id);
    },
    makes: ['catalog.write', 'blobs.put'],
    last: 3,
    every: 3,
  },
  {
    name: 'append of the last bytes',
    prepare: async ({ world }) => {
      using vault = await world.open({ uploadSegmentLength: 1 });
      const uploads = vault.uploads('default');
      const { id } = await uploads.begin({ name: 'long', size: MANY });
      await uploads.append(id, LONG.subarray(0, MANY - 1), { offset: 0 });
      return id;
    },
    run: async (vault, { subject }) => {
      const uploads = vault.uploads('default');
      const { offset } = await uploads.stat(subject);
      return uploads.append(subject, LONG.subarray(offset), { offset });
    },
    after: async (vault, { subject }, outcome) => {
      const { file } = await vault.uploads('default').stat(subject);
      if (outcome.done || file !== undefined) await expectLong(vault, subject);
    },
    atLast: async (vault, { subject }) => void (await expectLong(vault, subject)),
    makes: ['catalog.write', 'blobs.put', 'catalog.list'],
    last: 20,
    every: 7,
  },
  {
    name: 'update',
    prepare: pagedFile,
    run: (vault, { subject }) => vault.tenant('default').update(subject, { name: 'other' }),
    after: async (vault, { subject }, outcome) => {
      const { name } = await expectLong(vault, subject);
      assert.ok(name === 'other' || (!outcome.done && name === 'long'));
    },
    makes: ['catalog.get', 'catalog.write'],
    every: 3,
  },
  {
    name: 'remove',
    prepare: pagedFile,
    run: (vault, { subject }) => vault.tenant('default').remove(subject),
    after: async (vault, { subject, file }, outcome) => {
      const ids = await idsOf(vault);
      assert.ok(ids.includes(file));
      if (outcome.done) assert.deepEqual(ids, [file]);
      else if (ids.length > 1) await expectLong(vault, subject);
    },
    again: 'not-found',
    makes: ['catalog.write', 'blobs.remove'],
    last: 16,
  },
  {
    name: 'sweep over a removal that died',
    prepare: async (scene) => {
      const { world } = scene;
      const subject = await pagedFile(scene);
      const die = (): Promise<never> => Promise.reject(new Error('dead'));
      using vault = await world.open({
        blobs: { put: die, remove: die, get: (...call) => world.blobs.get(...call) },
      });
      await vault.tenant('default').remove(subject);
      return subject;
    },
    run: (vault) => vault.sweep({ grace: 0 }),
    after: async (vault, { file }) => assert.deepEqual(await idsOf(vault), [file]),
    makes: ['catalog.list', 'catalog.write', 'blobs.remove'],
    last: 16,
  },
];

describe('a fault at every call, with the list of segments in pages,', () => {
  for (const row of paged) testRow(row, 40);
});
