/** Clients that lie, vanish, dawdle or talk nonsense, on real connections. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stat } from '../../../src/vault/files.ts';
import { httpApp } from '../../support/http-app.ts';
import { replacedFiles } from '../../support/replaced-files.ts';
import type { HttpAppOptions, TestService } from '../../support/http-app.ts';
import { RawClient } from '../../support/raw-client.ts';
import type { RawAnswer } from '../../support/raw-client.ts';

/** The head of an upload by somebody who may write. */
function head(service: TestService, lines: readonly string[], query = '?name=a'): string {
  const { authorization } = service.as('writer');
  return [`POST /v1/files${query} HTTP/1.1`, 'Host: x', `Authorization: ${authorization}`, ...lines, '', ''].join(
    '\r\n',
  );
}

function codeOf({ status, body }: RawAnswer): readonly [number, string] {
  return [status, JSON.parse(body).code];
}

/** A service whose puts can be waited for: what is left of one is looked at only once it has ended. */
async function watchedApp(
  options: HttpAppOptions = {},
): Promise<{ service: TestService; ended: () => Promise<unknown> }> {
  const puts: Promise<unknown>[] = [];
  const service = await httpApp({
    ...options,
    replace: (vault) =>
      replacedFiles(vault, (files) => ({
        put: (bytes, putOptions) => {
          const put = files.put(bytes, putOptions);
          puts.push(put);
          return put;
        },
      })),
  });
  return { service, ended: () => Promise.allSettled(puts) };
}

async function assertNothingKept(service: TestService): Promise<void> {
  assert.deepEqual((await service.vault.tenant('default').list()).files, []);
  // Twice the grace time: once to claim what was left, once to be rid of it.
  for (let i = 0; i < 2; i++) {
    await service.vault.sweep({ grace: 0 });
    service.world.clock.time += 1;
  }
  assert.deepEqual(service.world.blobs.keys(), []);
  await service.world.check();
}

test('a client that vanishes, or stops early, leaves no file and no blob', async () => {
  const bodies = [
    [['Content-Length: 100'], 'x'.repeat(60)],
    [['Transfer-Encoding: chunked'], `3c\r\n${'x'.repeat(60)}\r\n`],
    [
      ['Transfer-Encoding: chunked', 'Content-Type: multipart/form-data; boundary=b'],
      `70\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n${'x'.repeat(200)}`,
    ],
  ] as const;
  for (const [lines, beginning] of bodies) {
    for (const leave of ['vanish', 'finish'] as const) {
      const { service, ended } = await watchedApp();
      await using _ = service;
      const client = await RawClient.connect(service.app.server);
      const asked = once(service.app.server, 'request');
      await client.send(head(service, lines) + beginning);
      await asked;
      // Until the store has begun to write: that is what must not be left behind.
      while (service.world.blobs.keys().length === 0) await sleep(1);
      client[leave]();
      await client.closed;
      await ended();
      await assertNothingKept(service);
    }
  }
});

test('a length that is less than what follows is no file, or a file of that length', async () => {
  for (const together of [true, false]) {
    const { service, ended } = await watchedApp();
    await using _ = service;
    await using client = await RawClient.connect(service.app.server);
    const request = `${head(service, ['Content-Length: 5'])}hello`;
    if (together) {
      // The file is complete, and the connection broken: which of both comes first, nobody can say.
      await client.send(`${request}, and more\r\n\r\n`);
      await client.ended;
      await ended();
      const { files } = await service.vault.tenant('default').list();
      assert.ok(files.every(({ size }) => size === 5) && files.length <= 1);
    } else {
      await client.send(request);
      const stored = await client.answer();
      assert.equal((JSON.parse(stored.body) as Stat).size, 5);
      await client.send(', and more\r\n\r\n');
      await client.ended;
      assert.equal((await service.vault.tenant('default').list()).files.length, 1);
    }
  }
});

