/** What nobody sends by accident, over real connections: refused clearly, without a trace, and the service lives on. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import type { Stat } from '../../../src/vault/files.ts';
import { httpApp } from '../../support/http-app.ts';
import type { CallerName, TestService } from '../../support/http-app.ts';
import { portOf } from '../../support/loopback.ts';
import { RawClient } from '../../support/raw-client.ts';
import type { RawAnswer } from '../../support/raw-client.ts';
import { kept } from './kept.ts';
import { routedService } from './routes.ts';

interface Said {
  readonly method?: string | undefined;
  readonly target: string;
  readonly as?: CallerName | undefined;
  readonly headers?: readonly string[] | undefined;
  readonly body?: string | undefined;
}

/** A request as bytes; what is not ASCII in it goes out as Latin-1. */
function bytesOf(service: TestService, { method = 'GET', target, as, headers = [], body }: Said): Buffer {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: x', ...headers];
  if (as !== undefined) lines.push(`Authorization: ${service.as(as).authorization}`);
  if (body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body ?? '')]);
}

/** Says it on a connection of its own. */
async function say(service: TestService, said: Said | string): Promise<RawAnswer> {
  await using client = await RawClient.connect(service.app.server);
  await client.send(typeof said === 'string' ? Buffer.from(said, 'latin1') : bytesOf(service, said));
  return await client.answer();
}

const JSON_BODY = ['Content-Type: application/json'];

/** What stands in a path where an id, a name or a secret does. */
const EVIL_PARTS: readonly string[] = [
  '..',
  '.',
  '%2e%2e',
  '..%2f..%2f..%2fetc%2fpasswd',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '..%5c..%5cboot.ini',
  '..;',
  '%00',
  'a%00b',
  '\0',
  'a\0b',
  '%ff%fe',
  '\xff\xfe',
  '%c0%ae%c0%ae',
  '%ed%a0%80',
  '%',
  '%z',
  '%0d%0aX-Injected:%20yes',
  '\r\nX-Injected: yes\r\n',
  '\tx',
  '%F0%9F%98%80',
  '__proto__',
  'constructor',
  'a'.repeat(10_000),
  "'%20OR%201=1--",
  '%7B%7B7*7%7D%7D',
  '*',
];

const EVIL_QUERIES: readonly string[] = [
  '?%00',
  '?a=%00',
  '?a=\0',
  '?%ff=%fe',
  '?a=\xff',
  '?a=%',
  '?limit=1&limit=2',
  '?limit=1e9',
  '?limit=-1',
  '?cursor=%00',
  '?cursor=../../etc/passwd',
  '?q=%ed%a0%80',
  '?__proto__=x&constructor=y&__proto__[a]=b',
  '?tenant=__proto__',
  '?file=%00',
  '?ticket=%0d%0aX-Injected:%20yes',
  `?q=${'a'.repeat(10_000)}`,
  `?${'a=b&'.repeat(2000)}`,
  '??',
  '?#',
];

