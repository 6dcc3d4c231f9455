/**
 * Whoever can write to catalog and blob store changes everything he can, one thing at a time. Each read is then
 * refused, or gives exactly what was put: never other bytes, another file's metadata, or a cut file as whole.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { decrypt } from '../../src/envelope/decrypt.ts';
import { SealroomError } from '../../src/errors.ts';
import type { Item } from '../../src/ports.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { Stat } from '../../src/vault/files.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { jsonChanges } from '../support/json-changes.ts';
import type { Json } from '../support/json-changes.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';
import { orRefused, refused } from '../support/refused.ts';
import { snapshotOf } from '../support/snapshot.ts';
import { drain } from '../support/streams.ts';
import { onAws, spread } from '../support/stores.ts';

interface Known {
  readonly tenant: string;
  readonly bytes: Uint8Array;
  /** Each state that the file was ever in: bringing one back is no forgery. */
  readonly stats: readonly Stat[];
}

/** A vault with everything in it, and how to bring it back. */
interface Victim {
  readonly world: World;
  readonly files: ReadonlyMap<string, Known>;
  readonly items: ReadonlyMap<string, Item>;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  /** Items as they once were. */
  readonly old: readonly Item[];
  readonly restore: () => void;
}

const FRAME = 16;

async function makeVictim(): Promise<Victim> {
  const { world, vault } = await memoryVault({ frameLength: FRAME, segmentLength: 40, shards: 2 });
  await vault.createTenant('acme');
  const files = new Map<string, Known>();
  const old: Item[] = [];
  const source = function* (bytes: Uint8Array): Generator<Uint8Array> {
    yield bytes;
    old.push(...[...world.catalog.items.values()].filter(({ partition }) => partition.startsWith('journal/')));
  };
  for (const [i, tenant] of ['default', 'default', 'acme', 'acme'].entries()) {
    const bytes = patterned(i % 2 === 0 ? 90 : 30, i + 1);
    const said = { tags: { number: `${i}` }, context: { tenant, number: `${i}` }, metadata: { of: tenant } };
    const first = await vault.tenant(tenant).put(source(bytes), { name: `file ${i}`, ...said });
    old.push([...world.catalog.items.values()].find(({ sort }) => sort === first.id)!);
    const second = await vault.tenant(tenant).update(first.id, { name: `file ${i} again` });
    files.set(first.id, { tenant, bytes, stats: [first, second] });
  }
  // Journal entries of files that are there: a sweep that trusts them loses every blob.
  for (const entry of old) {
    if (entry.partition.startsWith('journal/')) world.catalog.items.set(keyOf(entry), entry);
  }
  vault[Symbol.dispose]();
  const { items, blobs } = { items: new Map(world.catalog.items), blobs: new Map(world.blobs.blobs) };
  return { world, files, items, blobs, old, restore: snapshotOf(world) };
}

const keyOf = ({ partition, sort }: Pick<Item, 'partition' | 'sort'>): string => `${partition} ${sort}`;

/** Without what no seal can vouch for: the version of the item, and the names of the keys that open it. */
function vouched(stat: Stat): Partial<Stat> {
  const { version: _, keys: __, ...rest } = stat;
  return rest;
}

function expectStat(known: Known | undefined, stat: Stat): void {
  assert.ok(known !== undefined, 'a file that never was');
  const states = known.stats.map((state) => JSON.stringify(vouched(state)));
  assert.ok(states.includes(JSON.stringify(vouched(stat))), `metadata that it never had: ${JSON.stringify(stat)}`);
}

/** Everything that arrives is right; true when all of it did. */
async function expectBody(
  body: AsyncIterable<Uint8Array>,
  expected: Uint8Array,
  also: readonly string[],
): Promise<boolean> {
  const { bytes, error } = await drain(body);
  assert.deepEqual(bytes, expected.slice(0, bytes.length), 'bytes that are not the file’s');
  if (error !== undefined) return !refused(error, also);
  assert.equal(bytes.length, expected.length, 'a cut file as whole');
  return true;
}

interface Allowed {
  /** Codes that this change may lead to, beside those of exit 3 and 4. */
  readonly codes?: readonly string[];
  /** Ids of the files that it is about; all unless given. The others must come out whole. */
  readonly about?: readonly string[];
  /** For changes that no read of a file looks at in more than one way: only whole files are read. */
  readonly brief?: boolean;
}

