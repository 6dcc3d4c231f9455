/** Real processes on a real disk: killed at any moment, or working on one vault at once. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { Files, Stat } from '../../src/vault/files.ts';
import { Child } from '../support/child.ts';
import { checkDiskVault, filesOnDisk, makeDiskVault, openDiskVault } from '../support/disk-vault.ts';
import type { DiskPlace } from '../support/disk-vault.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function allFiles(files: Files): Promise<Stat[]> {
  const found: Stat[] = [];
  let cursor: string | undefined;
  do {
    const page = await files.list({ limit: 1000, cursor });
    assert.deepEqual(page.unreadable, []);
    found.push(...page.files);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

async function expectWhole(files: Files, stat: Stat): Promise<void> {
  const bytes = await collect((await files.get(stat.id)).body);
  assert.deepEqual(bytes, patterned(Number(stat.tags['size'])), `file ${stat.id}`);
}

/** Sweeps as if every grace time were over: what is on disk is then what records list. */
async function expectNothingLeft(place: DiskPlace): Promise<void> {
  await using disk = await openDiskVault(place);
  await disk.vault.sweep({ grace: 0 });
  await disk.vault.sweep({ grace: 0 });
  const stats = await allFiles(disk.vault.tenant('default'));
  const blobs = stats.reduce((sum, stat) => sum + stat.segments.length, 0);
  const names = await filesOnDisk(place);
  assert.deepEqual(
    names.filter((name) => name.endsWith('.part')),
    [],
  );
  assert.equal(names.length, blobs);
  for (const stat of stats) await expectWhole(disk.vault.tenant('default'), stat);
}

describe('processes', () => {
  test('that are killed at any moment leave a vault that is whole, and nothing that a sweep does not find', async (t) => {
    await using folder = await temporaryFolder();
    const { place, ...made } = await makeDiskVault(folder.path);
    await made[Symbol.asyncDispose]();
    const said: string[] = [];
    let interrupted = 0;
    await using children = new AsyncDisposableStack();
    const start = (): Child => children.use(new Child('vault-child.ts', ['churn', JSON.stringify(place)]));
    let next = start();
    for (let i = 0; i < 20; i++) {
      const child = next;
      assert.equal(await child.line(), 'ready');
      child.tell('go');
      await setTimeout(Math.random() * 120);
      await child.kill();
      // Until it is told to go it only reads, so that it can begin while this process looks around.
      next = start();
      said.push(...(await child.rest()));
      await checkDiskVault(place);
      const names = await filesOnDisk(place);
      await using disk = await openDiskVault(place);
      const stats = await allFiles(disk.vault.tenant('default'));
      const listed = stats.reduce((sum, stat) => sum + stat.segments.length, 0);
      if (names.length > listed || names.some((name) => name.endsWith('.part'))) interrupted++;
    }
    t.diagnostic(`${said.length} files kept, ${interrupted} states with something left over`);
    assert.ok(said.length > 0);
    await expectNothingLeft(place);
    await using disk = await openDiskVault(place);
    const ids = new Set((await allFiles(disk.vault.tenant('default'))).map(({ id }) => id));
    for (const id of said) assert.ok(ids.has(id), 'what a process said it had put is there');
  });

  test('two at once put, update, remove and sweep on one folder', async () => {
    await using folder = await temporaryFolder();
    const { place, ...made } = await makeDiskVault(folder.path);
    await made[Symbol.asyncDispose]();
    const children = [0, 1].map(() => new Child('vault-child.ts', ['share', JSON.stringify(place), '25']));
    await using first = children[0]!;
    await using second = children[1]!;
    for (const child of [first, second]) assert.equal(await child.line(), 'ready');
    for (const child of [first, second]) child.tell('go');
    const put = await Promise.all([first, second].map(async (child) => JSON.parse(await child.line()) as string[]));
    assert.deepEqual(
      put.map((ids) => ids.length),
      [25, 25],
    );
    await checkDiskVault(place);
    await using disk = await openDiskVault(place);
    const stats = await allFiles(disk.vault.tenant('default'));
    assert.ok(stats.length > 0 && stats.length < 50, 'some were removed');
    for (const { id } of stats) assert.ok(put.flat().includes(id));
    await expectNothingLeft(place);
  });
});

test('256 MiB go through a vault and back in less than 200 MB of memory', async (t) => {
  await using folder = await temporaryFolder();
  const { place, ...made } = await makeDiskVault(folder.path);
  await made[Symbol.asyncDispose]();
  await using child = new Child('vault-child.ts', ['large', JSON.stringify(place), '256']);
  const { got, peak } = JSON.parse(await child.line()) as { got: number; peak: number };
  t.diagnostic(`${Math.round(peak)} MiB at most`);
  assert.equal(got, 256 * 1024 * 1024);
  assert.ok(peak * 1024 * 1024 < 200e6, `${Math.round(peak)} MiB`);
});

test('256 MiB in small pieces, which are merged, take less than 200 MB of memory, too', async (t) => {
  await using folder = await temporaryFolder();
  const { place, ...made } = await makeDiskVault(folder.path);
  await made[Symbol.asyncDispose]();
  await using child = new Child('vault-child.ts', ['pieces', JSON.stringify(place), '256']);
  const { got, peak, segments } = JSON.parse(await child.line()) as { got: number; peak: number; segments: number };
  t.diagnostic(`${Math.round(peak)} MiB at most, ${segments} segments`);
  assert.equal(got, 256 * 1024 * 1024);
  assert.ok(segments < 128, 'some were merged');
  assert.ok(peak * 1024 * 1024 < 200e6, `${Math.round(peak)} MiB`);
  await checkDiskVault(place);
});