describe('bad input', async () => {
  const { service, paths } = await routedService();
  after(() => service[Symbol.asyncDispose]());
  const file = await service.vault.tenant('default').put(Buffer.from('some text'), { name: 'one.txt' });
  const before = kept(service);

  /** Nothing was kept of it, and the service is as it was. */
  const assertUnharmed = async (): Promise<void> => {
    assert.deepEqual(kept(service), before);
    assert.equal((await say(service, { target: '/readyz' })).status, 200);
    assert.equal((await service.inject('reader', { url: `/v1/files/${file.id}/content` })).body, 'some text');
  };

  const routes = [...paths].flatMap(([path, methods]) =>
    // An answer to HEAD says how long a body is that does not come.
    methods.filter((method) => method !== 'HEAD').map((method) => ({ method, path })),
  );

  for (const { method, path } of routes.filter((route) => /:|\*/.test(route.path))) {
    test(`in the path of ${method} ${path} is a 4xx`, async () => {
      const body = method === 'GET' || method === 'DELETE' ? undefined : '{}';
      const headers = body === undefined ? [] : JSON_BODY;
      for (const part of EVIL_PARTS) {
        const target = path.replace(/:\w+|\*/, () => part);
        const { status, headers: answered } = await say(service, { method, target, as: 'operator', headers, body });
        assert.ok(status >= 400 && status < 500, `${JSON.stringify(part.slice(0, 40))}: ${status}`);
        assert.ok(!answered.has('x-injected'));
      }
      await assertUnharmed();
    });
  }

  for (const { method, path } of routes) {
    test(`in the query of ${method} ${path} is no fault`, async () => {
      const plain = path.replace(/:\w+/, 'nothing').replace('*', 'nothing');
      const body = method === 'GET' || method === 'DELETE' ? undefined : '{"a":1}';
      const headers = body === undefined ? [] : JSON_BODY;
      for (const query of EVIL_QUERIES) {
        const target = `${plain}${query}`;
        const { status, headers: answered } = await say(service, { method, target, as: 'operator', headers, body });
        assert.ok(status < 500, `${query.slice(0, 40)}: ${status}`);
        assert.ok(!answered.has('x-injected'));
      }
      await assertUnharmed();
    });
  }

  test('in JSON is a 4xx, however deep it is and whatever its names are', async () => {
    const takers = [
      ['PATCH', `/v1/files/${file.id}`],
      ['POST', `/v1/files/${file.id}/links`],
      ['POST', '/v1/tokens'],
      ['POST', '/v1/tenants'],
      ['PATCH', '/v1/tenants/default'],
      ['POST', '/v1/sweeps'],
    ] as const;
    const deep = 10_000;
    const bodies = [
      '['.repeat(deep) + ']'.repeat(deep),
      '{"a":'.repeat(deep) + '1' + '}'.repeat(deep),
      `{"tags":${'{"a":'.repeat(deep)}"1"${'}'.repeat(deep)}}`,
      '['.repeat(200_000),
      '{"__proto__":{"role":"admin"}}',
      '{"tags":{"__proto__":"x"}}',
      '{"constructor":{"prototype":{"name":"x"}}}',
      '{"name":1e999}',
      '{"name":"\\ud800"}',
      `{"name":"\0"}`,
      '"text"',
      'nul',
      '',
    ];
    for (const [method, target] of takers) {
      for (const body of bodies) {
        const { status } = await say(service, { method, target, as: 'operator', headers: JSON_BODY, body });
        assert.ok(status >= 400 && status < 500, `${method} ${target} ${body.slice(0, 30)}: ${status}`);
      }
    }
    assert.equal(Reflect.get({}, 'role'), undefined);
    await assertUnharmed();
  });

  test('of 10,000 tags is a 4xx, in a query, a form or JSON', async () => {
    const tags = Array.from({ length: 10_000 }, (_, index) => `t${index}`);
    const query = tags.map((tag) => `tag.${tag}=v`).join('&');
    const form = tags.map((tag) => `--b\r\nContent-Disposition: form-data; name="tag.${tag}"\r\n\r\nv\r\n`).join('');
    const filePart = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--b--\r\n';
    const json = JSON.stringify({ tags: Object.fromEntries(tags.map((tag) => [tag, 'v'])) });
    const asked: Said[] = [
      { method: 'POST', target: `/v1/files?name=a&${query}`, body: 'x' },
      {
        method: 'POST',
        target: '/v1/files',
        headers: ['Content-Type: multipart/form-data; boundary=b'],
        body: form + filePart,
      },
      { method: 'PATCH', target: `/v1/files/${file.id}`, headers: JSON_BODY, body: json },
    ];
    const statuses = [];
    for (const said of asked) statuses.push((await say(service, { ...said, as: 'writer' })).status);
    assert.deepEqual(statuses, [431, 413, 413]);
    await assertUnharmed();
  });

  test('in headers is a 4xx, or heeded as little as it should be', async () => {
    const token = service.as('reader').authorization;
    const session = (...headers: string[]): string =>
      `GET /v1/session HTTP/1.1\r\nHost: x\r\n${headers.join('\r\n')}\r\n\r\n`;
    const cases: readonly (readonly [what: string, said: string, status: number])[] = [
      ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
      [
        'two tenants',
        session(
          `Authorization: ${service.as('operator').authorization}`,
          'Sealroom-Tenant: default',
          'Sealroom-Tenant: other',
        ),
        400,
      ],
      ['a tenant with a NUL', session(`Authorization: ${token}`, 'Sealroom-Tenant: a\0b'), 400],
      ['a token of bytes', session('Authorization: Bearer \xff\xfe'), 401],
      ['two tokens in one', session(`Authorization: ${token}, ${token}`), 401],
      ['a folded header', session(`Authorization: Bearer\r\n ${token}`), 400],
      ['a space before the colon', session(`Authorization : ${token}`), 400],
      ['a name of bytes', session('X\xff: y', `Authorization: ${token}`), 400],
      ['a bare line feed', `GET /healthz HTTP/1.1\nHost: x\n\n`, 400],
      ['a header of 20,000 bytes', session(`X: ${'a'.repeat(20_000)}`), 431],
      ['3,000 headers', session(...Array.from({ length: 3000 }, (_, index) => `X${index}: y`)), 431],
      ['a length that is no number', session('Content-Length: x'), 400],
      ['a length below nothing', session('Content-Length: -1'), 400],
      ['a coding of its own', session('Transfer-Encoding: gzip'), 400],
      ['a cookie of nonsense', session(`Authorization: ${token}`, `Cookie: ${'=;'.repeat(1000)}`), 200],
      [
        'an offer to speak otherwise',
        session(`Authorization: ${token}`, 'Connection: Upgrade', 'Upgrade: websocket'),
        200,
      ],
    ];
    for (const [what, said, status] of cases) {
      assert.equal((await say(service, said)).status, status, what);
      await assertUnharmed();
    }
  });

  test('in the request line is a 4xx, or the answer it asks for', async () => {
    const cases: readonly (readonly [line: string, status: number])[] = [
      ['BREW /healthz HTTP/1.1', 400],
      ['get /healthz HTTP/1.1', 400],
      ['GET healthz HTTP/1.1', 400],
      ['GET /healthz HTTP/3.0', 400],
      ['GET /healthz', 200],
      ['GET  /healthz HTTP/1.1', 200],
      // The router reads it as `/`: the page, which is only read.
      ['OPTIONS * HTTP/1.1', 405],
      ['TRACE /healthz HTTP/1.1', 405],
      ['GET //healthz HTTP/1.1', 404],
      ['GET /./healthz HTTP/1.1', 404],
      ['GET /v1/../healthz HTTP/1.1', 404],
      ['GET /HEALTHZ HTTP/1.1', 404],
      ['GET /healthz/ HTTP/1.1', 404],
      ['GET /healthz;x HTTP/1.1', 404],
      ['GET /docs/static/../../package.json HTTP/1.1', 400],
      ['GET /docs/static/..%2f..%2fpackage.json HTTP/1.1', 404],
      ['GET http://x/healthz HTTP/1.1', 200],
      ['GET http://elsewhere.example/healthz HTTP/1.1', 200],
    ];
    const statuses = [];
    for (const [line] of cases) statuses.push([line, (await say(service, `${line}\r\nHost: x\r\n\r\n`)).status]);
    assert.deepEqual(statuses, cases);
    await assertUnharmed();
  });

  test('of an older HTTP is answered, and ends the connection', async () => {
    await using client = await RawClient.connect(service.app.server);
    await client.send('GET /healthz HTTP/1.0\r\n\r\n');
    const { status, headers } = await client.answer();
    assert.deepEqual([status, headers.get('connection')], [200, 'close']);
    client.finish();
    await client.closed;
  });

  test('of requests that do not wait for each other’s answers gets them in order', async () => {
    await using client = await RawClient.connect(service.app.server);
    const targets = ['/healthz', '/v1/session', '/nothing', `/v1/files/${file.id}`, '/readyz'];
    await client.send(Buffer.concat(targets.map((target) => bytesOf(service, { target }))));
    const statuses = [];
    for (const _ of targets) statuses.push((await client.answer()).status);
    assert.deepEqual(statuses, [200, 401, 404, 401, 200]);
  });

  test('that asks to be connected elsewhere gets nothing', async () => {
    await using client = await RawClient.connect(service.app.server);
    await client.send('CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: x\r\n\r\n');
    client.finish();
    await client.closed;
    assert.doesNotMatch(client.received, /^HTTP\/1\.1 [25]/);
    await assertUnharmed();
  });
});