/** Tries every read of the files that a change is about; gives the ids of those that still come out whole. */
async function readEverything(victim: Victim, vault: Vault, { codes = [], about, brief }: Allowed): Promise<string[]> {
  const whole: string[] = [];
  for (const [id, known] of victim.files) {
    if (about !== undefined && !about.includes(id)) continue;
    const files = vault.tenant(known.tenant);
    const { bytes } = known;
    const stat = await orRefused(files.stat(id), codes);
    if (stat !== undefined) expectStat(known, stat);
    if (brief === true) {
      const got = await orRefused(files.get(id), codes);
      if (got !== undefined && (await expectBody(got.body, bytes, codes))) whole.push(id);
      continue;
    }
    const verified = await orRefused(files.verify(id), codes);
    if (verified !== undefined) expectStat(known, verified.stat);
    const ranges = [undefined, { start: 0, end: 5 }, { start: 20, end: 29 }, { start: 25 }, { start: 10, end: 1000 }];
    for (const range of ranges) {
      const got = await orRefused(files.get(id, { range }), codes);
      if (got === undefined) continue;
      expectStat(known, got.stat);
      const { start, end } = { start: 0, end: bytes.length, ...range };
      const all = await expectBody(got.body, bytes.slice(start, end), codes);
      if (range === undefined && all) whole.push(id);
      if (range === undefined) assert.equal(verified !== undefined, all, 'verify says what get finds');
    }
    const exported = await orRefused(files.export(id), codes);
    if (exported === undefined) continue;
    expectStat(known, exported.stat);
    const { bytes: message, error } = await drain(exported.body);
    if (error !== undefined) {
      refused(error, codes);
      continue;
    }
    const { body, context } = await decrypt(message, { keyring: victim.world.keyring });
    assert.deepEqual(await collect(body), bytes);
    assert.equal(context['sealroom:file'], id);
  }
  return whole;
}

async function expectListings(victim: Victim, vault: Vault, { codes = [], about }: Allowed): Promise<void> {
  for (const tenant of ['default', 'acme']) {
    const call = vault.tenant(tenant).list();
    const listing = about === undefined ? await orRefused(call, codes) : await call;
    if (listing === undefined) continue;
    for (const stat of listing.files) expectStat(victim.files.get(stat.id), stat);
    const listed = listing.files.map(({ id }) => id);
    assert.equal(new Set(listed).size, listed.length, 'a file listed twice');
    for (const [id, known] of victim.files) {
      if (known.tenant !== tenant) assert.ok(!listed.includes(id), 'listed in another tenant');
      else if (about !== undefined && !about.includes(id)) assert.ok(listed.includes(id), 'another file is hidden');
    }
  }
  const tenants = await orRefused(vault.tenants(), codes);
  for (const { name } of tenants ?? []) assert.ok(name === 'default' || name === 'acme', name);
}

/** Makes one change, reads everything, sweeps, and reads again what was whole. */
async function attack(
  victim: Victim,
  what: string,
  change: (world: World) => void,
  allowed: Allowed = {},
): Promise<string[]> {
  victim.restore();
  change(victim.world);
  try {
    const vault = await orRefused(victim.world.open(), allowed.codes ?? []);
    if (vault === undefined) return [];
    using _ = vault;
    await expectListings(victim, vault, allowed);
    const whole = await readEverything(victim, vault, allowed);
    for (let i = 0; i < 2; i++) await orRefused(vault.sweep({ grace: 0 }), allowed.codes ?? []);
    const after = await readEverything(victim, vault, allowed);
    assert.deepEqual(after, whole, 'a sweep took what a live file needs');
    return whole;
  } catch (error) {
    if (error instanceof SealroomError || error instanceof Error) throw new Error(what, { cause: error });
    throw error;
  }
}

function fileOfBlob({ items }: Victim, key: string): string {
  return [...items.values()].find((item) => isFile(item) && Buffer.from(item.data).includes(key))!.sort;
}

function jsonOf(item: Item): Json {
  return JSON.parse(Buffer.from(item.data).toString()) as Json;
}

function withJson(item: Item, json: Json): Item {
  return { ...item, data: Buffer.from(JSON.stringify(json)) };
}

/** From nothing up to, not including, the end. */
function steps(end: number, step: number): number[] {
  return Array.from({ length: Math.ceil(end / step) }, (_, i) => i * step);
}

