/** Every call that a verb makes fails once in each way, and the process goes on or dies: nothing is left behind. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSealroomError } from '../../src/errors.ts';
import type { Item } from '../../src/ports.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { createVault } from '../../src/vault/vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { GRACE, KEPT, expectBytes, idsOf, limitTenant, partitionsOf, testRow } from '../support/crash-matrix.ts';
import type { Row, Scene } from '../support/crash-matrix.ts';
import { everyFault, faultyPorts, outcomeOf, runTask } from '../support/dying.ts';
import type { FaultAt, Outcome } from '../support/dying.ts';
import { World } from '../support/memory-vault.ts';

const NEW = patterned(50);
const KEYED = { key: 'a key', request: 'a request' };

const rows: readonly Row[] = [
  putRow(1),
  putRow(3),
  {
    name: 'put under a key, with a time to go, where a quota is set',
    prepare: limitTenant,
    run: (vault) => vault.tenant('default').put(NEW, { name: 'new', expires: '2026-01-03', idempotency: KEYED }),
    after: async (vault, { world, file }, outcome) => {
      const ids = await idsOf(vault);
      if (!outcome.done) return assert.deepEqual(ids, [file], 'a put that failed leaves no file');
      const { id } = outcome.value as { id: string };
      assert.deepEqual(ids.sort(), [file, id].sort());
      await expectBytes(vault, id, NEW);
      assert.equal(partitionsOf(world).filter((partition) => partition.startsWith('due/')).length, 1);
    },
    // Two tries, and one file: the second finds what the first has stored, or stores it.
    atLast: async (vault, { file }) => {
      const ids = await idsOf(vault);
      assert.equal(ids.length, 2);
      assert.ok(ids.includes(file));
    },
    makes: ['catalog.get', 'catalog.write', 'keyring.generate', 'blobs.put'],
  },
  removeRow('remove where a quota is set', limitTenant),
  {
    name: 'sweep over a file whose time has come, where a quota is set',
    prepare: async (scene) => {
      await limitTenant(scene);
      using vault = await scene.world.open();
      await vault.tenant('default').put(NEW, { name: 'goes', expires: '2026-01-02T04:00:00Z' });
      scene.world.clock.time += 3_600_000;
    },
    run: (vault) => vault.sweep(),
    after: async (vault, { file }) => assert.deepEqual(await idsOf(vault), [file]),
    atLast: async (vault, { world, file }) => {
      assert.deepEqual(
        partitionsOf(world).filter((partition) => partition.startsWith('due/')),
        [],
      );
      await expectBytes(vault, file, KEPT);
    },
    makes: ['catalog.list', 'catalog.write', 'blobs.remove', 'catalog.get'],
  },
  {
    name: 'setQuota',
    prepare: limitTenant,
    run: (vault) => vault.setQuota('default', { bytes: 1000, files: null }),
    after: async (vault, _, outcome) => {
      const [tenant] = await vault.tenants();
      assert.deepEqual(tenant!.quota, { bytes: outcome.done ? 1000 : tenant!.quota!.bytes, files: null });
      await vault.tenant('default').put(NEW, { name: 'n' });
    },
    makes: ['catalog.get', 'catalog.write'],
  },
  {
    name: 'update',
    run: (vault, { file }) => vault.tenant('default').update(file, { name: 'other' }),
    after: async (vault, { file }, outcome) => {
      const { name } = await vault.tenant('default').stat(file);
      if (outcome.done) assert.equal(name, 'other');
      else assert.ok(name === 'kept' || name === 'other');
      await expectBytes(vault, file, KEPT);
    },
    makes: ['catalog.get', 'catalog.write'],
  },
  removeRow('remove'),
  {
    name: 'sweep over an entry of each state',
    prepare: everyEntry,
    run: (vault) => vault.sweep(),
    after: (vault, { file }) => expectBytes(vault, file, KEPT),
    makes: ['catalog.list', 'catalog.write', 'blobs.remove', 'catalog.get'],
  },
  {
    name: 'createTenant',
    run: (vault) => vault.createTenant('acme'),
    after: async (vault, _, outcome) => {
      const names = (await vault.tenants()).map(({ name }) => name);
      if (outcome.done) assert.deepEqual(names, ['acme', 'default']);
      const { id } = await outcomeOf(vault.tenant('acme').put(KEPT, { name: 'n' })).then((put) =>
        put.done ? (put.value as { id: string }) : { id: '' },
      );
      assert.equal(id !== '', names.includes('acme'), 'a tenant has its key, or is not there at all');
    },
    again: 'exists',
    makes: ['keyring.generate', 'catalog.write'],
  },
];

function removeRow(name: string, prepare: Row['prepare'] = async () => {}): Row {
  return {
    name,
    prepare,
    run: (vault, { file }) => vault.tenant('default').remove(file),
    after: async (vault, { file }, outcome) => {
      const ids = await idsOf(vault);
      if (outcome.done) assert.deepEqual(ids, []);
      else if (ids.length > 0) await expectBytes(vault, file, KEPT);
    },
    again: 'not-found',
    makes: ['catalog.write', 'blobs.remove'],
  };
}

function putRow(segments: number): Row {
  const bytes = patterned(segments * 40 - 5);
  return {
    name: `put of ${segments} segment${segments === 1 ? '' : 's'}`,
    run: (vault) => vault.tenant('default').put(bytes, { name: 'new' }),
    after: async (vault, { file }, outcome) => {
      const ids = await idsOf(vault);
      if (!outcome.done) return assert.deepEqual(ids, [file], 'a put that failed leaves no file');
      const { id } = outcome.value as { id: string };
      assert.deepEqual(ids.sort(), [file, id].sort());
      await expectBytes(vault, id, bytes);
    },
    makes: ['catalog.write', 'keyring.generate', 'blobs.put'],
  };
}

/** Leaves journal entries: of an upload that died, of one that was claimed too, of a removal, and of a file that is there. */
async function everyEntry({ world, file }: Scene): Promise<void> {
  const entries = (): Item[] => [...world.catalog.items.values()].filter((item) => item.partition === 'journal/0');
  const die = async (call: number, task: (vault: Vault) => Promise<unknown>): Promise<void> => {
    const warm = async (vault: Vault): Promise<unknown> => {
      await vault.tenant('default').list();
      return task(vault);
    };
    // Loading the key of the tenant takes three calls.
    await using _ = await runTask(world, warm, { call: 3 + call, moment: 'before', crash: true });
  };
  using vault = await world.open();
  const files = vault.tenant('default');
  let broughtBack: Item | undefined;
  const source = function* (): Generator<Uint8Array> {
    [broughtBack] = entries();
    yield patterned(20);
  };
  await files.put(source(), { name: 'its entry comes back' });
  await die(6, (dying) => dying.tenant('default').put(patterned(20), { name: 'claimed' }));
  world.clock.time += GRACE;
  assert.equal((await vault.sweep()).claimed, 1);
  await die(6, (dying) => dying.tenant('default').put(patterned(20), { name: 'writing' }));
  const { id } = await files.put(patterned(20), { name: 'removed' });
  await die(4, (dying) => dying.tenant('default').remove(id));
  world.catalog.items.set(`${broughtBack!.partition} ${broughtBack!.sort}`, broughtBack!);
  assert.equal(entries().length, 4);
  world.clock.time += GRACE;
  assert.ok((await idsOf(vault)).includes(file));
}