test('two lengths, or a length and chunks, are refused', async () => {
  await using service = await httpApp();
  const sets = [
    ['Content-Length: 5', 'Content-Length: 6'],
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Content-Length: 5, 5'],
    ['Content-Length: -1'],
    ['Content-Length: 0x5'],
    ['Transfer-Encoding: gzip'],
    ['Transfer-Encoding: chunked, identity'],
  ];
  for (const lines of sets) {
    await using client = await RawClient.connect(service.app.server);
    await client.send(`${head(service, lines)}hello`);
    const answer = await client.answer();
    assert.equal(answer.status, 400, lines.join());
    await client.ended;
  }
  await assertNothingKept(service);
});

test('a body in chunks that are none is refused', async () => {
  for (const broken of [
    'zz\r\nhello\r\n',
    '5\r\nhelloXX',
    '-5\r\nhello',
    `${'f'.repeat(17)}\r\n`,
    '5\r\nhello\r\n5;\n',
  ]) {
    const { service, ended } = await watchedApp();
    await using _ = service;
    await using client = await RawClient.connect(service.app.server);
    await client.send(head(service, ['Transfer-Encoding: chunked']) + broken);
    await client.ended;
    assert.match(client.received, /^HTTP\/1.1 400 /);
    client.vanish();
    await ended();
    await assertNothingKept(service);
  }
});

test('a body that stops arriving is given up with 408', async () => {
  for (const beginning of ['', 'hello']) {
    const { service, ended } = await watchedApp({ idleTimeout: 50 });
    await using _ = service;
    await using client = await RawClient.connect(service.app.server);
    await client.send(head(service, ['Content-Length: 100000']) + beginning);
    const answer = await client.answer();
    assert.deepEqual(codeOf(answer), [408, 'timed-out']);
    assert.equal(answer.headers.get('connection'), 'close');
    await ended();
    await assertNothingKept(service);
  }
});

test('a body that arrives slowly, but does, is stored', async () => {
  await using service = await httpApp({ idleTimeout: 1000 });
  await using client = await RawClient.connect(service.app.server);
  await client.send(head(service, ['Content-Length: 12']));
  for (let i = 0; i < 12; i++) {
    await sleep(100);
    await client.send('x');
  }
  const answer = await client.answer();
  assert.equal(answer.status, 201, answer.body);
  assert.equal((JSON.parse(answer.body) as Stat).size, 12);
});

test('a refusal reaches a client that goes on sending, and the rest is not read', async () => {
  const megabyte = Buffer.alloc(1024 * 1024);
  const refusals = [
    { lines: ['Content-Length: 1099511627776'], expected: [413, 'limit'] },
    { lines: ['Content-Length: 104857600', 'Content-Digest: malformed'], expected: [400, 'usage'] },
    { lines: ['Content-Length: 104857600', 'Content-Encoding: gzip'], expected: [415, 'unsupported-media-type'] },
    { lines: ['Content-Length: 104857600'], query: '?name=%ff', expected: [400, 'usage'] },
    { lines: ['Content-Length: 104857600'], token: 'sr_nobody', expected: [401, 'unauthenticated'] },
  ] as const;
  for (const { lines, expected, ...changes } of refusals) {
    await using service = await httpApp({ maxFileSize: 1024 ** 3 });
    await using client = await RawClient.connect(service.app.server);
    let sent = 0;
    let request = head(service, lines, 'query' in changes ? changes.query : undefined);
    if ('token' in changes) request = request.replace(service.tokens.writer, changes.token);
    await client.send(request);
    const sending = (async () => {
      for (let i = 0; i < 100; i++) {
        const before = client.isClosed;
        await client.send(megabyte);
        if (before) return;
        sent++;
      }
    })();
    const answer = await client.answer();
    assert.deepEqual(codeOf(answer), expected);
    assert.equal(answer.headers.get('connection'), 'close');
    await client.closed;
    await sending;
    assert.ok(sent < 60, `${sent} MiB of 100 were taken`);
    await assertNothingKept(service);
  }
});

