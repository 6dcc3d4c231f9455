/** Clients that ask, and then neither send nor take anything. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpApp } from '../../support/http-app.ts';
import { RawClient } from '../../support/raw-client.ts';

const IDLE = 100;

test('a body of JSON that stops arriving is given up with 408', { timeout: 20_000 }, async () => {
  await using service = await httpApp({ idleTimeout: IDLE });
  for (const beginning of ['', '{"role"']) {
    await using client = await RawClient.connect(service.app.server);
    const lines = [`Authorization: ${service.as('admin').authorization}`, 'Content-Type: application/json'];
    await client.send(
      `POST /v1/tokens HTTP/1.1\r\nHost: x\r\n${lines.join('\r\n')}\r\nContent-Length: 99\r\n\r\n${beginning}`,
    );
    const { status, headers, body } = await client.answer();
    assert.deepEqual([status, JSON.parse(body).code, headers.get('connection')], [408, 'timed-out', 'close']);
    await client.ended;
  }
});

test('whoever takes nothing of an answer that is no file is cut off', { timeout: 20_000 }, async () => {
  await using service = await httpApp({ idleTimeout: IDLE });
  await using client = await RawClient.connect(service.app.server);
  client.stopListening();
  // More than the system keeps of a connection.
  await client.send('GET /docs/static/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20));
  const connections = (): Promise<number> =>
    new Promise((resolve, reject) => {
      service.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
    });
  while ((await connections()) > 0) await new Promise((resolve) => void setTimeout(resolve, 10));
  client.vanish();
});

test('work that takes long is waited for, whatever the client does meanwhile', { timeout: 20_000 }, async () => {
  await using service = await httpApp({
    idleTimeout: IDLE,
    replace: (vault) => ({
      ...vault,
      tenantStats: async (options) => {
        await new Promise((resolve) => void setTimeout(resolve, 4 * IDLE));
        return vault.tenantStats(options);
      },
    }),
  });
  await using client = await RawClient.connect(service.app.server);
  await client.send(
    `GET /v1/tenants HTTP/1.1\r\nHost: x\r\nAuthorization: ${service.as('operator').authorization}\r\n\r\n`,
  );
  assert.equal((await client.answer()).status, 200);
});
