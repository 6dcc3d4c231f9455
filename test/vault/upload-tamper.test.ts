/**
 * Whoever can write to the stores changes the items of uploads, and of files whose list of segments stands in pages:
 * then no byte is wrong that is given out, and what lives loses nothing.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SealroomError } from '../../src/errors.ts';
import type { Item } from '../../src/ports.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { SEGMENTS_IN_ITEM } from '../../src/vault/records.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { jsonChanges } from '../support/json-changes.ts';
import type { Json } from '../support/json-changes.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';
import { orRefused, refused } from '../support/refused.ts';
import { snapshotOf } from '../support/snapshot.ts';
import { onAws, spread } from '../support/stores.ts';
import { drain } from '../support/streams.ts';

const UPLOAD_TIME = 3_600_000;
const SIZE = 100;
/** Sizes of the parts that are durable: two alike, so that one fits in the place of the other. */
const PARTS = [30, 30, 20];

interface Known {
  readonly tenant: string;
  readonly bytes: Uint8Array;
}

interface Victim {
  readonly world: World;
  /** By the id of the file to be. */
  readonly uploads: ReadonlyMap<string, Known>;
  readonly files: ReadonlyMap<string, Known>;
  readonly items: ReadonlyMap<string, Item>;
  /** Every item as it ever stood, the oldest first. */
  readonly old: readonly Item[];
  readonly restore: () => void;
}

const keyOf = ({ partition, sort }: Pick<Item, 'partition' | 'sort'>): string => `${partition} ${sort}`;
const isOf = (file: string, { partition, sort }: Item): boolean => partition.endsWith(file) || sort.includes(file);

/** Two uploads of one tenant and one of another, alike but for their bytes, and a file that came in pieces. */
async function makeVictim(): Promise<Victim> {
  const { world, vault } = await memoryVault({ uploadTime: UPLOAD_TIME });
  await vault.createTenant('acme');
  const old = new Map<string, Item>();
  const note = (): void => {
    for (const item of world.catalog.items.values()) old.set(item.version, item);
  };
  const begin = async (tenant: string, seed: number, sizes: readonly number[]): Promise<[string, Known]> => {
    const bytes = patterned(SIZE, seed);
    const uploads = vault.uploads(tenant);
    const { id } = await uploads.begin({ name: `${seed}`, size: SIZE });
    note();
    let offset = 0;
    for (const size of sizes) {
      const source = function* (): Generator<Uint8Array> {
        yield bytes.subarray(offset, offset + 1);
        // With its entry in the journal.
        note();
        yield bytes.subarray(offset + 1, offset + size);
      };
      await using _ = await uploads.lock(id, { onWanted: () => {} });
      ({ offset } = await uploads.append(id, source(), { offset }));
      note();
    }
    return [id, { tenant, bytes }];
  };
  const uploads = new Map([await begin('default', 1, PARTS), await begin('default', 2, PARTS)]);
  uploads.set(...(await begin('acme', 3, PARTS)));
  const files = new Map([await begin('default', 4, [...PARTS, 20])]);
  vault[Symbol.dispose]();
  return {
    world,
    uploads,
    files,
    items: new Map(world.catalog.items),
    old: [...old.values()],
    restore: snapshotOf(world),
  };
}

/** Ids of the files that come out whole; none ever comes out with other bytes. */
async function wholeFiles(vault: Vault, files: Iterable<[string, Known]>): Promise<string[]> {
  const whole: string[] = [];
  for (const [id, { tenant, bytes }] of files) {
    const got = await orRefused(vault.tenant(tenant).get(id), []);
    if (got === undefined) continue;
    const { bytes: read, error } = await drain(got.body);
    assert.deepEqual(read, bytes.slice(0, read.length), 'bytes that are not the file’s');
    if (error !== undefined) refused(error, []);
    else {
      assert.equal(read.length, bytes.length, 'a cut file as whole');
      whole.push(id);
    }
  }
  return whole;
}

/** A client goes on with every upload; gives the ids of those that became files, which must come out right. */
async function finishAll(vault: Vault, { uploads }: Victim): Promise<string[]> {
  for (const [id, { tenant, bytes }] of uploads) {
    const stat = await orRefused(vault.uploads(tenant).stat(id), []);
    if (stat === undefined || stat.file !== undefined) continue;
    assert.equal(stat.size, SIZE);
    assert.ok([0, 30, 60, 80].includes(stat.offset), `an offset that it never had: ${stat.offset}`);
    const { offset } = stat;
    await orRefused(vault.uploads(tenant).append(id, bytes.subarray(offset), { offset }), ['conflict']);
  }
  return wholeFiles(vault, uploads);
}

