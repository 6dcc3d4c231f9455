/** The verbs on real stores: what the tests in memory say holds on a disk too. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { decrypt } from '../../src/envelope/decrypt.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { checkDiskVault, filesOnDisk, makeDiskVault, openDiskVault } from '../support/disk-vault.ts';
import { iteratorOf } from '../support/streams.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const TUNING = { frameLength: 100, segmentLength: 1000 };

describe('a vault on a disk', () => {
  test('stores, changes, lists, exports and removes files, and is there again when it is opened anew', async () => {
    await using folder = await temporaryFolder();
    const bytes = patterned(2500);
    const { place, ...made } = await makeDiskVault(folder.path, TUNING);
    const put = await made.vault.tenant('default').put(bytes, { name: 'n', context: { a: 'b' } });
    await made[Symbol.asyncDispose]();

    await using disk = await openDiskVault(place, TUNING);
    const files = disk.vault.tenant('default');
    assert.deepEqual(await files.stat(put.id), put);
    assert.equal((await filesOnDisk(place)).length, 3);
    assert.deepEqual(await collect((await files.get(put.id)).body), bytes);
    for (const [start, end] of [
      [0, 1],
      [999, 1001],
      [950, 2100],
      [2499, 2500],
    ] as const) {
      assert.deepEqual(
        await collect((await files.get(put.id, { range: { start, end } })).body),
        bytes.slice(start, end),
      );
    }
    // In each of three segments some that are full, and one that is not.
    assert.equal((await files.verify(put.id)).frames, 10 + 10 + 5 + 3);
    const message = await collect((await files.export(put.id)).body);
    const { body } = await decrypt(message, { keyring: disk.ports.keyring });
    assert.deepEqual(await collect(body), bytes);
    const updated = await files.update(put.id, { name: 'm' }, { ifVersion: put.version });
    await rejection(files.update(put.id, { name: 'x' }, { ifVersion: put.version }), 'conflict');
    await disk.vault.createTenant('acme');
    assert.deepEqual(
      (await disk.vault.tenants()).map(({ name }) => name),
      ['acme', 'default'],
    );
    assert.deepEqual((await files.list()).files, [updated]);
    assert.deepEqual((await disk.vault.tenant('acme').list()).files, []);
    await rejection(disk.vault.tenant('acme').stat(put.id), 'not-found');
    await checkDiskVault(place);
    await files.remove(put.id);
    await rejection(files.get(put.id), 'not-found');
    assert.deepEqual(await filesOnDisk(place), []);
    await checkDiskVault(place);
  });

  test('does not open with another key, id or pin', async () => {
    await using folder = await temporaryFolder();
    const { place, ...made } = await makeDiskVault(folder.path);
    await made[Symbol.asyncDispose]();
    await rejection(openDiskVault({ ...place, key: '00'.repeat(32) }), 'wrong-key');
    await rejection(openDiskVault({ ...place, pins: ['00'.repeat(32)] }), 'wrong-vault');
    await rejection(openDiskVault({ ...place, id: crypto.randomUUID() }), 'wrong-vault');
  });

  test('puts and removes many files at once', async () => {
    await using folder = await temporaryFolder();
    const { place, ...made } = await makeDiskVault(folder.path, TUNING);
    await using disk = made;
    const files = disk.vault.tenant('default');
    const stats = await Promise.all(
      Array.from({ length: 20 }, (_, i) => files.put(patterned(50 * i, i), { name: `${i}` })),
    );
    const bodies = await Promise.all(stats.map(async ({ id }) => collect((await files.get(id)).body)));
    assert.deepEqual(
      bodies,
      stats.map((_, i) => patterned(50 * i, i)),
    );
    await Promise.all(stats.slice(0, 10).map(({ id }) => files.remove(id)));
    assert.equal((await files.list()).files.length, 10);
    assert.equal((await filesOnDisk(place)).length, 10);
    await checkDiskVault(place);
  });

  test('lets go of the file of a body that nobody reads', async (t) => {
    if (!existsSync(DESCRIPTORS)) return t.skip(`open files are counted in ${DESCRIPTORS}, which this system has not`);
    await using folder = await temporaryFolder();
    const { place, ...made } = await makeDiskVault(folder.path);
    await using disk = made;
    const files = disk.vault.tenant('default');
    const { id } = await files.put(patterned(3 * 1024 * 1024), { name: 'n' });
    const { body } = await files.get(id);
    assert.equal(openBlobs(folder.path), 1, 'a body that waits for its reader has it open');
    await iteratorOf(body).return!();
    assert.equal(openBlobs(folder.path), 0);
    await checkDiskVault(place);
  });
});

const DESCRIPTORS = '/proc/self/fd';

/** How many blobs in a folder this process has open. */
function openBlobs(folder: string): number {
  const targets = readdirSync(DESCRIPTORS).map((name) => {
    try {
      return readlinkSync(join(DESCRIPTORS, name));
    } catch {
      // The descriptor with which the folder itself was read.
      return '';
    }
  });
  return targets.filter((target) => target.startsWith(join(folder, 'blobs'))).length;
}
