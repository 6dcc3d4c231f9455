import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Access, Visit } from '../../src/access/open.ts';
import { openAccess } from '../../src/access/open.ts';
import { SealroomError } from '../../src/errors.ts';
import type { Catalog } from '../../src/ports.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { DAY, HOUR, MINUTE, accessWorld, damaged, everythingIn, mutedDoors } from './world.ts';

const NO_FILE = '01900000-0000-7000-8000-000000000000';

/** How often each of several doors is to be tried at once. */
function together(doors: readonly Access[], each: number, secret: string): Promise<(Visit | undefined)[]> {
  const uses = Array.from({ length: each }, () => doors.map((access) => access.use(secret)));
  return Promise.all(uses.flat());
}

describe('a link', () => {
  test('leads to its file, and is kept as a hash', async () => {
    const { world, access, file, later } = await accessWorld();
    const made = await access.links('default').create(file, { expires: later(DAY), downloads: 3, createdBy: 'me' });
    const { secret, url, ...info } = made;
    assert.deepEqual(info, {
      id: made.id,
      file,
      createdAt: later(0),
      createdBy: 'me',
      expires: later(DAY),
      downloads: 3,
      used: 0,
    });
    assert.equal(url, null);
    assert.match(secret, new RegExp(`^${made.id}_[A-Za-z0-9_-]{43}$`));
    assert.deepEqual(await access.shared(secret), { link: made.id, tenant: 'default', file, visited: false });
    assert.ok(!everythingIn(world).includes(secret.slice(17)));
    const { visit } = (await access.use(secret))!;
    assert.ok(!everythingIn(world).includes(visit.slice(17)));
    assert.deepEqual(await access.links('default').list(), [{ ...info, used: 1 }]);
  });

  test('is made for a file that is there, by words that mean something', async () => {
    const { world, access, file, acmeFile, later } = await accessWorld();
    const links = access.links('default');
    const before = world.catalog.items.size;
    for (const other of [acmeFile, NO_FILE, '', '../x']) {
      await rejection(links.create(other, { expires: later(DAY) }), 'not-found');
    }
    await rejection(access.links('nobody').create(file, { expires: later(DAY) }), 'no-tenant');
    assert.throws(() => access.links('*'), SealroomError);
    for (const expires of [later(0), later(-1), later(366 * DAY + 1), 'soon', '']) {
      await rejection(links.create(file, { expires }), 'usage');
    }
    for (const downloads of [0, -1, 1.5, NaN, 1_000_001]) {
      await rejection(links.create(file, { expires: later(DAY), downloads }), 'usage');
    }
    await rejection(links.create(file, { expires: later(DAY), createdBy: '' }), 'usage');
    assert.equal(world.catalog.items.size, before);
    await links.create(file, { expires: later(1), downloads: 1 });
    await links.create(file, { expires: later(366 * DAY), downloads: 1_000_000 });
  });

  test('that is expired, used up, revoked, unknown or without its file looks like none', async () => {
    const { world, vault, access, file, later } = await accessWorld();
    const links = access.links('default');
    const { id: gone } = await vault.tenant('default').put([], { name: 'gone' });
    const make = async (downloads?: number, of = file): Promise<{ id: string; secret: string }> =>
      links.create(of, { expires: later(HOUR), downloads });
    const expired = await links.create(file, { expires: later(MINUTE) });
    const { id: brief } = await vault.tenant('default').put([], { name: 'brief', expires: later(MINUTE) });
    const outlived = await make(undefined, brief);
    const usedUp = await make(1);
    await access.use(usedUp.secret);
    const revoked = await make();
    await links.revoke(revoked.id);
    const without = await make(undefined, gone);
    await vault.tenant('default').remove(gone);
    const good = await make();
    world.clock.time += MINUTE;
    const unknown = 'a'.repeat(16) + good.secret.slice(16);
    const bad = [
      expired.secret,
      usedUp.secret,
      revoked.secret,
      without.secret,
      outlived.secret,
      unknown,
      damaged(good.secret),
    ];
    for (const secret of [...bad, '', `${good.secret}A`, good.id, `sr_${good.secret}`]) {
      assert.equal(await access.shared(secret), undefined, secret);
      assert.equal(await access.use(secret), undefined, secret);
    }
    assert.notEqual(await access.shared(good.secret), undefined);
  });

  test('expires by its own word, whatever the store says', async () => {
    const { world, access, file, later } = await accessWorld();
    const { id, secret } = await access.links('default').create(file, { expires: later(MINUTE) });
    const item = world.catalog.items.get(`link ${id}`)!;
    assert.equal(item.expires, Date.parse(later(MINUTE)));
    assert.equal(world.catalog.items.get(`link/default ${file}/${id}`)!.expires, item.expires);
    world.catalog.items.set(`link ${id}`, { ...item, expires: undefined });
    world.clock.time += MINUTE - 1;
    assert.notEqual(await access.shared(secret), undefined);
    world.clock.time += 1;
    assert.equal(await access.shared(secret), undefined);
    assert.equal(await access.use(secret), undefined);
    assert.deepEqual(await access.links('default').list(), []);
    await rejection(access.links('default').revoke(id), 'not-found');
  });

  test('that may be used so often is used exactly so often, by however many at once, from several processes', async () => {
    const { access, another, file, later } = await accessWorld();
    const doors = [access, await another(), await another()];
    for (const downloads of [1, 7, 45]) {
      const { id, secret } = await access.links('default').create(file, { expires: later(DAY), downloads });
      const uses = (await together(doors, 15, secret)).filter((use) => use !== undefined);
      assert.equal(uses.length, downloads);
      assert.equal(new Set(uses.map(({ visit }) => visit)).size, downloads, 'each a visit of its own');
      const link = (await access.links('default').list()).find((each) => each.id === id);
      assert.equal(link!.used, downloads);
    }
  });

  test('that may be used at any time counts every use, too', async () => {
    const { access, another, file, later } = await accessWorld();
    const { secret } = await access.links('default').create(file, { expires: later(DAY) });
    const uses = await together([access, await another()], 30, secret);
    assert.ok(uses.every((use) => use !== undefined));
    assert.equal((await access.links('default').list())[0]!.used, 60);
  });

  test('counts once, although the answer to the write got lost and others used it in between', async () => {
    const { world, access, file, later } = await accessWorld();
    const { secret } = await access.links('default').create(file, { expires: later(DAY), downloads: 10 });
    let lost = 0;
    const { catalog } = world;
    const losing: Catalog = {
      get: (...call) => catalog.get(...call),
      list: (...call) => catalog.list(...call),
      write: async (...call) => {
        await catalog.write(...call);
        lost++;
        await access.use(secret);
        // As a store's own client does, which tried again and met its own first attempt.
        throw new SealroomError(lost % 2 === 0 ? 'conflict' : 'unavailable', 'an answer that got lost');
      },
    };
    const unlucky = openAccess(await world.open({ catalog: losing }), { now: world.clock.now });
    for (let i = 0; i < 3; i++) assert.notEqual(await unlucky.use(secret), undefined);
    assert.equal(lost, 3);
    assert.equal((await access.links('default').list())[0]!.used, 6);
  });

  test('that is revoked while many use it is of no use afterwards', async () => {
    const { access, another, file, later } = await accessWorld();
    const elsewhere = await another();
    const { id, secret } = await access.links('default').create(file, { expires: later(DAY) });
    const uses = together([access, elsewhere], 20, secret);
    await elsewhere.links('default').revoke(id);
    assert.equal(await access.use(secret), undefined);
    const visits = (await uses).filter((use) => use !== undefined);
    for (const { visit } of visits) assert.equal(await access.shared(secret, { visit }), undefined);
    await rejection(access.links('default').revoke(id), 'not-found');
  });

  test('and its place in the index come and go together', async () => {
    const { world, access, file, later } = await accessWorld();
    const links = access.links('default');
    const before = new Set(world.catalog.items.keys());
    const { id } = await links.create(file, { expires: later(DAY) });
    const added = [...world.catalog.items.keys()].filter((key) => !before.has(key)).sort();
    assert.deepEqual(added, [`link ${id}`, `link/default ${file}/${id}`]);
    await links.revoke(id);
    assert.deepEqual(new Set(world.catalog.items.keys()), before);
  });

  test('whose place in the index was taken away or spoiled can be revoked all the same', async () => {
    const { world, access, file, later } = await accessWorld();
    for (const spoil of [undefined, new Uint8Array(1)]) {
      const { id, secret } = await access.links('default').create(file, { expires: later(DAY) });
      const key = `link/default ${file}/${id}`;
      const item = world.catalog.items.get(key)!;
      if (spoil === undefined) world.catalog.items.delete(key);
      else world.catalog.items.set(key, { ...item, data: spoil });
      await access.links('default').revoke(id);
      assert.equal(await access.shared(secret), undefined);
    }
  });

  test('of another tenant is not found', async () => {
    const { access, file, later } = await accessWorld();
    const { id, secret } = await access.links('default').create(file, { expires: later(DAY) });
    const unknown = await rejection(access.links('acme').revoke('a'.repeat(16)), 'not-found');
    const error = await rejection(access.links('acme').revoke(id), 'not-found');
    assert.equal(error.message.replace(id, ''), unknown.message.replace('a'.repeat(16), ''), 'exactly like none');
    for (const other of ['', 'a b', '../settings', secret]) {
      await rejection(access.links('default').revoke(other), 'not-found');
    }
    assert.deepEqual(await access.links('acme').list(), []);
    assert.deepEqual(await access.links('acme').list({ file }), []);
    assert.notEqual(await access.shared(secret), undefined);
  });

  test('is listed with those of its tenant or of its file, the newest first, over many pages', async () => {
    const { world, vault, access, file, later } = await accessWorld(3);
    const { id: other } = await vault.tenant('default').put([], { name: 'other' });
    const made: { id: string; file: string }[] = [];
    for (let i = 0; i < 50; i++) {
      world.clock.time += 1000;
      const of = i % 2 === 0 ? file : other;
      const { id } = await access.links('default').create(of, { expires: later(DAY) });
      made.unshift({ id, file: of });
    }
    const listed = async (of?: string): Promise<{ id: string; file: string }[]> =>
      (await access.links('default').list({ file: of })).map((link) => ({ id: link.id, file: link.file }));
    assert.deepEqual(await listed(), made);
    for (const one of [file, other]) {
      assert.deepEqual(
        await listed(one),
        made.filter((link) => link.file === one),
      );
    }
    assert.deepEqual(await listed(NO_FILE), []);
    for (const none of ['', file.slice(0, -1), ' ', 'x'.repeat(2000)]) assert.deepEqual(await listed(none), []);
  });

  test('is not judged when the store does not answer', async () => {
    const doors = await accessWorld();
    const { secret } = await doors.access.links('default').create(doors.file, { expires: doors.later(DAY) });
    const { access, mute } = await mutedDoors(doors);
    mute();
    await rejection(access.shared(secret), 'unavailable');
    await rejection(access.use(secret), 'unavailable');
  });

  test('is used by nobody who gave up', async () => {
    const { access, file, later } = await accessWorld();
    const { secret } = await access.links('default').create(file, { expires: later(DAY) });
    await rejection(access.use(secret, { signal: AbortSignal.abort() }), 'cancelled');
    assert.equal((await access.links('default').list())[0]!.used, 0);
  });
});

