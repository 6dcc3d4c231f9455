/** Whoever can write the catalog can put items beside the vault key; those that do not authenticate do not exist. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import type { Item } from '../../src/ports.ts';
import { SealroomError, isSealroomError } from '../../src/errors.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { memoryVault } from '../support/memory-vault.ts';

const PARTITION = 'key/*';
const VERSION = '00000001';
/** What a vault is refused for that has no key of its own. */
const REFUSALS: ReadonlySet<string> = new Set(['damaged', 'wrong-vault', 'unsupported-version']);
const COPY = 'a copy of the right one';
const PLACE = `${PARTITION} ${VERSION}`;

/** An item's data with the text of its authenticated body changed. */
function changed({ data }: Item, from: string | RegExp, to: string): Uint8Array {
  const before = Buffer.from(data).toString();
  const after = before.replace(from, to);
  assert.notEqual(after, before);
  return Buffer.from(after);
}

const foreign: Record<string, (own: Item, other: Item) => Uint8Array> = {
  garbage: () => patterned(100),
  nothing: () => new Uint8Array(0),
  'JSON that is no item': () => Buffer.from('{"key":1}'),
  'an item whose body is none': () => Buffer.from(`{"key":"${VERSION}","mac":"${'A'.repeat(43)}=","body":"no"}`),
  'the key of another vault': (_, other) => other.data,
  [COPY]: (own) => own.data,
  'the right one with another MAC': (own) => changed(own, /"mac":"..../, '"mac":"AAAA'),
  'the right one of a newer version': (own) => changed(own, '\\"v\\":1', '\\"v\\":9'),
  'the right commitment without wrapped keys': (own) => changed(own, /\\"edks\\":\[.*\]/, '\\"edks\\":[]'),
};

describe('beside the vault key', () => {
  for (const [what, make] of Object.entries(foreign)) {
    test(`${what} does not keep the vault from opening`, async () => {
      const { world, vault } = await memoryVault();
      const { world: other } = await memoryVault();
      const { id } = await vault.tenant('default').put(patterned(20), { name: 'n' });
      const own = world.catalog.items.get(PLACE)!;
      // One is met before the right one, one after it.
      for (const sort of ['00000000', '00000002']) {
        const data = make(own, other.catalog.items.get(PLACE)!);
        world.catalog.items.set(`${PARTITION} ${sort}`, { ...own, sort, data });
      }
      using again = await world.open();
      assert.deepEqual(await collect((await again.tenant('default').get(id)).body), patterned(20));
      const stored = await again.tenant('default').put([], { name: 'written with the right key' });
      assert.ok(await vault.tenant('default').stat(stored.id));
    });

    // A copy in its own place is the right one.
    if (what === COPY) continue;
    test(`${what} in its place opens nothing`, async () => {
      const { world } = await memoryVault();
      const { world: other } = await memoryVault();
      const own = world.catalog.items.get(PLACE)!;
      world.catalog.items.set(PLACE, { ...own, data: make(own, other.catalog.items.get(PLACE)!) });
      await assert.rejects(world.open(), (error) => isSealroomError(error) && REFUSALS.has(error.code));
    });
  }

  test('a service that does not answer is told as that, whatever else is there', async () => {
    const { world } = await memoryVault();
    const own = world.catalog.items.get(PLACE)!;
    const sort = '00000002';
    world.catalog.items.set(`${PARTITION} ${sort}`, { ...own, sort, data: patterned(100) });
    const unwrap = (): Promise<never> => Promise.reject(new SealroomError('unavailable', 'no answer'));
    await rejection(world.open({ keyring: { ...world.keyring, unwrap } }), 'unavailable');
  });
});
