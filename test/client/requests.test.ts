/** What a client makes of answers, and when it asks again. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { errorTable } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { TOKEN, json, networkError, problem, scriptedClient, statOf } from './scripted-fetch.ts';
import type { Reply } from './scripted-fetch.ts';

describe('an answer that reports an error', () => {
  for (const [code, { status, retryable }] of Object.entries(errorTable) as [
    ErrorCode,
    (typeof errorTable)[ErrorCode],
  ][]) {
    test(`${code} becomes that error`, async () => {
      const { client } = scriptedClient([problem(status, code)]);
      const error = await rejection(client.createTenant('acme'), code);
      assert.equal(error.message, status >= 500 ? `it is ${code} (request r-1)` : `it is ${code}`);
      assert.equal(error.retryable, retryable);
    });
  }

  test('with a code that is none of the table is told by its status', async () => {
    const { client } = scriptedClient([problem(409, 'no-such-code')]);
    assert.equal((await rejection(client.createTenant('acme'), 'conflict')).message, 'it is no-such-code');
  });

  for (const [status, code] of [
    [400, 'usage'],
    [401, 'unauthenticated'],
    [403, 'permission'],
    [404, 'not-found'],
    [413, 'limit'],
    [431, 'limit'],
    [418, 'unexpected'],
    [500, 'unexpected'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [504, 'unavailable'],
  ] as const) {
    test(`of something in between, with status ${status}, is ${code} and tells nothing of its body`, async () => {
      const { client } = scriptedClient([new Response(`<h1>${TOKEN}</h1>`, { status })]);
      const error = await rejection(client.createTenant('acme'), code);
      assert.equal(error.message, `https://files.example.org answered ${status}, and not as a Sealroom does`);
    });
  }

  for (const body of ['', 'null', '"text"', '{', '{"code":7,"detail":[]}', `{"detail":"${'x'.repeat(100_000)}"}`]) {
    test(`whose problem is ${body.slice(0, 24)} is told by its status`, async () => {
      const headers = { 'content-type': 'application/problem+json; charset=utf-8' };
      const { client } = scriptedClient([new Response(body, { status: 404, headers })]);
      assert.ok((await rejection(client.createTenant('acme'), 'not-found')).message.length < 200);
    });
  }

  test('a redirection is not followed: the token would go along, or be lost', async () => {
    for (const reply of [new Response(null, { status: 307, headers: { location: 'https://x' } }), Response.error()]) {
      const { client, network } = scriptedClient([reply]);
      await rejection(client.tenant().stat('f'), 'usage');
      assert.equal(network.sent[0]?.init.redirect, 'manual');
    }
  });

  test('200 with what no Sealroom answers is unexpected', async () => {
    for (const body of ['<html>', '', 'null', '[]', '{"files":[]}']) {
      const { client } = scriptedClient([new Response(body)]);
      await rejection(client.tenant().stat('f'), 'unexpected');
    }
  });
});

describe('a network that fails', () => {
  test('is unavailable, and its error tells nothing of the request', async () => {
    const { client } = scriptedClient(Array.from({ length: 4 }, () => networkError('ECONNREFUSED')));
    const error = await rejection(client.tenant().stat('f'), 'unavailable');
    assert.equal(error.message, 'https://files.example.org does not answer (ECONNREFUSED)');
    assert.ok(!inspect(error, { depth: Infinity, showHidden: true }).includes(TOKEN));
  });

  test('within an answer is unavailable, too', async () => {
    const broken = (): Response =>
      new Response(new ReadableStream({ pull: (controller) => controller.error(new TypeError('terminated')) }));
    const { client, network } = scriptedClient([broken, broken, broken, broken]);
    await rejection(client.tenant().stat('f'), 'unavailable');
    assert.equal(network.sent.length, 4);
  });
});

describe('asking again', () => {
  const passing: readonly (readonly [string, Reply])[] = [
    ['nobody answers', networkError('ECONNRESET')],
    ['the service is unavailable', problem(503, 'unavailable')],
    ['a proxy does not find the service', new Response('', { status: 502 })],
    ['there were too many requests', problem(429, 'too-many-requests', { 'retry-after': '0' })],
  ];
  for (const [what, reply] of passing) {
    test(`is done when ${what}, for what changes nothing`, async () => {
      const { client, network } = scriptedClient([reply, json(statOf(1))]);
      assert.deepEqual(await client.tenant().stat('f'), statOf(1));
      assert.equal(network.sent.length, 2);
    });
  }

  test('is done for everything that only reads', async () => {
    const down = (): Reply => problem(503, 'unavailable');
    const { client, network } = scriptedClient([
      down(),
      json({ files: [], unreadable: [] }),
      down(),
      json({ tenants: [] }),
      down(),
      json({ tokens: [] }),
      down(),
      json({ links: [] }),
      down(),
      json(statOf(1)),
      down(),
      new Response('x'),
    ]);
    await client.tenant().list();
    await client.tenants();
    await client.tokens.list();
    await client.links().list();
    await client.tenant().get('f');
    assert.equal(network.left, 0);
  });

  test('is not done for what changes something, which may have been done, nor for what takes long', async () => {
    const { client, network } = scriptedClient(Array.from({ length: 8 }, () => networkError('ECONNRESET')));
    const changes = [
      client.tenant().update('f', { name: 'x' }),
      client.tenant().remove('f'),
      client.createTenant('acme'),
      client.setQuota('acme', null),
      client.sweep(),
      client.tenant().verify('f'),
      client.tokens.create({ role: 'reader' }),
      client.tokens.revoke('t'),
      client.links().create('f', { expires: '2030-01-01' }),
    ];
    for (const change of changes) await rejection(change, 'unavailable');
    assert.equal(network.sent.length, changes.length);
  });

  test('is not done for an error that would be the same again', async () => {
    for (const code of ['not-found', 'permission', 'cannot-open', 'no-space', 'unexpected'] as const) {
      const { client, network } = scriptedClient([problem(errorTable[code].status, code)]);
      await rejection(client.tenant().stat('f'), code);
      assert.equal(network.sent.length, 1);
    }
  });

  test('is given up after four times, with the last error', async () => {
    const { client, network } = scriptedClient(Array.from({ length: 4 }, () => problem(503, 'unavailable')));
    await rejection(client.tenant().stat('f'), 'unavailable');
    assert.equal(network.left, 0);
  });

  test('is not waited for when the service asks for a long time', async () => {
    const { client, network } = scriptedClient([problem(429, 'too-many-requests', { 'retry-after': '60' })]);
    await rejection(client.tenant().stat('f'), 'too-many-requests');
    assert.equal(network.sent.length, 1);
  });

  test('ends when the caller gives up', async () => {
    const controller = new AbortController();
    const replies = [
      () => {
        controller.abort();
        return problem(503, 'unavailable');
      },
    ];
    const { client } = scriptedClient(replies, { retryDelay: 5000 });
    await rejection(client.tenant().stat('f', { signal: controller.signal }), 'cancelled');
  });
});

test('a call that was given up before it began sends nothing', async () => {
  const { client, network } = scriptedClient([]);
  await rejection(client.tenant().stat('f', { signal: AbortSignal.abort() }), 'cancelled');
  assert.equal(network.sent.length, 0);
});

test('a tenant is named where one is, and left to the token where none is', async () => {
  const { client, network } = scriptedClient([json(statOf(1)), json(statOf(1)), json({ links: [] })]);
  await client.tenant('acme').stat('f');
  await client.tenant().stat('f');
  await client.links('acme').list();
  assert.deepEqual(
    network.sent.map(({ headers }) => headers.get('sealroom-tenant')),
    ['acme', null, 'acme'],
  );
  await rejection(client.tenant('Ünï\n').stat('f'), 'usage');
});