interface Attack {
  readonly what: string;
  readonly change: (items: Map<string, Item>) => void;
  /** Ids of the uploads that it is about: the others must become files. */
  readonly about: readonly string[];
}

/** @returns ids of the uploads that became files */
async function attack(victim: Victim, { what, change, about }: Attack): Promise<string[]> {
  const { world, uploads, files } = victim;
  try {
    // Whoever sweeps, whether before the uploads' time has come or after, takes nothing of a file that lives.
    for (const hours of [0, UPLOAD_TIME]) {
      victim.restore();
      change(world.catalog.items);
      world.clock.time += hours;
      using vault = await world.open();
      for (let i = 0; i < 2; i++) await orRefused(vault.sweep({ grace: 0 }), []);
      assert.deepEqual(await wholeFiles(vault, files), [...files.keys()], 'a sweep took what a live file needs');
      if (hours > 0) assert.deepEqual(await wholeFiles(vault, uploads), [], 'a file that was never complete');
    }
    // So does whoever gives uploads up.
    victim.restore();
    change(world.catalog.items);
    {
      using vault = await world.open();
      for (const [id, { tenant }] of [...uploads, ...files]) await orRefused(vault.uploads(tenant).abandon(id), []);
      assert.deepEqual(await wholeFiles(vault, files), [...files.keys()], 'giving up took what a live file needs');
    }
    victim.restore();
    change(world.catalog.items);
    using vault = await world.open();
    const whole = await finishAll(vault, victim);
    const untouched = [...uploads.keys()].filter((id) => !about.includes(id));
    assert.deepEqual(
      untouched.filter((id) => !whole.includes(id)),
      [],
      'another upload suffers',
    );
    assert.deepEqual(await wholeFiles(vault, files), [...files.keys()], 'a live file suffers');
    return whole;
  } catch (error) {
    if (error instanceof SealroomError || error instanceof Error) throw new Error(what, { cause: error });
    throw error;
  }
}

function partsOf({ items }: Victim, id: string): Item[] {
  const parts = [...items.values()].filter(({ partition }) => partition.startsWith('part/') && partition.endsWith(id));
  return parts.sort((a, b) => (a.sort < b.sort ? -1 : 1));
}

function headerOf({ items }: Victim, id: string): Item {
  return [...items.values()].find(({ partition, sort }) => partition.startsWith('upload/') && sort === id)!;
}

function put(items: Map<string, Item>, item: Item): void {
  items.set(keyOf(item), item);
}

