import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ROLES } from '../../src/access/roles.ts';
import type { Role } from '../../src/access/roles.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { DAY, MINUTE, accessWorld, damaged, everythingIn, mutedDoors } from './world.ts';

describe('a token', () => {
  test('is told once, opens what it says, and is kept as a hash', async () => {
    const { world, access, later } = await accessWorld();
    const made = await access.tokens.create({ role: 'writer', tenant: 'acme', name: 'ci', createdBy: 'root' });
    const { token, ...info } = made;
    assert.match(token, new RegExp(`^sr_${made.id}_[A-Za-z0-9_-]{43}$`));
    assert.deepEqual(info, {
      id: made.id,
      name: 'ci',
      tenant: 'acme',
      role: 'writer',
      createdAt: later(0),
      createdBy: 'root',
      expires: later(90 * DAY),
    });
    assert.deepEqual(await access.authenticate(token), { id: made.id, name: 'ci', tenant: 'acme', role: 'writer' });
    assert.deepEqual(await access.tokens.list(), [info]);
    const secret = token.slice(-43);
    assert.ok(!everythingIn(world).includes(secret));
    assert.ok(!everythingIn(world).includes(Buffer.from(secret, 'base64url').toString('base64')));
  });

  test('without a name has one for the files that it puts', async () => {
    const { access } = await accessWorld();
    const { id, token, name, createdBy } = await access.tokens.create({ role: 'reader', tenant: '*' });
    assert.deepEqual({ name, createdBy }, { name: null, createdBy: null });
    assert.deepEqual(await access.authenticate(token), { id, name: `token ${id}`, tenant: '*', role: 'reader' });
  });

  test('opens nothing from the millisecond on at which it expires, whatever the store says', async () => {
    const { world, access, later } = await accessWorld();
    const { id, token } = await access.tokens.create({ role: 'reader', tenant: 'default', expires: later(MINUTE) });
    const key = `token ${id}`;
    const item = world.catalog.items.get(key)!;
    assert.equal(item.expires, Date.parse(later(MINUTE)));
    world.catalog.items.set(key, { ...item, expires: undefined });
    world.clock.time += MINUTE - 1;
    assert.notEqual(await access.authenticate(token), null);
    world.clock.time += 1;
    assert.equal(await access.authenticate(token), null);
    assert.deepEqual(await access.tokens.list(), []);
    await rejection(access.tokens.revoke(id), 'not-found');
  });

  test('lives a minute to ten years, and its expiry is a time', async () => {
    const { access, later } = await accessWorld();
    const create = (expires: string): Promise<unknown> =>
      access.tokens.create({ role: 'reader', tenant: 'default', expires });
    for (const expires of [later(MINUTE), later(3653 * DAY), '2026-02-01', '2035-12-31T23:59:59+01:00']) {
      await create(expires);
    }
    const refused = [later(MINUTE - 1), later(-DAY), later(0), later(3653 * DAY + 1), '', 'never', '90d', '9999-01-01'];
    for (const expires of refused) await rejection(create(expires), 'usage');
  });

  test('for a tenant that does not exist cannot be made, nor with words that mean nothing', async () => {
    const { world, access } = await accessWorld();
    const before = world.catalog.items.size;
    await rejection(access.tokens.create({ role: 'admin', tenant: 'nobody' }), 'no-tenant');
    for (const tenant of ['', '**', 'Acme', 'a/b', 'a b', '../x']) {
      await rejection(access.tokens.create({ role: 'admin', tenant }), 'usage');
    }
    await rejection(access.tokens.create({ role: 'owner' as Role, tenant: 'acme' }), 'usage');
    for (const name of ['', 'a\nb', '\u{d800}', 'x'.repeat(129), '漢'.repeat(86)]) {
      await rejection(access.tokens.create({ role: 'admin', tenant: 'acme', name }), 'usage');
    }
    await rejection(access.tokens.create({ role: 'admin', tenant: 'acme', createdBy: 'a\0b' }), 'usage');
    assert.equal(world.catalog.items.size, before);
  });

  test('with the longest name there is puts files under it', async () => {
    const { vault, access } = await accessWorld();
    for (const name of ['x'.repeat(128), '漢'.repeat(85)]) {
      const { token } = await access.tokens.create({ role: 'writer', tenant: 'acme', name });
      const principal = await access.authenticate(token);
      const stat = await vault.tenant('acme').put([], { name: 'n', createdBy: principal!.name });
      assert.equal(stat.createdBy, name);
    }
  });

  test('that is revoked opens nothing from then on, here and elsewhere', async () => {
    const { access, another } = await accessWorld();
    const elsewhere = await another();
    const { id, token } = await access.tokens.create({ role: 'admin', tenant: 'acme' });
    assert.notEqual(await elsewhere.authenticate(token), null);
    await access.tokens.revoke(id);
    assert.equal(await access.authenticate(token), null);
    assert.equal(await elsewhere.authenticate(token), null);
    await rejection(elsewhere.tokens.revoke(id), 'not-found');
    assert.deepEqual(await access.tokens.list(), []);
  });

  test('of another tenant is not found by whoever may revoke those of one', async () => {
    const { access } = await accessWorld();
    const ours = await access.tokens.create({ role: 'reader', tenant: 'acme' });
    const others = [
      await access.tokens.create({ role: 'reader', tenant: 'default' }),
      await access.tokens.create({ role: 'admin', tenant: '*' }),
    ];
    const unknown = await rejection(access.tokens.revoke('a'.repeat(16), { tenant: 'acme' }), 'not-found');
    for (const { id, token } of others) {
      const error = await rejection(access.tokens.revoke(id, { tenant: 'acme' }), 'not-found');
      assert.equal(error.message.replace(id, ''), unknown.message.replace('a'.repeat(16), ''), 'exactly like none');
      assert.notEqual(await access.authenticate(token), null);
    }
    await access.tokens.revoke(ours.id, { tenant: 'acme' });
    for (const id of ['', 'a b', '../settings', ours.id.toUpperCase(), 'x'.repeat(2000)]) {
      await rejection(access.tokens.revoke(id), 'not-found');
    }
  });

  test('is listed with those of its tenant, the newest first, over many pages', async () => {
    const { world, access } = await accessWorld(2);
    const made: { id: string; tenant: string }[] = [];
    for (let i = 0; i < 12; i++) {
      world.clock.time += 1000;
      const tenant = ['acme', 'default', '*'][i % 3]!;
      const { id } = await access.tokens.create({ role: ROLES[i % 3]!, tenant });
      made.unshift({ id, tenant });
    }
    const listed = async (tenant?: string): Promise<string[]> =>
      (await access.tokens.list({ tenant })).map(({ id }) => id);
    assert.deepEqual(
      await listed(),
      made.map(({ id }) => id),
    );
    for (const tenant of ['acme', 'default', '*']) {
      const expected = made.filter((each) => each.tenant === tenant).map(({ id }) => id);
      assert.deepEqual(await listed(tenant), expected);
    }
    assert.deepEqual(await listed('nobody'), []);
  });

  test('that is not exactly the one that was made opens nothing', async () => {
    const { access } = await accessWorld();
    const { token } = await access.tokens.create({ role: 'admin', tenant: '*' });
    const other = await access.tokens.create({ role: 'admin', tenant: '*' });
    const id = token.slice(3, 19);
    const wrong = ['', 'sr_', id, token.slice(3), `${token} `, `${token}A`, token.slice(0, -1), damaged(token)];
    wrong.push(token.toUpperCase(), `Bearer ${token}`, `sr_${other.token.slice(3, 19)}${token.slice(19)}`);
    for (const credential of wrong) assert.equal(await access.authenticate(credential), null, credential);
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.string({ minLength: 1 }), async (at, text) => {
        const changed = token.slice(0, at) + text + token.slice(at + 1);
        if (changed !== token) assert.equal(await access.authenticate(changed), null);
      }),
      { numRuns: 60 },
    );
    assert.notEqual(await access.authenticate(token), null);
  });

  test('is looked up at every request, and not judged when the store does not answer', async () => {
    const doors = await accessWorld();
    const { token } = await doors.access.tokens.create({ role: 'admin', tenant: '*' });
    const { access, mute, calls } = await mutedDoors(doors);
    calls.length = 0;
    for (let i = 0; i < 3; i++) assert.notEqual(await access.authenticate(token), null);
    assert.deepEqual(calls, ['get', 'get', 'get']);
    mute();
    await rejection(access.authenticate(token), 'unavailable');
    await rejection(access.authenticate(damaged(token)), 'unavailable');
  });

  test('is not looked up for a caller who gave up', async () => {
    const { access } = await accessWorld();
    const { token } = await access.tokens.create({ role: 'admin', tenant: '*' });
    await rejection(access.authenticate(token, { signal: AbortSignal.abort() }), 'cancelled');
  });
});