/** One item of each partition: the others are like it. */
function oneOfEach({ items }: Victim): Item[] {
  return [...new Map(Array.from(items.values(), (item) => [item.partition, item])).values()];
}

const isFile = ({ partition }: Item): boolean => partition.startsWith('file/');

/** Changes of items that say which vault it is, or in which version, are told by codes of their own. */
const CONFIGURATION = ['wrong-vault', 'no-vault', 'unsupported-version'];

describe('a vault that was changed', () => {
  test('is whole before anything was changed', async () => {
    const victim = await makeVictim();
    const whole = await attack(victim, 'nothing', () => {});
    assert.deepEqual(whole, [...victim.files.keys()]);
  });

  test('in any field of a record does not open, or is the same', async (t) => {
    const victim = await makeVictim();
    const records = [...victim.items.values()].filter(isFile);
    let changes = 0;
    let harmless = new Set<string>();
    // One of three segments and one of a single segment, in different tenants.
    for (const item of [records[0]!, records[3]!]) {
      const others = records.filter((other) => other !== item).map(jsonOf);
      for (const { what, changed } of spread(jsonChanges(jsonOf(item), others), 101)) {
        changes++;
        const place = { about: [item.sort], codes: what.startsWith('v ') ? ['unsupported-version'] : [] };
        const change = (world: World): void => void world.catalog.items.set(keyOf(item), withJson(item, changed));
        const whole = await attack(victim, `${keyOf(item)}: ${what}`, change, place);
        if (whole.length > 0) harmless = harmless.add(what.replace(/\d+/g, 'n'));
      }
    }
    t.diagnostic(`${changes} changes; harmless: ${[...harmless].sort().join('; ')}`);
    // A tag that is dropped is not missed (a rewrap drops it); names that nobody reads change nothing.
    for (const what of harmless)
      assert.match(what, /^segments\.n\.tag deleted$|with one name more|with text that is none|with much more/);
    assert.ok(onAws || harmless.has('segments.n.tag deleted'));
  });

  test('in any field of any other item is refused, or is the same', async () => {
    const victim = await makeVictim();
    for (const item of oneOfEach(victim)) {
      if (isFile(item)) continue;
      const others = [...victim.items.values()]
        .filter((other) => other !== item && !isFile(other))
        .slice(0, 3)
        .map(jsonOf);
      const outer = jsonOf(item) as { body: string; mac: string; key: string };
      const variants: { what: string; changed: Json }[] = [...jsonChanges(outer, others)];
      for (const { what, changed } of jsonChanges(JSON.parse(outer.body) as Json, [])) {
        variants.push({ what: `body: ${what}`, changed: { ...outer, body: JSON.stringify(changed) } });
      }
      for (const { what, changed } of spread(variants, 101)) {
        const change = (world: World): void => void world.catalog.items.set(keyOf(item), withJson(item, changed));
        await attack(victim, `${keyOf(item)}: ${what}`, change, { codes: CONFIGURATION, brief: true });
      }
    }
  });

  test('in any byte of an item is refused, or is the same', async () => {
    const victim = await makeVictim();
    for (const item of oneOfEach(victim)) {
      const allowed = isFile(item)
        ? { about: [item.sort], codes: ['unsupported-version'] }
        : { codes: CONFIGURATION, brief: true };
      const set =
        (data: Uint8Array) =>
        (world: World): void =>
          void world.catalog.items.set(keyOf(item), { ...item, data });
      for (const at of spread(steps(item.data.length, 61), 23)) {
        const data = item.data.slice();
        data[at]! ^= 1 << (at % 8);
        await attack(victim, `${keyOf(item)}: byte ${at}`, set(data), allowed);
      }
      for (const text of spread(['', 'null', '[]', '{}', '"x"', '\ufeff{}', '{"v":1}'], 7)) {
        await attack(victim, `${keyOf(item)} is ${text}`, set(Buffer.from(text)), allowed);
      }
      await attack(victim, `${keyOf(item)} cut`, set(item.data.slice(0, -1)), allowed);
    }
  });

  test('by items deleted, expired, moved, copied and swapped is refused, or is the same', async () => {
    const victim = await makeVictim();
    const items = oneOfEach(victim);
    const allowed = { codes: CONFIGURATION, brief: true };
    for (const item of spread(items, 3)) {
      const own = isFile(item) ? { about: [item.sort] } : allowed;
      await attack(victim, `${keyOf(item)} deleted`, (world) => void world.catalog.items.delete(keyOf(item)), own);
      await attack(
        victim,
        `${keyOf(item)} expired`,
        (world) => void world.catalog.items.set(keyOf(item), { ...item, expires: 1 }),
        own,
      );
      await attack(
        victim,
        `${keyOf(item)} with another version`,
        (world) => void world.catalog.items.set(keyOf(item), { ...item, version: 'x' }),
        own,
      );
      for (const other of spread(items, 7)) {
        if (other === item) continue;
        const { partition, sort } = other;
        const data = item.data;
        await attack(
          victim,
          `${keyOf(item)} over ${keyOf(other)}`,
          (world) => {
            world.catalog.items.set(keyOf(other), { ...other, data });
          },
          allowed,
        );
        const places = [
          { partition, sort: item.sort },
          { partition: item.partition, sort },
          { partition: item.partition, sort: 'zzz' },
          { partition: item.partition, sort: '00000000-0000-7000-8000-000000000000' },
        ];
        for (const place of spread(places, 3)) {
          if (victim.items.has(keyOf(place))) continue;
          await attack(
            victim,
            `${keyOf(item)} copied to ${keyOf(place)}`,
            (world) => {
              world.catalog.items.set(keyOf(place), { ...item, ...place });
            },
            allowed,
          );
          await attack(
            victim,
            `${keyOf(item)} moved to ${keyOf(place)}`,
            (world) => {
              world.catalog.items.delete(keyOf(item));
              world.catalog.items.set(keyOf(place), { ...item, ...place });
            },
            allowed,
          );
        }
      }
    }
  });

  test('back to an earlier state is what it was then', async () => {
    const victim = await makeVictim();
    for (const item of victim.old) {
      const whole = await attack(
        victim,
        `${keyOf(item)} brought back`,
        (world) => void world.catalog.items.set(keyOf(item), item),
      );
      assert.deepEqual(whole, [...victim.files.keys()], 'nothing is lost by it');
    }
  });

  test('in its blobs is refused, or gives what was not touched', async () => {
    const victim = await makeVictim();
    const stride = FRAME + 32;
    // One file of three segments, and one of a single segment.
    for (const [key, blob] of [...victim.blobs].slice(0, 4)) {
      const about = [fileOfBlob(victim, key)];
      const tamper = (what: string, bytes: Uint8Array, brief = false): Promise<string[]> =>
        attack(victim, `${key} ${what}`, (world) => void world.blobs.blobs.set(key, bytes), { about, brief });
      await attack(victim, `${key} deleted`, (world) => void world.blobs.blobs.delete(key), { about });
      for (const [other, bytes] of spread(victim.blobs, 5)) {
        if (other !== key) assert.deepEqual(await tamper(`is ${other}`, bytes), []);
      }
      const cuts = new Set([0, 1, 5, blob.length - 1, blob.length - 17]);
      for (let at = stride; at < blob.length; at += stride) for (const by of [-1, 0, 1, 4]) cuts.add(at + by);
      for (const at of spread(cuts, 17)) {
        if (at < blob.length) assert.deepEqual(await tamper(`cut at ${at}`, blob.slice(0, at)), []);
      }
      for (const more of [Uint8Array.of(0), blob, blob.slice(0, stride), blob.slice(-56)]) {
        assert.deepEqual(await tamper(`longer by ${more.length}`, Buffer.concat([blob, more])), []);
      }
      // Each structural region of each frame is longer than this.
      for (const at of spread(steps(blob.length, 3), 41)) {
        const flipped = blob.slice();
        flipped[at]! ^= 0x80 >> (at % 8);
        assert.deepEqual(await tamper(`flipped at ${at}`, flipped), []);
      }
      if (blob.length <= 2 * stride) continue;
      const [first, second, rest] = [blob.slice(0, stride), blob.slice(stride, 2 * stride), blob.slice(2 * stride)];
      for (const frames of [
        [second, first, rest],
        [first, rest],
        [first, first, rest],
        [first, second, second, rest],
      ]) {
        assert.deepEqual(await tamper('with its frames in another order', Buffer.concat(frames)), []);
      }
    }
  });
});