describe('uploads in a store that was changed', () => {
  test('all become files before anything was changed', async () => {
    const victim = await makeVictim();
    const whole = await attack(victim, { what: 'nothing', change: () => {}, about: [] });
    assert.deepEqual(whole, [...victim.uploads.keys()]);
  });

  test('with parts dropped, swapped, repeated, or of another upload never become a file', async () => {
    const victim = await makeVictim();
    const [id, other, foreign] = [...victim.uploads.keys()] as [string, string, string];
    const parts = partsOf(victim, id);
    assert.equal(parts.length, 3);
    const inPlace = (place: Item, from: Item): Item => ({ ...place, data: from.data });
    const attacks: [string, (items: Map<string, Item>) => void][] = [];
    for (const [i, part] of parts.entries()) {
      attacks.push([`part ${i} dropped`, (items) => void items.delete(keyOf(part))]);
      for (const from of [...parts, ...partsOf(victim, other), ...partsOf(victim, foreign), headerOf(victim, id)]) {
        if (from !== part) {
          attacks.push([`${keyOf(from)} over part ${i}`, (items) => put(items, inPlace(part, from))]);
        }
      }
      // Wherever it is repeated it is no part there.
      for (const sort of ['0000000000000080', '0000000000000010', 'zzz']) {
        attacks.push([
          `part ${i} moved to ${sort}`,
          (items) => {
            items.delete(keyOf(part));
            put(items, { ...part, sort });
          },
        ]);
      }
    }
    attacks.push([
      'the parts swapped',
      (items) => {
        put(items, inPlace(parts[0]!, parts[1]!));
        put(items, inPlace(parts[1]!, parts[0]!));
      },
    ]);
    for (const [what, change] of spread(attacks, 7)) {
      const whole = await attack(victim, { what, change, about: [id] });
      assert.ok(!whole.includes(id), what);
    }
  });

  test('with parts repeated beside those that are there give no other bytes', async () => {
    const victim = await makeVictim();
    const [id] = [...victim.uploads.keys()] as [string];
    for (const part of partsOf(victim, id)) {
      for (const sort of ['0000000000000080', '0000000000000010', 'zzz']) {
        const change = (items: Map<string, Item>): void => put(items, { ...part, sort });
        // What stands where the next part is to be is in its way.
        await attack(victim, { what: `${part.sort} copied to ${sort}`, change, about: [id] });
      }
    }
  });

  test('with the header of another upload, or none, do not exist', async () => {
    const victim = await makeVictim();
    const [id, other, foreign] = [...victim.uploads.keys()] as [string, string, string];
    const header = headerOf(victim, id);
    const changes: [string, (items: Map<string, Item>) => void][] = [
      ['gone', (items) => void items.delete(keyOf(header))],
      ['of another', (items) => put(items, { ...header, data: headerOf(victim, other).data })],
      ['of another tenant', (items) => put(items, { ...header, data: headerOf(victim, foreign).data })],
    ];
    for (const [what, change] of changes) {
      const whole = await attack(victim, { what, change, about: [id] });
      assert.ok(!whole.includes(id), what);
    }
    // Under an id that nobody was given.
    const made = { ...header, sort: header.sort.replace(/.$/, (last) => (last === '0' ? '1' : '0')) };
    await attack(victim, { what: 'copied', change: (items) => put(items, made), about: [] });
    victim.restore();
    put(victim.world.catalog.items, made);
    using vault = await victim.world.open();
    assert.equal((await vault.uploads('default').list()).length, 2);
    await assert.rejects(vault.uploads('default').stat(made.sort), { code: 'not-found' });
  });

  test('in any field, with any forgery, are what they were or do not exist', async () => {
    const victim = await makeVictim();
    const [id] = [...victim.uploads.keys()] as [string];
    const journal = victim.old.find(({ partition }) => partition.startsWith('journal/'))!;
    const lock = victim.old.find(({ partition }) => partition === 'lease')!;
    const due = [...victim.items.values()].find(({ partition }) => partition.startsWith('due/'))!;
    for (const item of [headerOf(victim, id), partsOf(victim, id)[1]!, journal, lock, due]) {
      const outer = JSON.parse(Buffer.from(item.data).toString()) as { body: string };
      const variants = [...jsonChanges(outer, [])];
      for (const { what, changed } of jsonChanges(JSON.parse(outer.body) as Json, [])) {
        variants.push({ what: `body: ${what}`, changed: { ...outer, body: JSON.stringify(changed) } });
      }
      // Each is tried in four ways.
      for (const { what, changed } of spread(
        variants.filter((_, i) => onAws || i % 3 === 0),
        101,
      )) {
        const forged = { ...item, data: Buffer.from(JSON.stringify(changed)) };
        await attack(victim, { what: `${keyOf(item)}: ${what}`, change: (items) => put(items, forged), about: [id] });
      }
    }
  });

  test('back to any earlier item are what they were once, or damaged, and no live file suffers', async () => {
    const victim = await makeVictim();
    const kinds = new Set<string>();
    for (const item of spread(victim.old, 7)) {
      if (victim.items.get(keyOf(item))?.version === item.version) continue;
      kinds.add(item.partition.split('/')[0]!);
      const about = [...victim.uploads.keys()].filter((id) => isOf(id, item) || item.partition.startsWith('journal/'));
      await attack(victim, { what: `${keyOf(item)} brought back`, change: (items) => put(items, item), about });
    }
    if (!onAws) assert.deepEqual([...kinds].sort(), ['journal', 'lease', 'part', 'upload']);
  });

  test('back to an earlier state, all items of it, go on from there', async () => {
    const victim = await makeVictim();
    const [id] = [...victim.uploads.keys()] as [string];
    const headers = victim.old.filter(({ partition, sort }) => partition === 'upload/default' && sort === id);
    assert.equal(headers.length, 4);
    for (const [count, header] of headers.entries()) {
      const change = (items: Map<string, Item>): void => {
        put(items, header);
        for (const part of partsOf(victim, id).slice(count)) items.delete(keyOf(part));
      };
      const whole = await attack(victim, { what: `${count} parts`, change, about: [] });
      assert.ok(whole.includes(id));
    }
  });

  test('that were complete, brought back with all their parts, take nothing from the file', async () => {
    const victim = await makeVictim();
    const [[id, known]] = [...victim.files] as [[string, Known]];
    const gone = victim.old.filter((item) => isOf(id, item) && /^(?:upload|part)\//.test(item.partition));
    assert.equal(gone.length, 4 + 3);
    const change = (items: Map<string, Item>): void => gone.forEach((item) => put(items, item));
    await attack(victim, { what: 'all of it', change, about: [] });
    victim.restore();
    change(victim.world.catalog.items);
    using vault = await victim.world.open();
    const appended = vault.uploads('default').append(id, known.bytes.subarray(80), { offset: 80 });
    assert.equal(await orRefused(appended, ['conflict', 'interrupted']), undefined);
    assert.deepEqual(await wholeFiles(vault, victim.files), [id]);
    for (let i = 0; i < 2; i++) await vault.sweep({ grace: 0 });
    assert.deepEqual(await wholeFiles(vault, victim.files), [id]);
  });
});

describe('small parts that were merged, and brought back', () => {
  test('are in nobody’s way, or tell of damage', async () => {
    const { world, vault } = await memoryVault();
    const bytes = patterned(400);
    const uploads = vault.uploads('default');
    const { id } = await uploads.begin({ name: 'n', size: bytes.length });
    const append = async (offset: number): Promise<number> =>
      (await uploads.append(id, bytes.subarray(offset, offset + 1), { offset })).offset;
    let offset = 0;
    while (offset < 101) offset = await append(offset);
    const before = new Map(world.catalog.items);
    offset = await append(offset);
    const merged = [...before.values()].filter(
      (item) => item.partition.startsWith('part/') && world.catalog.items.get(keyOf(item))?.version !== item.version,
    );
    assert.ok(merged.length > 10);
    const restore = snapshotOf(world);
    for (const some of [merged, merged.slice(0, 1), merged.slice(1, 2), merged.slice(1)]) {
      restore();
      for (const item of some) put(world.catalog.items, item);
      using other = await world.open();
      const finished = other.uploads('default').append(id, bytes.subarray(offset), { offset });
      assert.equal(await orRefused(finished, ['conflict']), undefined);
      await assert.rejects(other.tenant('default').stat(id), { code: 'not-found' });
    }
    restore();
    await uploads.append(id, bytes.subarray(offset), { offset });
    assert.deepEqual(await wholeFiles(vault, [[id, { tenant: 'default', bytes }]]), [id]);
  });
});

describe('pages of a list of segments', () => {
  test('dropped, swapped, repeated, of another file or older never give other bytes', async () => {
    const { world, vault } = await memoryVault({ segmentLength: 1 });
    const files: [string, Known][] = [];
    for (const seed of [1, 2]) {
      const bytes = patterned(SEGMENTS_IN_ITEM + 3, seed);
      const { id } = await vault.tenant('default').put(bytes, { name: `${seed}` });
      files.push([id, { tenant: 'default', bytes }]);
    }
    const restore = snapshotOf(world);
    const [[id], [other]] = files as [[string, Known], [string, Known]];
    const pagesOf = (file: string): Item[] =>
      [...world.catalog.items.values()].filter(({ partition }) => partition === `segments/default/${file}`);
    const [first, second] = pagesOf(id) as [Item, Item];
    const [foreign] = pagesOf(other) as [Item];
    const record = [...world.catalog.items.values()].find(
      ({ partition, sort }) => partition.startsWith('file/') && sort === id,
    )!;
    const named = JSON.parse(Buffer.from(record.data).toString()) as { pages: string[] };
    const withPages = (pages: readonly string[]): Item => ({
      ...record,
      data: Buffer.from(JSON.stringify({ ...named, pages })),
    });
    const [one, two] = named.pages as [string, string];
    const broken: [string, (items: Map<string, Item>) => void][] = [
      ['dropped', (items) => void items.delete(keyOf(first))],
      ['one over the other', (items) => put(items, { ...second, data: first.data })],
      ['of another file', (items) => put(items, { ...first, data: foreign.data })],
      ['forged', (items) => put(items, { ...first, data: Buffer.from(first.data).subarray(1) })],
      ['named in another order', (items) => put(items, withPages([two, one]))],
      ['named once', (items) => put(items, withPages([one]))],
      ['named twice', (items) => put(items, withPages([one, two, two]))],
      ['not named', (items) => put(items, withPages([]))],
      ['named too often', (items) => put(items, withPages([one, two, one, two, one, two]))],
      [
        'beside those of another file',
        (items) => {
          put(items, { ...foreign, partition: first.partition });
          put(items, withPages([one, foreign.sort]));
        },
      ],
    ];
    for (const [what, change] of broken) {
      restore();
      change(world.catalog.items);
      assert.deepEqual(await wholeFiles(vault, files), [other], what);
      for (let i = 0; i < 2; i++) await orRefused(vault.sweep({ grace: 0 }), []);
      assert.deepEqual(await wholeFiles(vault, files), [other], what);
    }
    restore();
    put(world.catalog.items, { ...first, sort: 'more' });
    assert.deepEqual(await wholeFiles(vault, files), [id, other], 'a page that no record names is none');
  });
});
