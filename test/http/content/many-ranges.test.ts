/** Headers that ask for more ranges than anyone needs, as they come from a socket. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { patterned } from '../../../src/testing/test-bytes.ts';
import { httpApp } from '../../support/http-app.ts';
import { drain } from '../../support/streams.ts';

/** Status line and body of an answer to one request, sent as it is. */
async function exchange(address: string, request: string): Promise<string> {
  const socket = connect(Number(new URL(address).port), '127.0.0.1');
  socket.write(request);
  // Whoever is refused in the middle of a header may see the connection reset after the answer.
  return Buffer.from((await drain(socket)).bytes).toString('latin1');
}

test('100,000 ranges are more than a header may hold, and as many as it may hold are refused', async () => {
  await using service = await httpApp();
  const { id } = await service.vault.tenant('default').put(patterned(1000), { name: 'n' });
  const address = await service.listen();
  const { authorization } = service.as('reader');
  const withRange = (range: string): string =>
    `GET /v1/files/${id}/content HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${authorization}\r\n` +
    `Range: bytes=${range}\r\n\r\n`;
  const limit = 15_000;

  const tooLong = await exchange(address, withRange('0-0,'.repeat(100_000)));
  assert.match(tooLong, /^HTTP\/1\.1 431 /);
  for (const one of ['0-0,', '-1,', ',', '0-,', '999-999, ']) {
    const many = await exchange(address, withRange(one.repeat(Math.floor(limit / one.length))));
    assert.match(many, /^HTTP\/1\.1 416 /, one);
    assert.match(many, /"code":"range-not-satisfiable"/);
  }
  const long = await exchange(address, withRange(`${'0'.repeat(limit)}-9`));
  assert.match(long, /^HTTP\/1\.1 206 /);
});
