import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rejection } from '../../src/testing/rejects.ts';
import { DAY, HOUR, MINUTE, SOMEBODY, accessWorld, damaged, everythingIn, mutedDoors } from './world.ts';
import type { AccessWorld } from './world.ts';

describe('a ticket', () => {
  test('is taken once, and says who it was issued to', async () => {
    const { world, access, file, later } = await accessWorld();
    const { ticket, expires } = await access.issueTicket({ tenant: 'default', file, principal: SOMEBODY });
    assert.equal(expires, later(MINUTE));
    assert.ok(!everythingIn(world).includes(ticket.slice(17)));
    const { id, name } = SOMEBODY;
    const { visit, ...redeemed } = (await access.redeemTicket(ticket, file))!;
    assert.deepEqual(redeemed, { tenant: 'default', principal: { id, name }, visitExpires: later(HOUR) });
    assert.ok(!everythingIn(world).includes(visit.slice(17)));
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

describe('the visit that a used ticket gives', () => {
  /** A ticket that was used, for a file of `default`. */
  async function visited(): Promise<AccessWorld & { readonly visit: string }> {
    const doors = await accessWorld();
    const { ticket } = await doors.access.issueTicket({ tenant: 'default', file: doors.file, principal: SOMEBODY });
    return { ...doors, visit: (await doors.access.redeemTicket(ticket, doors.file))!.visit };
  }

  test('says who visits, as often as it is asked, in any process', async () => {
    const { access, another, file, visit } = await visited();
    const { id, name } = SOMEBODY;
    for (const door of [access, access, await another()]) {
      assert.deepEqual(await door.ticketVisitor(visit, file), { tenant: 'default', principal: { id, name } });
    }
  });

  test('is to its file alone', async () => {
    const { access, vault, file, acmeFile, visit } = await visited();
    const { id: other } = await vault.tenant('default').put([], { name: 'another' });
    for (const elsewhere of [other, acmeFile, '', file.toUpperCase(), `${file}/`, visit.slice(0, 16)]) {
      assert.equal(await access.ticketVisitor(visit, elsewhere), undefined, elsewhere);
    }
    for (const wrong of ['', damaged(visit), `${visit}A`, `${'a'.repeat(16)}${visit.slice(16)}`]) {
      assert.equal(await access.ticketVisitor(wrong, file), undefined, wrong);
    }
  });

  test('is over after an hour, whatever the store says', async () => {
    const { world, access, file, later, visit } = await visited();
    for (const [key, item] of world.catalog.items) {
      if (item.partition !== 'visit') continue;
      assert.equal(item.expires, Date.parse(later(HOUR)));
      world.catalog.items.set(key, { ...item, expires: undefined });
    }
    world.clock.time += HOUR - 1;
    assert.notEqual(await access.ticketVisitor(visit, file), undefined);
    world.clock.time += 1;
    assert.equal(await access.ticketVisitor(visit, file), undefined);
  });

  test('goes with the token that the ticket was issued to', async () => {
    const { access, file, later, world } = await accessWorld();
    const visitOf = async (expires: string): Promise<{ readonly id: string; readonly visit: string }> => {
      const { id, token } = await access.tokens.create({ role: 'reader', tenant: 'default', expires });
      const principal = (await access.authenticate(token))!;
      const { ticket } = await access.issueTicket({ tenant: 'default', file, principal });
      return { id, visit: (await access.redeemTicket(ticket, file))!.visit };
    };
    const [revoked, expired] = [await visitOf(later(DAY)), await visitOf(later(2 * MINUTE))];
    for (const { visit } of [revoked, expired]) assert.notEqual(await access.ticketVisitor(visit, file), undefined);
    await access.tokens.revoke(revoked.id);
    assert.equal(await access.ticketVisitor(revoked.visit, file), undefined);
    world.clock.time += 2 * MINUTE;
    assert.equal(await access.ticketVisitor(expired.visit, file), undefined);
  });

  test('opens no other door, and the visit of a link opens not this one', async () => {
    const { access, file, later, visit } = await visited();
    const { id, secret } = await access.links('default').create(file, { expires: later(DAY), downloads: 1 });
    const used = (await access.use(secret))!;
    assert.equal(await access.authenticate(visit), null);
    assert.equal(await access.redeemTicket(visit, file), undefined);
    assert.equal(await access.shared(visit), undefined);
    assert.equal(await access.shared(secret, { visit }), undefined);
    assert.equal(await access.ticketVisitor(used.visit, file), undefined);
    assert.equal(await access.ticketVisitor(used.visit, id), undefined);
  });

  test('is not judged when the store does not answer', async () => {
    const doors = await visited();
    const { access, mute } = await mutedDoors(doors);
    mute();
    await rejection(access.ticketVisitor(doors.visit, doors.file), 'unavailable');
  });
});
