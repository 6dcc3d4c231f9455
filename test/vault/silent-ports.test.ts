/** Ports that do not answer, and do not listen to signals either: nobody waits for them without end. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { DataKey } from '../../src/data-key.ts';
import type { Catalog, Keyring } from '../../src/ports.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { PausedSource, patterned } from '../../src/testing/test-bytes.ts';
import { openVault } from '../../src/vault/vault.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';

/** A keyring that unwraps when it is told to, and a list of what it gave out. */
function slowKeyring({ keyring }: World): {
  keyring: Keyring;
  asked: Promise<void>;
  answer: () => void;
  given: DataKey[];
} {
  const asked = Promise.withResolvers<void>();
  const told = Promise.withResolvers<void>();
  const given: DataKey[] = [];
  const unwrap: Keyring['unwrap'] = async (edks, context) => {
    asked.resolve();
    await told.promise;
    const dataKey = await keyring.unwrap(edks, context);
    if (dataKey !== null) given.push(dataKey);
    return dataKey;
  };
  return { keyring: { ...keyring, unwrap }, asked: asked.promise, answer: told.resolve, given };
}

describe('a keyring that is silent', { timeout: 10_000 }, () => {
  test('does not hold up an opening that is cancelled, and a key that comes late is wiped', async () => {
    const { world } = await memoryVault();
    const slow = slowKeyring(world);
    const controller = new AbortController();
    const { id, pins, ports } = world;
    const opening = openVault({ id, pins, ...ports, keyring: slow.keyring, signal: controller.signal });
    await slow.asked;
    controller.abort();
    await rejection(opening, 'cancelled');
    assert.equal(slow.given.length, 0, 'nobody waited for it');
    slow.answer();
    while (slow.given.length === 0) await setImmediate();
    for (let turn = 0; turn < 10; turn++) await setImmediate();
    assert.deepEqual(
      slow.given.map(({ wiped }) => wiped),
      [true],
    );
  });

  test('keeps one caller’s cancelling from the others, who share its answer', async () => {
    const { world, vault: writer } = await memoryVault();
    const { id } = await writer.tenant('default').put([], { name: 'n' });
    const slow = slowKeyring(world);
    // Opened with keys that answer; only the tenant's is still to come.
    let open = true;
    const keyring: Keyring = {
      ...world.keyring,
      unwrap: (...call) => (open ? world.keyring : slow.keyring).unwrap(...call),
    };
    using vault = await world.open({ keyring });
    open = false;
    const files = vault.tenant('default');
    const controller = new AbortController();
    const [patient, hasty] = [files.stat(id), files.stat(id, { signal: controller.signal })];
    await slow.asked;
    controller.abort();
    await rejection(hasty, 'cancelled');
    slow.answer();
    assert.equal((await patient).id, id);
    assert.equal(slow.given.length, 1);
  });
});

/** A catalog whose writes wait, once it is told, until they are let go; counts those that came, and ended, since then. */
class StallingCatalog implements Catalog {
  readonly #catalog: Catalog;
  #stall: PromiseWithResolvers<void> | undefined;
  writes = 0;
  answered = 0;

  constructor({ ports }: World) {
    this.#catalog = ports.catalog;
  }

  stall(): void {
    this.writes = 0;
    this.answered = 0;
    this.#stall = Promise.withResolvers();
  }

  goOn(): void {
    this.#stall?.resolve();
    this.#stall = undefined;
  }

  get: Catalog['get'] = (...call) => this.#catalog.get(...call);
  list: Catalog['list'] = (...call) => this.#catalog.list(...call);
  write: Catalog['write'] = async (operations) => {
    this.writes++;
    await this.#stall?.promise;
    await this.#catalog.write(operations);
    this.answered++;
  };
}

describe('a catalog that is slow', { timeout: 10_000 }, () => {
  test('is not asked for a renewal while it works on one', async (t) => {
    const { world } = await memoryVault();
    const catalog = new StallingCatalog(world);
    t.mock.timers.enable({ apis: ['setInterval'] });
    using vault = await world.open({ catalog, graceTime: 4000 });
    const source = new PausedSource(patterned(20));
    const putting = vault.tenant('default').put(source, { name: 'n' });
    await source.paused;
    catalog.stall();
    const pass = async (): Promise<void> => {
      t.mock.timers.tick(1000);
      for (let turn = 0; turn < 5; turn++) await setImmediate();
    };
    for (let renewal = 0; renewal < 20; renewal++) await pass();
    catalog.goOn();
    while (catalog.answered === 0) await setImmediate();
    for (let turn = 0; turn < 50; turn++) await setImmediate();
    assert.equal(catalog.writes, 1, 'none was waiting behind the first');
    catalog.stall();
    await pass();
    assert.equal(catalog.writes, 1, 'when it has answered, the entry is renewed again, once');
    catalog.goOn();
    source.resume();
    await putting;
    await world.check();
  });

  for (const renewing of [false, true]) {
    test(`does not hold up a put that is cancelled${renewing ? ' while it renews its entry' : ''}`, async (t) => {
      const { world } = await memoryVault();
      const catalog = new StallingCatalog(world);
      t.mock.timers.enable({ apis: ['setInterval'] });
      const patience = new AbortController();
      const timeout = t.mock.method(AbortSignal, 'timeout', () => patience.signal);
      using vault = await world.open({ catalog, graceTime: 4000 });
      const controller = new AbortController();
      const source = new PausedSource(patterned(20));
      const putting = vault.tenant('default').put(source, { name: 'n', signal: controller.signal });
      let ended = false;
      const refused = rejection(putting, 'cancelled').finally(() => (ended = true));
      await source.paused;
      catalog.stall();
      if (renewing) t.mock.timers.tick(1000);
      controller.abort();
      while (catalog.writes === 0 || timeout.mock.callCount() === 0) await setImmediate();
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      assert.equal(catalog.writes, 1);
      assert.deepEqual(
        timeout.mock.calls.map(({ arguments: [time] }) => time),
        [5000],
      );
      assert.equal(ended, false, 'it cleans up as long as its patience lasts');
      patience.abort();
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      const inTime = ended;
      catalog.goOn();
      await refused;
      assert.ok(inTime, 'it ended while the catalog was still silent');
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      // What it left stands in the journal.
      await world.check();
      await vault.sweep({ grace: 0 });
      await vault.sweep({ grace: 0 });
      assert.deepEqual(world.blobs.keys(), []);
    });
  }
});
