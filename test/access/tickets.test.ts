import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rejection } from '../../src/testing/rejects.ts';
import { MINUTE, SOMEBODY, accessWorld, damaged, everythingIn, mutedDoors } from './world.ts';

describe('a ticket', () => {
  test('is taken once, and says who it was issued to', async () => {
    const { world, access, file, later } = await accessWorld();
    const { ticket, expires } = await access.issueTicket({ tenant: 'default', file, principal: SOMEBODY });
    assert.equal(expires, later(MINUTE));
    assert.ok(!everythingIn(world).includes(ticket.slice(17)));
    const { id, name } = SOMEBODY;
    assert.deepEqual(await access.redeemTicket(ticket, file), { tenant: 'default', principal: { id, name } });
    assert.equal(await access.redeemTicket(ticket, file), undefined);
  });

  test('is taken by one of many who come at once, from several processes', async () => {
    const { access, another, file } = await accessWorld();
    const doors = [access, await another(), await another()];
    for (let round = 0; round < 5; round++) {
      const { ticket } = await access.issueTicket({ tenant: 'default', file, principal: SOMEBODY });
      const all = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => doors[i % 3]!.redeemTicket(ticket, file)));
      assert.equal(all.filter((each) => each !== undefined).length, 1);
    }
  });

  test('is good for a minute, whatever the store says', async () => {
    const { world, access, file, later } = await accessWorld();
    const place = { tenant: 'default', file, principal: SOMEBODY };
    const [one, two] = [await access.issueTicket(place), await access.issueTicket(place)];
    for (const [key, item] of world.catalog.items) {
      if (item.partition !== 'ticket') continue;
      assert.equal(item.expires, Date.parse(later(MINUTE)));
      world.catalog.items.set(key, { ...item, expires: undefined });
    }
    world.clock.time += MINUTE - 1;
    assert.notEqual(await access.redeemTicket(one.ticket, file), undefined);
    world.clock.time += 1;
    assert.equal(await access.redeemTicket(two.ticket, file), undefined);
  });

  test('is for one file, and not used up by whoever tries it on another', async () => {
    const { access, file, acmeFile } = await accessWorld();
    const { ticket } = await access.issueTicket({ tenant: 'default', file, principal: SOMEBODY });
    for (const other of [acmeFile, '', file.toUpperCase()]) {
      assert.equal(await access.redeemTicket(ticket, other), undefined);
    }
    for (const other of ['', damaged(ticket), `${ticket}A`, `${'a'.repeat(16)}${ticket.slice(16)}`]) {
      assert.equal(await access.redeemTicket(other, file), undefined);
    }
    assert.notEqual(await access.redeemTicket(ticket, file), undefined);
  });

  test('goes with the token that it was issued to', async () => {
    const { access, file } = await accessWorld();
    const { id, token } = await access.tokens.create({ role: 'reader', tenant: 'default', name: 'page' });
    const principal = (await access.authenticate(token))!;
    const issue = (): Promise<{ ticket: string }> => access.issueTicket({ tenant: 'default', file, principal });
    const [before, after] = [await issue(), await issue()];
    assert.deepEqual((await access.redeemTicket(before.ticket, file))!.principal, { id, name: 'page' });
    await access.tokens.revoke(id);
    assert.equal(await access.redeemTicket(after.ticket, file), undefined);
  });

  test('opens no other door', async () => {
    const { access, file } = await accessWorld();
    const { ticket } = await access.issueTicket({ tenant: 'default', file, principal: SOMEBODY });
    assert.equal(await access.authenticate(ticket), null);
    assert.equal(await access.authenticate(`sr_${ticket}`), null);
    assert.equal(await access.shared(ticket), undefined);
    assert.equal(await access.use(ticket), undefined);
  });

  test('is not judged when the store does not answer', async () => {
    const doors = await accessWorld();
    const place = { tenant: 'default', file: doors.file, principal: SOMEBODY };
    const { ticket } = await doors.access.issueTicket(place);
    const { access, mute } = await mutedDoors(doors);
    mute();
    await rejection(access.redeemTicket(ticket, doors.file), 'unavailable');
  });
});
