/** What stands in the way of removing: holds, retention, and a vault that is read-only. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { readRecord, recordItem } from '../../src/vault/record-access.ts';
import type { Metadata } from '../../src/vault/metadata.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { sweep } from '../../src/vault/sweep.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';
import { coreOf } from '../support/vault-core.ts';

/** A file whose sealed metadata says what this version does not set. */
async function fileWith(changes: Partial<Metadata>): Promise<{ world: World; vault: Vault; id: string }> {
  const { world, vault } = await memoryVault();
  const { id } = await vault.tenant('default').put(patterned(20), { name: 'n' });
  const place = { tenant: 'default', file: id };
  const core = coreOf(world);
  using _ = core.keys;
  const { record, metadata, version } = await readRecord(core, place);
  const { item } = await recordItem(core, place, { ...record, metadata: { ...metadata, ...changes } });
  await core.catalog.write([{ type: 'put', item, expect: version }]);
  return { world, vault, id };
}

const kept: readonly [what: string, changes: Partial<Metadata>][] = [
  ['a hold', { hold: 'legal' }],
  ['a hold without a reason', { hold: '' }],
  ['a time that is to come', { retainUntil: '2026-01-02T03:04:05.001Z' }],
  ['a time that is none', { retainUntil: 'for ever' }],
  ['an empty time', { retainUntil: '' }],
  ['a hold beside a time that has passed', { hold: 'legal', retainUntil: '2020-01-01T00:00:00Z' }],
];

describe('remove', () => {
  for (const [what, changes] of kept) {
    test(`refuses a file with ${what}, and leaves it whole`, async () => {
      const { world, vault, id } = await fileWith(changes);
      const before = new Map(world.catalog.items);
      await rejection(vault.tenant('default').remove(id), 'retained');
      assert.deepEqual(world.catalog.items, before);
      assert.deepEqual(await collect((await vault.tenant('default').get(id)).body), patterned(20));
    });
  }

  for (const retainUntil of ['2020-01-01T00:00:00Z', '2026-01-02T03:04:05.000Z']) {
    test(`takes a file that was retained until ${retainUntil}, which is not later than now`, async () => {
      const { world, vault, id } = await fileWith({ retainUntil });
      await vault.tenant('default').remove(id);
      await rejection(vault.tenant('default').stat(id), 'not-found');
      assert.deepEqual(world.blobs.keys(), []);
    });
  }

  test('takes a file when its time has come', async () => {
    const { world, vault, id } = await fileWith({ retainUntil: '2026-01-02T03:04:06.000Z' });
    await rejection(vault.tenant('default').remove(id), 'retained');
    world.clock.time += 1000;
    await vault.tenant('default').remove(id);
  });

  test('an update keeps what stands in its way', async () => {
    const { vault, id } = await fileWith({ hold: 'legal' });
    const { hold } = await vault.tenant('default').update(id, { name: 'other' });
    assert.equal(hold, 'legal');
    await rejection(vault.tenant('default').remove(id), 'retained');
  });
});

describe('sweep', () => {
  test('leaves a vault alone that is read-only', async () => {
    const { world } = await memoryVault();
    const core = coreOf(world, { readOnly: true });
    using _ = core.keys;
    await rejection(sweep(core), 'read-only');
    await rejection(sweep(core, { grace: 0 }), 'read-only');
  });

  test('refuses a grace time that is none: it would give up uploads that are running', async () => {
    const { world, vault } = await memoryVault();
    const before = new Map(world.catalog.items);
    for (const grace of [Number.NaN, -1, -Infinity]) await rejection(vault.sweep({ grace }), 'usage');
    assert.deepEqual(world.catalog.items, before);
  });
});
