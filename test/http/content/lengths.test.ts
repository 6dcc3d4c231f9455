/** Bodies whose length nobody can go by. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { patterned } from '../../../src/testing/test-bytes.ts';
import { httpApp } from '../../support/http-app.ts';
import { portOf } from '../../support/loopback.ts';
import { RawClient } from '../../support/raw-client.ts';
import { diskService } from './disk-service.ts';

test('a length past all numbers on a request that has no use for a body breaks no answer, and leaves no blob open', async () => {
  await using service = await diskService();
  const { id } = await service.vault.tenant('default').put(patterned(1_000_000), { name: 'a' });
  const { authorization } = service.reader;
  await using client = await RawClient.connect(service.app.server);
  const lines = ['Host: x', `Authorization: ${authorization}`, `Content-Length: ${Number.MAX_SAFE_INTEGER}0`];
  await client.send(`GET /v1/files/${id}/content HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  const { status, headers } = await client.answer();
  assert.deepEqual([status, headers.get('content-length')], [200, '1000000']);
  // Nobody can wait for such a body: the next request on this connection would be taken for a part of it.
  assert.equal(headers.get('connection'), 'close');
  await client.ended;
  assert.deepEqual([service.blobs.opened, service.blobs.open], [1, 0]);
});

test('an answer of HTTP/1.0 without a length that breaks off is an error, and no shorter answer', async () => {
  await using service = await httpApp({ world: { frameLength: 4096 } });
  const { id } = await service.vault.tenant('default').put(patterned(1_000_000), { name: 'a' });
  const [blob] = service.world.blobs.blobs.values();
  blob![900_000]! ^= 1;
  const client = connect(await portOf(service.app.server), '127.0.0.1').resume();
  const { authorization } = service.as('reader');
  client.write(`GET /v1/files/${id}/message HTTP/1.0\r\nAuthorization: ${authorization}\r\n\r\n`);
  const [answer] = (await once(client, 'data')) as [Buffer];
  assert.match(answer.toString('latin1'), /^HTTP\/1\.1 200 (?!.*content-length)/is);
  await assert.rejects(once(client, 'end'), { code: 'ECONNRESET' });
});
