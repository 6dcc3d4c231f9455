/**
 * Whoever can write to the catalog changes everything he can, one thing at a time. He mints nothing: each credential
 * is then nobody's, or still says exactly what it said when it was made.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openAccess } from '../../src/access/open.ts';
import type { Access, RedeemedTicket } from '../../src/access/open.ts';
import { toBase64 } from '../../src/base64.ts';
import { cipher } from '../../src/cipher/index.ts';
import { DataKey } from '../../src/data-key.ts';
import type { Item } from '../../src/ports.ts';
import { encodeItem } from '../../src/vault/items.ts';
import { jsonChanges } from '../support/json-changes.ts';
import type { Json } from '../support/json-changes.ts';
import { onAws, spread } from '../support/stores.ts';
import { DAY, SOMEBODY, accessWorld, damaged } from './world.ts';
import type { AccessWorld } from './world.ts';

const PARTITIONS = /^(?:token|link|link\/.*|visit|ticket)$/;

/** Doors that have given out one of everything, in two tenants, and what each credential says. */
interface Victim extends AccessWorld {
  readonly items: ReadonlyMap<string, Item>;
  /** Asks all doors with all credentials: what they open, or null; nothing is used up but tickets. */
  readonly answers: (access: Access) => Promise<unknown[]>;
}

async function makeVictim(): Promise<Victim> {
  const doors = await accessWorld();
  const { world, access, file, acmeFile, later } = doors;
  const asks: ((access: Access) => Promise<unknown>)[] = [];
  for (const [tenant, role] of [
    ['default', 'reader'],
    ['acme', 'admin'],
    ['*', 'reader'],
  ] as const) {
    const { token } = await access.tokens.create({ role, tenant, name: `of ${tenant}` });
    asks.push(
      (by) => by.authenticate(token),
      (by) => by.authenticate(damaged(token)),
    );
  }
  for (const [tenant, shared] of [
    ['default', file],
    ['acme', acmeFile],
  ] as const) {
    const one = await access.links(tenant).create(shared, { expires: later(DAY), downloads: 1 });
    const many = await access.links(tenant).create(shared, { expires: later(2 * DAY) });
    const { visit } = (await access.use(one.secret))!;
    const { ticket } = await access.issueTicket({ tenant, file: shared, principal: SOMEBODY });
    const { ticket: used } = await access.issueTicket({ tenant, file: shared, principal: SOMEBODY });
    const { visit: fileVisit } = (await access.redeemTicket(used, shared))!;
    for (const { secret } of [one, many]) {
      asks.push(
        (by) => by.shared(secret),
        (by) => by.shared(secret, { visit }),
        (by) => by.shared(damaged(secret)),
      );
    }
    asks.push(
      (by) => by.redeemTicket(ticket, file).then(withoutVisit),
      (by) => by.redeemTicket(ticket, acmeFile).then(withoutVisit),
      (by) => by.ticketVisitor(fileVisit, file),
      (by) => by.ticketVisitor(fileVisit, acmeFile),
    );
  }
  return {
    ...doors,
    items: new Map(world.catalog.items),
    answers: (by) => Promise.all(asks.map(async (ask) => (await ask(by)) ?? null)),
  };
}

/** The secret of a visit is another one each time. */
function withoutVisit(redeemed: RedeemedTicket | undefined): Omit<RedeemedTicket, 'visit'> | undefined {
  if (redeemed === undefined) return undefined;
  const { visit: _, ...rest } = redeemed;
  return rest;
}

/** All items as they were, but for these. */
function restore({ world, items }: Victim, changed: readonly Item[]): void {
  world.catalog.items.clear();
  for (const [key, item] of items) world.catalog.items.set(key, item);
  for (const item of changed) world.catalog.items.set(`${item.partition} ${item.sort}`, item);
}

/** Each answer is the one that was given before anybody changed anything, or none. */
function assertNothingMinted(answers: readonly unknown[], honest: readonly unknown[], what: string): void {
  for (const [i, answer] of answers.entries()) {
    if (answer !== null && !isLess(answer, honest[i])) assert.deepEqual(answer, honest[i], what);
  }
}

/** A visit that is not there any more: the link alone is left. */
function isLess(answer: unknown, honest: unknown): boolean {
  const less = typeof honest === 'object' && honest !== null && 'visited' in honest && { ...honest, visited: false };
  return less !== false && JSON.stringify(answer) === JSON.stringify(less);
}

const encoded = (json: Json): Uint8Array => Buffer.from(JSON.stringify(json));
const decoded = (data: Uint8Array): Record<string, Json> =>
  JSON.parse(Buffer.from(data).toString()) as Record<string, Json>;

