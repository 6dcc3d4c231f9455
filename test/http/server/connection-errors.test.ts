import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';
import { httpApp } from '../../support/http-app.ts';

/** Writes to a connection and reads until the other side ends it. */
async function exchange(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  socket.write(bytes);
  return text(socket);
}

test('what is no HTTP is answered as a problem, and the connection ends', async () => {
  await using service = await httpApp();
  const url = await service.listen();
  const answer = await exchange(url, 'how do you do\r\n\r\n');
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  assert.match(head, /^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json\r\n/);
  assert.match(head, /Connection: close/);
  assert.equal(JSON.parse(body).code, 'usage');
});

test('headers that are too large are answered 431', async () => {
  await using service = await httpApp();
  const url = await service.listen();
  const ranges = Array.from({ length: 100_000 }, (_, index) => `${index}-${index}`).join(',');
  const answer = await exchange(url, `GET /healthz HTTP/1.1\r\nHost: a\r\nRange: bytes=${ranges}\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 431 /);
  assert.match(answer, /"code":"limit"/);
});

test('a connection that was answered well before is told what is wrong, too', async () => {
  await using service = await httpApp();
  const { port } = new URL(await service.listen());
  const socket = connect({ host: '127.0.0.1', port: Number(port) });
  socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
  const [first] = (await once(socket, 'data')) as [Buffer];
  assert.match(first.toString(), /^HTTP\/1\.1 200 OK\r\n/);
  socket.write('how do you do\r\n\r\n');
  assert.match(await text(socket), /HTTP\/1\.1 400 Bad Request\r\n/);
});

test('an answer that has begun is broken off, and nothing is put behind it', async () => {
  await using service = await httpApp({ world: { frameLength: 65_536 } });
  const { port } = new URL(await service.listen());
  const socket = connect({ host: '127.0.0.1', port: Number(port) });
  const { authorization } = service.as('writer');
  const { id } = await service.vault.tenant('default').put(new Uint8Array(8_000_000), { name: 'n' });
  socket.write(`GET /v1/files/${id}/content HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\n\r\n`);
  await once(socket, 'readable');
  socket.write('how do you do\r\n\r\n');
  const whole = await text(socket).catch(String);
  assert.ok(whole.length < 8_000_000);
  assert.doesNotMatch(whole, /400 Bad Request/);
});

test('two lengths, or a length and a transfer coding, are refused', async () => {
  await using service = await httpApp();
  const url = await service.listen();
  for (const headers of ['Content-Length: 4\r\nContent-Length: 5', 'Content-Length: 4\r\nTransfer-Encoding: chunked']) {
    const answer = await exchange(url, `POST /v1/files?name=a HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\nabcd`);
    assert.match(answer, /^HTTP\/1\.1 400 /, headers);
  }
});

test('the server has little patience with headers, and any with a body', async () => {
  await using service = await httpApp();
  const { server } = service.app;
  assert.equal(server.headersTimeout, 10_000);
  assert.equal(server.requestTimeout, 0);
});