describe('a fault at every call', () => {
  for (const row of rows) testRow(row);

  test('of createVault leaves a whole vault or none', async (t) => {
    const create = async (
      world: World,
      fault?: FaultAt,
    ): Promise<{ outcome: Outcome; faults: ReturnType<typeof everyFault> }> => {
      const { ports, faults, fail } = faultyPorts(world, fault);
      fail(0);
      const outcome = await outcomeOf(createVault({ ...world.tuning, ...ports }));
      await faults[Symbol.asyncDispose]();
      return { outcome, faults: everyFault(faults.calls) };
    };
    const { faults } = await create(new World());
    t.diagnostic(`${faults.length} faults`);
    assert.ok(faults.some(({ name }) => name === 'catalog.write'));
    for (const fault of faults) {
      const world = new World();
      const first = await create(world, fault);
      const { size } = world.catalog.items;
      assert.ok(size === 0 || size === 4, 'all of it or none');
      const second = await create(world);
      if (size === 0) assert.ok(second.outcome.done, `a second try makes it: ${JSON.stringify(fault)}`);
      else assert.ok(!second.outcome.done && isSealroomError(second.outcome.error, 'exists'));
      const made = first.outcome.done ? first.outcome : second.outcome;
      if (!made.done) continue;
      const { id, pins } = made.value as Vault;
      Object.assign(world, { id, pins });
      await world.check();
    }
  });
});