describe('a visit', () => {
  test('opens its link for an hour, used up or not', async () => {
    const { world, access, file, later } = await accessWorld();
    const { id, secret } = await access.links('default').create(file, { expires: later(DAY), downloads: 1 });
    const { visit, visitExpires, ...shared } = (await access.use(secret))!;
    assert.deepEqual(shared, { link: id, tenant: 'default', file });
    assert.equal(visitExpires, later(HOUR));
    const key = `visit ${id}/${visit.slice(0, 16)}`;
    const item = world.catalog.items.get(key)!;
    assert.equal(item.expires, Date.parse(visitExpires));
    world.catalog.items.set(key, { ...item, expires: undefined });
    assert.equal(await access.shared(secret), undefined);
    world.clock.time += HOUR - 1;
    for (let i = 0; i < 3; i++) assert.deepEqual(await access.shared(secret, { visit }), { ...shared, visited: true });
    world.clock.time += 1;
    assert.equal(await access.shared(secret, { visit }), undefined);
  });

  test('that is none makes no download free', async () => {
    const { access, file, later } = await accessWorld();
    const { id, secret } = await access.links('default').create(file, { expires: later(DAY), downloads: 2 });
    const { visit } = (await access.use(secret))!;
    for (const wrong of ['', damaged(visit), secret, `${visit}A`, `../${visit}`]) {
      assert.equal((await access.shared(secret, { visit: wrong }))!.visited, false);
    }
    assert.equal((await access.shared(secret, { visit }))!.visited, true);
    await access.use(secret);
    for (const wrong of [undefined, '', damaged(visit), secret]) {
      assert.equal(await access.shared(secret, { visit: wrong }), undefined);
    }
    assert.equal(await access.shared(`${id}_${visit.slice(17)}`, { visit }), undefined, 'a visit is not its link');
  });

  test('is for its own link only, even to the same file', async () => {
    const { access, file, later } = await accessWorld();
    const links = access.links('default');
    const one = await links.create(file, { expires: later(DAY), downloads: 1 });
    const other = await links.create(file, { expires: later(DAY), downloads: 1 });
    const { visit } = (await access.use(one.secret))!;
    assert.equal((await access.shared(other.secret, { visit }))!.visited, false);
    await access.use(other.secret);
    assert.equal(await access.shared(other.secret, { visit }), undefined);
    assert.notEqual(await access.shared(one.secret, { visit }), undefined);
  });

  test('ends with its link', async () => {
    const { world, vault, access, file, later } = await accessWorld();
    const links = access.links('default');
    const revoked = await links.create(file, { expires: later(DAY) });
    const short = await links.create(file, { expires: later(MINUTE) });
    const { visit } = (await access.use(revoked.secret))!;
    const brief = (await access.use(short.secret))!;
    assert.equal(brief.visitExpires, later(MINUTE));
    await links.revoke(revoked.id);
    assert.equal(await access.shared(revoked.secret, { visit }), undefined);
    assert.notEqual(await access.shared(short.secret, { visit: brief.visit }), undefined);
    world.clock.time += MINUTE;
    assert.equal(await access.shared(short.secret, { visit: brief.visit }), undefined);
    const last = await links.create(file, { expires: later(DAY) });
    const visited = (await access.use(last.secret))!;
    await vault.tenant('default').remove(file);
    assert.equal(await access.shared(last.secret, { visit: visited.visit }), undefined, 'and with its file');
  });

  test('opens exactly while a plain account of uses, hours and removals says so', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ does: fc.constant('use' as const), link: fc.nat(1) }) },
      { weight: 1, arbitrary: fc.record({ does: fc.constant('revoke' as const), link: fc.nat(1) }) },
      { weight: 3, arbitrary: fc.record({ does: fc.constant('wait' as const), minutes: fc.nat(50) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const { world, access, file, later } = await accessWorld();
        const start = world.clock.time;
        const links = await Promise.all(
          [2, 3].map((hours) =>
            access.links('default').create(file, { expires: later(hours * HOUR), downloads: hours }),
          ),
        );
        const account = links.map(({ downloads, expires }) => ({ left: downloads!, ends: Date.parse(expires) }));
        const visits: { visit: string; link: number; until: number }[] = [];
        for (const each of steps) {
          if (each.does === 'wait') {
            world.clock.time += each.minutes * MINUTE;
          } else if (each.does === 'revoke') {
            const there = account[each.link]!.ends > world.clock.time;
            const revoke = access.links('default').revoke(links[each.link]!.id);
            await (there ? revoke : rejection(revoke, 'not-found'));
            account[each.link]!.ends = start;
          } else {
            const known = account[each.link]!;
            const use = await access.use(links[each.link]!.secret);
            assert.equal(use !== undefined, known.left > 0 && known.ends > world.clock.time);
            if (use === undefined) continue;
            known.left--;
            const until = Math.min(world.clock.time + HOUR, known.ends);
            visits.push({ visit: use.visit, link: each.link, until });
          }
          for (const [i, { secret }] of links.entries()) {
            const { left, ends } = account[i]!;
            const open = ends > world.clock.time;
            assert.equal((await access.shared(secret)) !== undefined, open && left > 0);
            for (const { visit, link, until } of visits) {
              const visited = open && link === i && until > world.clock.time;
              const shared = await access.shared(secret, { visit });
              assert.equal(shared?.visited ?? false, visited);
              assert.equal(shared !== undefined, visited || (open && left > 0));
            }
          }
        }
      }),
      { numRuns: 25 },
    );
  });
});
