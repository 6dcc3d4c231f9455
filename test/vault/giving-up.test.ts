/** What a put that failed, and a removal, do about their blobs: how often they ask, and how many at once. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { SealroomError, isSealroomError } from '../../src/errors.ts';
import type { BlobStore, Catalog } from '../../src/ports.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';

const MOST = 8;

/** A blob store whose removals are counted; once there are `MOST`, or no more come, they go on. */
class CountedRemovals implements BlobStore {
  readonly #store: BlobStore;
  readonly #refused: number;
  begun = 0;
  most = 0;
  #underWay = 0;

  /** @param refused which removal fails, counted from 1; none when 0 */
  constructor({ ports }: World, refused = 0) {
    this.#store = ports.blobs;
    this.#refused = refused;
  }

  put: BlobStore['put'] = (...call) => this.#store.put(...call);
  get: BlobStore['get'] = (...call) => this.#store.get(...call);
  remove: BlobStore['remove'] = async (...call) => {
    const number = ++this.begun;
    this.most = Math.max(this.most, ++this.#underWay);
    try {
      for (let turn = 0; turn < 5; turn++) await setImmediate();
      if (number === this.#refused) throw new SealroomError('unavailable', 'the store is away');
      await this.#store.remove(...call);
    } finally {
      this.#underWay--;
    }
  };
}

describe('the blobs of a file that goes', () => {
  const SEGMENTS = 50;

  test('are removed several at once, and not all', async () => {
    const { world } = await memoryVault({ segmentLength: 1 });
    const blobs = new CountedRemovals(world);
    using vault = await world.open({ blobs });
    const files = vault.tenant('default');
    const { id } = await files.put(patterned(SEGMENTS), { name: 'n' });
    await files.remove(id);
    assert.deepEqual([blobs.begun, blobs.most], [SEGMENTS, MOST]);
    assert.deepEqual(world.blobs.keys(), []);
    await world.check();
  });

  test('are left to a sweep when one cannot be removed, and the store is not asked for all the others', async () => {
    const { world } = await memoryVault({ segmentLength: 1 });
    const blobs = new CountedRemovals(world, 1);
    using vault = await world.open({ blobs });
    const files = vault.tenant('default');
    const { id } = await files.put(patterned(SEGMENTS), { name: 'n' });
    await files.remove(id);
    assert.ok(blobs.begun < 2 * MOST, `${blobs.begun} were tried`);
    assert.equal(world.blobs.keys().length, SEGMENTS - blobs.begun + 1);
    await world.check();
    const { failed, finished } = await vault.sweep({ grace: 0 });
    assert.deepEqual([failed.length, finished], [0, 1]);
    assert.deepEqual(world.blobs.keys(), []);
    assert.equal(blobs.most, MOST, 'a sweep removes as many at once');
    await world.check();
  });
});

describe('a put that cannot be committed', () => {
  /** A catalog that refuses commits with an unknown outcome, and names all that it is asked. */
  function refusingCommits({ ports }: World, calls: string[]): Catalog {
    const { catalog } = ports;
    return {
      get: (...call) => (calls.push('get'), catalog.get(...call)),
      list: (...call) => catalog.list(...call),
      write: async (...call) => {
        const kinds = call[0].map(({ type }) => type).join(' and ');
        calls.push(kinds);
        if (kinds === 'put and remove') throw new SealroomError('unavailable', 'nobody knows');
        await catalog.write(...call);
      },
    };
  }

  test('is given up once, and leaves nothing', async () => {
    const { world } = await memoryVault();
    const calls: string[] = [];
    const blobs = new CountedRemovals(world);
    using vault = await world.open({ blobs, catalog: refusingCommits(world, calls) });
    const files = vault.tenant('default');
    await files.list();
    calls.length = 0;
    await rejection(files.put(patterned(20), { name: 'n' }), 'unavailable');
    // It reads back, claims its entry, and takes it out when its blob is gone.
    assert.deepEqual(calls.slice(calls.indexOf('put and remove')), ['put and remove', 'get', 'put', 'remove']);
    assert.equal(blobs.begun, 1);
    assert.deepEqual(world.blobs.keys(), []);
    assert.ok(![...world.catalog.items.keys()].some((key) => key.startsWith('journal')), 'its entry is gone too');
    await world.check();
  });

  test('gives the file that another put stored under its key, also when its own blob cannot be removed', async () => {
    const { world } = await memoryVault();
    const blobs = new CountedRemovals(world, 1);
    using vault = await world.open({ blobs });
    const idempotency = { key: 'k', request: 'r' };
    const first = vault.tenant('default');
    let stored = '';
    const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      using other = await world.open();
      ({ id: stored } = await other.tenant('default').put(patterned(20), { name: 'n', idempotency }));
      yield patterned(20);
    };
    assert.equal((await first.put(source(), { name: 'n', idempotency })).id, stored);
    await world.check();
    for (let i = 0; i < 2; i++) await vault.sweep({ grace: 0 });
    assert.equal(world.blobs.keys().length, 1);
  });
});

test('what a tenant holds is not counted for ever when the catalog forgets it', { timeout: 20_000 }, async (t) => {
  const { world } = await memoryVault();
  let asked = 0;
  const { catalog } = world.ports;
  const forgetful: Catalog = {
    get: async (partition, ...rest) => {
      if (!partition.startsWith('usage/')) return catalog.get(partition, ...rest);
      assert.ok(++asked < 1000, 'it would never have ended');
      return undefined;
    },
    list: (...call) => catalog.list(...call),
    write: (...call) => catalog.write(...call),
  };
  // So that it does not wait between its turns.
  t.mock.method(Math, 'random', () => 0);
  using vault = await world.open({ catalog: forgetful });
  await vault.setQuota('default', { bytes: 1000, files: null });
  const error: unknown = await vault
    .tenant('default')
    .put(patterned(20), { name: 'n' })
    .catch((reason: unknown) => reason);
  assert.ok(isSealroomError(error, 'unavailable'), String(error));
});