test('a refusal reaches a client that listens only once it has sent everything', async () => {
  const size = 8 * 1024 * 1024;
  await using service = await httpApp({ maxFileSize: 100 });
  await using client = await RawClient.connect(service.app.server);
  client.stopListening();
  await client.send(head(service, [`Content-Length: ${size}`]));
  // In pieces, so that the refusal comes in the middle of them.
  for (let sent = 0; sent < size; sent += 65_536) await client.send(Buffer.alloc(65_536));
  client.listen();
  assert.deepEqual(codeOf(await client.answer()), [413, 'limit']);
});

test('a body of unknown length is refused once there is too much of it', async () => {
  const { service, ended } = await watchedApp({ maxFileSize: 100_000 });
  await using _ = service;
  await using client = await RawClient.connect(service.app.server);
  await client.send(head(service, ['Transfer-Encoding: chunked']));
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  await client.send(chunk);
  await client.send(chunk);
  const answer = await client.answer();
  assert.deepEqual(codeOf(answer), [413, 'limit']);
  assert.equal(answer.headers.get('connection'), 'close');
  await ended();
  await assertNothingKept(service);
});

test('a short body that was not read costs no connection', async () => {
  await using service = await httpApp();
  await using client = await RawClient.connect(service.app.server);
  const refused = head(service, ['Content-Length: 10000', 'Content-Digest: malformed']);
  await client.send(refused);
  assert.equal((await client.answer()).status, 400);
  await client.send('x'.repeat(10_000));
  await client.send(`${head(service, ['Content-Length: 5'])}hello`);
  assert.equal((await client.answer()).status, 201);
});

test('a client that asks before it sends is told to go on only when its file is wanted', async () => {
  await using service = await httpApp({ maxFileSize: 100 });
  const expect = 'Expect: 100-continue';
  const refused = [
    { lines: [expect, 'Content-Length: 1000'], expected: [413, 'limit'] },
    { lines: [expect, 'Content-Length: 10', 'Content-Digest: malformed'], expected: [400, 'usage'] },
    { lines: [expect, 'Content-Length: 10'], query: '?name=', expected: [400, 'usage'] },
  ] as const;
  for (const { lines, expected, ...changes } of refused) {
    await using client = await RawClient.connect(service.app.server);
    await client.send(head(service, lines, 'query' in changes ? changes.query : undefined));
    const answer = await client.answer();
    assert.deepEqual(codeOf(answer), expected);
    await client.ended;
  }
  await using client = await RawClient.connect(service.app.server);
  await client.send(head(service, [expect, 'Content-Length: 5']));
  assert.equal((await client.answer()).status, 100);
  await client.send('hello');
  assert.equal((await client.answer()).status, 201);
});

test('a client that asks before it sends JSON is told to go on at once', async () => {
  await using service = await httpApp();
  const { id } = await service.vault.tenant('default').put(Buffer.from('x'), { name: 'a' });
  await using client = await RawClient.connect(service.app.server);
  const request = head(service, ['Expect: 100-continue', 'Content-Type: application/json', 'Content-Length: 12']);
  await client.send(request.replace('POST /v1/files?name=a', `PATCH /v1/files/${id}`));
  assert.equal((await client.answer()).status, 100);
  await client.send('{"name":"b"}');
  assert.equal((await client.answer()).status, 200);
});

test('names and numbers that fit in no request are refused', async () => {
  await using service = await httpApp();
  const queries = [
    `?name=${'n'.repeat(100_000)}`,
    `?name=a&${'tag.t=v&'.repeat(10_000)}`,
    '?name=a\u0000b',
    '?name=a b',
  ];
  for (const query of queries) {
    await using client = await RawClient.connect(service.app.server);
    await client.send(`${head(service, ['Content-Length: 5'], query)}hello`);
    const { status } = await client.answer();
    assert.ok(status >= 400 && status < 500, `${status}`);
  }
  await using client = await RawClient.connect(service.app.server);
  await client.send(`${head(service, ['Content-Length: 5'], '?name=\xff\xfe')}hello`);
  assert.equal((await client.answer()).status, 400);
  await assertNothingKept(service);
});