describe('whoever can write to the catalog', () => {
  test('cannot change what an item says', async () => {
    const victim = await makeVictim();
    const own = [...victim.items.values()].filter(({ partition }) => PARTITIONS.test(partition));
    const honest = await victim.answers(victim.access);
    assert.equal(honest.filter((answer) => answer !== null).length, 3 + 2 * 5, 'all of it opens');
    const bodies = own.map(({ data }) => JSON.parse(decoded(data)['body'] as string) as Json);
    let changes = 0;
    const kinds = new Set<string>();
    for (const [i, item] of own.entries()) {
      // One of each kind: they differ in nothing that a change could meet.
      const kind = `${item.partition}: ${Object.keys(bodies[i]!).join(' ')}`;
      if (kinds.has(kind)) continue;
      kinds.add(kind);
      const outer = decoded(item.data);
      const others = own.filter(({ partition, sort }) => partition === item.partition && sort !== item.sort);
      const changed = [
        ...jsonChanges(
          outer,
          others.slice(0, 1).map(({ data }) => decoded(data)),
        ),
      ];
      for (const { what, changed: body } of jsonChanges(bodies[i]!, [])) {
        changed.push({ what: `body: ${what}`, changed: { ...outer, body: JSON.stringify(body) } });
      }
      for (const { what, changed: json } of spread(changed, 7)) {
        restore(victim, [{ ...item, data: encoded(json) }]);
        assertNothingMinted(await victim.answers(victim.access), honest, `${item.partition} ${item.sort}: ${what}`);
        changes++;
      }
    }
    assert.ok(changes > (onAws ? 30 : 200), `${changes} changes`);
  });

  test('cannot put an item in the place of another', async () => {
    const victim = await makeVictim();
    const own = [...victim.items.values()].filter(({ partition }) => PARTITIONS.test(partition));
    const honest = await victim.answers(victim.access);
    for (const { partition, sort } of own) {
      for (const other of spread(own, 3)) {
        if (other.partition === partition && other.sort === sort) continue;
        restore(victim, [{ ...other, partition, sort }]);
        assertNothingMinted(await victim.answers(victim.access), honest, `${other.partition} in ${partition}`);
      }
    }
  });

  test('cannot plant one, nor one of another vault', async () => {
    const victim = await makeVictim();
    const honest = await victim.answers(victim.access);
    const elsewhere = await makeVictim();
    const stranger = await elsewhere.access.tokens.create({ role: 'admin', tenant: '*' });
    const { secret } = await elsewhere.access
      .links('default')
      .create(elsewhere.file, { expires: elsewhere.later(DAY) });
    const place = { partition: 'token', sort: 'a'.repeat(16) };
    const password = 'A'.repeat(43);
    const planted = {
      hash: toBase64(cipher.sha256([Buffer.from(password)])),
      tenant: '*',
      role: 'admin',
      name: null,
      createdAt: victim.later(0),
      createdBy: null,
      expires: victim.later(DAY),
    };
    using key = new DataKey(cipher.randomBytes(32));
    const forged: Item = {
      ...place,
      version: 'v',
      data: encodeItem(planted, { vault: victim.world.id, ...place }, { version: '1', key }),
    };
    const bare: Item = { ...place, version: 'v', data: encoded({ v: 1, ...planted }) };
    const copied = [...elsewhere.world.catalog.items.values()].filter(({ partition }) => PARTITIONS.test(partition));
    for (const items of [[forged], [bare], copied]) {
      restore(victim, items);
      assertNothingMinted(await victim.answers(victim.access), honest, 'planted');
      assert.equal(await victim.access.authenticate(`sr_${place.sort}_${password}`), null);
      assert.equal(await victim.access.authenticate(stranger.token), null);
      assert.equal(await victim.access.shared(secret), undefined);
      assert.equal(await victim.access.use(secret), undefined);
      const listed = await victim.access.tokens.list();
      assert.deepEqual(new Set(listed.map(({ name }) => name)), new Set(['of *', 'of acme', 'of default']));
      assert.equal(listed.length, 3);
      assert.equal((await victim.access.links('default').list()).length, 2);
    }
  });

  test('cannot make anything by taking all of it away', async () => {
    const victim = await makeVictim();
    const honest = await victim.answers(victim.access);
    for (const key of victim.items.keys()) {
      restore(victim, []);
      victim.world.catalog.items.delete(key);
      // Another process, which has no keys in memory: some of what is deleted is what the vault opens with.
      const answers = await victim.another().then(victim.answers, () => []);
      assertNothingMinted(answers, honest, `${key} deleted`);
    }
  });
});

describe('access', () => {
  test('finds nothing that was not made through it', async () => {
    const { world, vault, file } = await accessWorld();
    const access = openAccess(vault, { now: world.clock.now });
    assert.deepEqual(await access.tokens.list(), []);
    assert.deepEqual(await access.links('default').list(), []);
    const secret = `${'a'.repeat(16)}_${'A'.repeat(43)}`;
    const asks = [
      access.authenticate(`sr_${secret}`),
      access.shared(secret),
      access.shared(secret, { visit: secret }),
      access.use(secret),
      access.redeemTicket(secret, file),
      access.ticketVisitor(secret, file),
    ];
    assert.deepEqual(await Promise.all(asks), [null, undefined, undefined, undefined, undefined, undefined]);
    assert.deepEqual(
      [...world.catalog.items.values()].filter(({ partition }) => PARTITIONS.test(partition)),
      [],
    );
  });

  test('keeps each kind of credential to its own door', async () => {
    const { access, file, later } = await accessWorld();
    const { token } = await access.tokens.create({ role: 'admin', tenant: '*' });
    const { secret } = await access.links('default').create(file, { expires: later(DAY) });
    const { visit } = (await access.use(secret))!;
    const { ticket } = await access.issueTicket({ tenant: 'default', file, principal: SOMEBODY });
    const bare = token.slice(3);
    for (const other of [secret, visit, ticket]) {
      assert.equal(await access.authenticate(other), null);
      assert.equal(await access.authenticate(`sr_${other}`), null);
    }
    for (const other of [bare, token, visit, ticket]) {
      assert.equal(await access.shared(other), undefined);
      assert.equal(await access.use(other), undefined);
    }
    for (const other of [bare, token, secret, visit]) assert.equal(await access.redeemTicket(other, file), undefined);
  });

  test('leaves a vault as the checker wants it', async () => {
    const victim = await makeVictim();
    await victim.answers(victim.access);
    await victim.world.check();
  });
});