test('a client that never ends its headers is given up', { timeout: 60_000 }, async () => {
  await using service = await httpApp();
  service.app.server.headersTimeout = 1;
  await using client = await RawClient.connect(service.app.server);
  await client.send('GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  const { status, body } = await client.answer();
  assert.deepEqual([status, JSON.parse(body).code], [408, 'timed-out']);
  client.finish();
  await client.closed;
});

describe('the name of a file', () => {
  const NAMES = [
    'plain.txt',
    'with "quotes" and \\backslashes\\.txt',
    'semi;colon; filename=other.txt',
    'x"; filename*=UTF-8\'\'evil.html; y="',
    'percent %0d%0a %41.txt',
    'ümläut € 文件 😀.txt',
    '\u202Egnp.exe',
    'a/folder/../with a file',
    ' leading and trailing ',
    '<script>alert(1)</script>',
    'n'.repeat(1024),
    '\u{1F600}'.repeat(256),
  ];

  test('comes back in one header of ASCII, and adds none', async () => {
    await using service = await httpApp();
    const head = async (name: string): Promise<string[]> => {
      const { id } = await service.vault.tenant('default').put(Buffer.from('x'), { name, type: 'text/html' });
      const socket = connect({ port: await portOf(service.app.server), host: '127.0.0.1' });
      const headers = ['Connection: close'];
      socket.write(bytesOf(service, { target: `/v1/files/${id}/content`, as: 'reader', headers }));
      const received = (await buffer(socket)).toString('latin1');
      return received.split('\r\n\r\n', 1)[0]!.split('\r\n');
    };
    const names = (lines: readonly string[]): string[] =>
      lines.slice(1).map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
    const expected = names(await head('plain.txt'));
    for (const name of NAMES) {
      const lines = await head(name);
      assert.match(lines[0]!, /^HTTP\/1\.1 200 /);
      assert.deepEqual(names(lines), expected, name);
      for (const line of lines) assert.match(line, /^[\x20-\x7e]+$/, name);
      const disposition = lines.find((line) => /^content-disposition:/i.test(line))!;
      assert.match(
        disposition,
        /^content-disposition: attachment; filename=(?:"(?:[^"\\]|\\.)*"|[\w.!#$&+^`|~-]+)(?:; filename\*=UTF-8''[\w.!#$&+^`|~%-]+)?$/i,
        name,
      );
    }
  });

  test('is refused where it has control characters, in whatever it comes', async () => {
    await using service = await httpApp();
    const before = kept(service);
    const evil = 'a\r\nX-Injected: yes\r\n\r\n<script>';
    const form = (disposition: string): Said => ({
      target: '/v1/files',
      headers: ['Content-Type: multipart/form-data; boundary=b'],
      body: `--b\r\nContent-Disposition: form-data; name="file"; ${disposition}\r\n\r\nx\r\n--b--\r\n`,
    });
    const uploads: Said[] = [
      { target: `/v1/files?name=${encodeURIComponent(evil)}`, body: 'x' },
      { target: '/v1/files?name=a%00b', body: 'x' },
      { target: '/v1/files?name=a%7fb', body: 'x' },
      { target: `/v1/files?name=a&type=${encodeURIComponent('text/html\r\nX-Injected: yes')}`, body: 'x' },
      { target: '/v1/files?name=a&tag.x=%ed%a0%80', body: 'x' },
      { target: '/v1/files', headers: [`Content-Disposition: attachment; filename*=UTF-8''a%0d%0ab`], body: 'x' },
      { target: '/v1/files', headers: [`Content-Disposition: attachment; filename*=UTF-8''%ff`], body: 'x' },
      { target: '/v1/files', headers: ['Content-Disposition: attachment; filename="\xff"'], body: 'x' },
      form(`filename*=UTF-8''a%0d%0ab`),
      form('filename="a\tb"'),
      form('filename="a\0b"'),
    ];
    for (const said of uploads) {
      const { status, headers } = await say(service, { method: 'POST', as: 'writer', ...said });
      assert.equal(status, 400, JSON.stringify(said));
      assert.ok(!headers.has('x-injected'));
    }
    assert.deepEqual(kept(service), before);
    const created = await service.inject('writer', { method: 'POST', url: '/v1/files?name=a', payload: 'x' });
    assert.equal(created.statusCode, 201);
    for (const name of [evil, 'a\0b', '\u0085']) {
      const url = `/v1/files/${created.json<Stat>().id}`;
      assert.equal((await service.inject('writer', { method: 'PATCH', url, payload: { name } })).statusCode, 400);
    }
  });
});
