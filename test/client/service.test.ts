/** The client against the service itself: what a vault does, it does. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { connect } from '../../src/client/connect.ts';
import type { Client } from '../../src/client/connect.ts';
import { inspect as inspectMessage } from '../../src/envelope/inspect.ts';
import { PausedSource, patterned } from '../../src/testing/test-bytes.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { httpApp } from '../support/http-app.ts';
import type { CallerName, HttpAppOptions, TestService } from '../support/http-app.ts';
import { TrackedSource, chunked, drain } from '../support/streams.ts';

interface Connected extends AsyncDisposable {
  readonly service: TestService;
  as(caller: CallerName): Client;
}

async function connected(options: HttpAppOptions = {}): Promise<Connected> {
  const service = await httpApp(options);
  const url = await service.listen();
  return {
    service,
    as: (caller) => connect({ url, token: service.tokens[caller], retryDelay: 1 }),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

const bytes = patterned(1000);

describe('files by way of the service', () => {
  test('are described as the vault describes them', async () => {
    await using world = await connected();
    const files = world.as('writer').tenant();
    const stored = await files.put(bytes, {
      name: 'ñame "x".bin',
      type: 'application/x-test; a=b',
      tags: { plain: '1', '"odd"%22': '', é: 'ü' },
      metadata: { note: 'x'.repeat(12_000) },
      context: { purpose: 'test', 'a b': 'c\nd' },
      expires: '2027-01-01T00:00:00Z',
      retainUntil: '2026-06-01',
    });
    const vault = world.service.vault.tenant('default');
    assert.deepEqual(stored, await vault.stat(stored.id));
    assert.equal(stored.createdBy, 'writer');
    assert.deepEqual(stored.tags, { plain: '1', '"odd"%22': '', é: 'ü' });
    assert.deepEqual(stored.context, { purpose: 'test', 'a b': 'c\nd' });
    assert.equal(stored.metadata['note']?.length, 12_000);
    assert.deepEqual(await files.stat(stored.id), stored);
    assert.deepEqual(await files.list(), await vault.list());
    assert.deepEqual(await files.verify(stored.id), await vault.verify(stored.id));
  });

  test('come back whole and in part, from every kind of source', async () => {
    await using world = await connected();
    const files = world.as('writer').tenant();
    for (const source of [bytes, new Blob([bytes.slice()]), chunked(bytes, 77)]) {
      const { id } = await files.put(source, { name: 'n' });
      const whole = await files.get(id);
      assert.deepEqual(await collect(whole.body), bytes);
      const part = await files.get(id, { range: { start: 100, end: 350 } });
      assert.deepEqual([part.range, await collect(part.body)], [{ start: 100, end: 350 }, bytes.subarray(100, 350)]);
    }
    const empty = await files.put([], { name: 'empty' });
    assert.deepEqual(await collect((await files.get(empty.id)).body), new Uint8Array(0));
    await rejection(files.get(empty.id, { range: { start: 0 } }), 'range-not-satisfiable');
  });

  test('of several megabytes, with progress, are no trouble', async () => {
    await using world = await connected({ world: { frameLength: 4096 } });
    const files = world.as('writer').tenant();
    const large = patterned(3_000_000);
    const told: number[] = [];
    const { id } = await files.put(large, { name: 'large', onProgress: (done) => told.push(done) });
    assert.equal(told.at(-1), large.length);
    assert.deepEqual(await collect((await files.get(id)).body), large);
  });

  test('are listed page by page, and found by a part of their name', async () => {
    await using world = await connected();
    const files = world.as('writer').tenant();
    for (const name of ['Alpha', 'Beta', 'alphabet']) {
      world.service.world.clock.time++;
      await files.put(bytes, { name });
    }
    const first = await files.list({ limit: 2 });
    assert.deepEqual(
      first.files.map(({ name }) => name),
      ['alphabet', 'Beta'],
    );
    const rest = await files.list({ limit: 2, cursor: first.cursor });
    assert.deepEqual([rest.files.map(({ name }) => name), rest.cursor], [['Alpha'], undefined]);
    const found = await files.list({ q: 'ALPHA' });
    assert.deepEqual(
      found.files.map(({ name }) => name),
      ['alphabet', 'Alpha'],
    );
    for (const limit of [0, 1001, 1.5]) await rejection(files.list({ limit }), 'usage');
    await rejection(files.list({ cursor: 'x' }), 'usage');
  });

  test('are changed and removed, where wanted only at a version', async () => {
    await using world = await connected();
    const files = world.as('writer').tenant();
    const stored = await files.put(bytes, { name: 'n', tags: { a: '1' } });
    const changed = await files.update(stored.id, { name: 'm', tags: {} }, { ifVersion: stored.version });
    assert.deepEqual([changed.name, changed.tags], ['m', {}]);
    await rejection(files.update(stored.id, { name: 'x' }, { ifVersion: stored.version }), 'conflict');
    await rejection(files.remove(stored.id, { ifVersion: stored.version }), 'conflict');
    await files.remove(stored.id, { ifVersion: changed.version });
    await rejection(files.stat(stored.id), 'not-found');
    await rejection(files.remove(stored.id), 'not-found');
  });

  test('are exported as the messages that they are', async () => {
    await using world = await connected();
    const files = world.as('writer').tenant();
    const stored = await files.put(bytes, { name: 'n' });
    const { stat, body } = await files.export(stored.id);
    assert.deepEqual(stat, stored);
    const message = await inspectMessage(body);
    assert.deepEqual([message.complete, message.plaintextSize, message.trailing], [true, 1000, 0]);
  });

  test('that were changed do not open, and are told alike', async () => {
    await using world = await connected();
    const files = world.as('writer').tenant();
    const { id } = await files.put(bytes, { name: 'n' });
    const [blob] = world.service.world.blobs.blobs.values();
    blob!.fill(0, 0, 40);
    await rejection(files.get(id), 'cannot-open');
    await rejection(files.verify(id), 'cannot-open');
  });

  test('that are changed far behind break off, and are never shorter', async () => {
    await using world = await connected({ world: { frameLength: 4096 } });
    const files = world.as('writer').tenant();
    const large = patterned(2_000_000);
    const { id } = await files.put(large, { name: 'n' });
    const [blob] = world.service.world.blobs.blobs.values();
    blob!.fill(0, blob!.length - 5000);
    const { bytes: came, error } = await drain((await files.get(id)).body);
    assert.ok(came.length < large.length);
    assert.deepEqual(came, large.subarray(0, came.length));
    await rejection(Promise.reject(error), 'unavailable');
  });

  test('are stored once however often a put of one key is sent', async () => {
    await using world = await connected();
    const files = world.as('writer').tenant();
    const idempotency = { key: 'k', request: 'r' };
    const first = await files.put(bytes, { name: 'n', idempotency });
    const onProgress = (): void => undefined;
    assert.deepEqual(await files.put(bytes, { name: 'n', idempotency, onProgress }), first);
    assert.equal((await files.list()).files.length, 1);
  });
});

describe('an upload that the service does not want', () => {
  test('ends with its answer, at once and not after all was sent', async () => {
    await using world = await connected({ maxFileSize: 100_000 });
    const files = world.as('writer').tenant();
    const source = new TrackedSource(chunked(patterned(40_000_000), 1_000_000));
    await rejection(files.put(source, { name: 'n' }), 'limit');
    assert.ok(source.closed && source.taken < 40, `${source.taken} chunks were taken`);
    assert.deepEqual((await files.list()).files, []);
  });

  test('is refused by the role of its token', async () => {
    await using world = await connected();
    await rejection(world.as('reader').tenant().put(bytes, { name: 'n' }), 'permission');
    await rejection(
      world
        .as('reader')
        .tenant()
        .put(chunked(patterned(1_000_000), 1000), { name: 'n' }),
      'permission',
    );
  });
});

describe('tenants', () => {
  test('are the token’s own unless an operator names one', async () => {
    await using world = await connected();
    const { id } = await world.as('other-admin').tenant().put(bytes, { name: 'n' });
    assert.equal((await world.as('other-reader').tenant('other').stat(id)).id, id);
    assert.equal((await world.as('operator').tenant('other').stat(id)).id, id);
    await rejection(world.as('operator').tenant().stat(id), 'not-found');
    await rejection(world.as('admin').tenant().stat(id), 'not-found');
    await rejection(world.as('admin').tenant('other').stat(id), 'permission');
    await rejection(world.as('operator').tenant('nobody').list(), 'no-tenant');
    await rejection(world.as('operator').tenant('No Body').list(), 'usage');
  });

  test('are made, limited and listed by an operator', async () => {
    await using world = await connected();
    const operator = world.as('operator');
    const quota = { bytes: 10, files: null };
    const made = await operator.createTenant('acme', { quota });
    assert.deepEqual(made.quota, quota);
    await rejection(operator.tenant('acme').put(bytes, { name: 'n' }), 'quota');
    assert.equal((await operator.setQuota('acme', null)).quota, null);
    await operator.tenant('acme').put(bytes, { name: 'n' });
    assert.deepEqual(await operator.tenants(), await world.service.vault.tenants());
    await rejection(operator.createTenant('acme'), 'exists');
    await rejection(operator.setQuota('nobody', null), 'no-tenant');
    await rejection(world.as('admin').createTenant('another'), 'permission');
  });

  test('are looked at by whoever looks after them', async () => {
    await using world = await connected();
    const { vault } = world.service;
    const operator = world.as('operator');
    await vault.setQuota('default', { bytes: 10_000, files: null });
    await operator.tenant().put(bytes, { name: 'n' });
    const stats = await operator.tenantStats();
    assert.deepEqual(stats, await vault.tenantStats());
    assert.deepEqual(
      stats.map(({ usage }) => usage),
      [{ bytes: 1000, files: 1 }, null],
    );
    assert.deepEqual(await operator.usage('default'), { bytes: 1000, files: 1 });
    assert.deepEqual(await operator.usage('other'), { bytes: 0, files: 0 });
    await rejection(operator.usage('nobody'), 'no-tenant');
    assert.deepEqual(await operator.countKeys('default'), await vault.countKeys('default'));
    assert.equal((await world.as('admin').countKeys('default')).files, 1);
    await rejection(world.as('admin').countKeys('other'), 'permission');
    const source = new PausedSource(bytes);
    const putting = vault.tenant('default').put(source, { name: 'half' });
    await source.paused;
    world.service.world.clock.time += 1234;
    const journal = await operator.journal();
    assert.deepEqual(journal, await vault.journal());
    assert.equal(journal.writing.oldest, 1234);
    source.resume();
    await putting;
    await rejection(world.as('admin').journal(), 'permission');
  });

  test('are swept by an operator', async () => {
    await using world = await connected();
    const report = await world.as('operator').sweep({ grace: 1500 });
    assert.deepEqual(report, await world.service.vault.sweep());
    await rejection(world.as('admin').sweep(), 'permission');
  });
});

describe('tokens and links', () => {
  test('of a tenant are made, listed and revoked', async () => {
    await using world = await connected();
    const admin = world.as('admin');
    const made = await admin.tokens.create({ role: 'reader', name: 'x' });
    assert.equal(made.tenant, 'default');
    const listed = (await admin.tokens.list()).find(({ id }) => id === made.id);
    assert.deepEqual([listed?.name, listed?.createdBy], ['x', 'admin']);
    await admin.tokens.revoke(made.id);
    await rejection(admin.tokens.revoke(made.id), 'not-found');
    await rejection(admin.tokens.create({ role: 'reader', tenant: 'other' }), 'permission');
    assert.equal((await world.as('operator').tokens.create({ role: 'reader', tenant: 'other' })).tenant, 'other');
  });

  test('are refused as soon as they are revoked, with a word about it', async () => {
    await using world = await connected();
    const files = world.as('reader').tenant();
    await files.list();
    const mine = (await world.as('operator').tokens.list()).find(({ name }) => name === 'reader');
    await world.as('operator').tokens.revoke(mine!.id);
    await rejection(files.list(), 'unauthenticated');
  });

  test('lead to a file, for whoever has the link', async () => {
    await using world = await connected();
    const writer = world.as('writer');
    const { id } = await writer.tenant().put(bytes, { name: 'n' });
    const expires = new Date(world.service.world.clock.time + 60_000).toISOString();
    const link = await writer.links().create(id, { expires, downloads: 1 });
    assert.match(link.url, /^http:\/\/127\.0\.0\.1:\d+\/s\/./);
    assert.ok(link.url.endsWith(`/s/${link.secret}`));
    const { secret: _, url: __, ...info } = link;
    assert.deepEqual(await writer.links().list({ file: id }), [info]);
    assert.deepEqual(await world.as('other-writer').links().list(), []);
    await writer.links().revoke(link.id);
    assert.deepEqual(await writer.links().list(), []);
    await rejection(world.as('reader').links().create(id, { expires }), 'permission');
  });
});
