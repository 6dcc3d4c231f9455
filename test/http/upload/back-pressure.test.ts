import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { chunksOf } from '../../../src/bytes.ts';
import { httpApp } from '../../support/http-app.ts';
import { replacedFiles } from '../../support/replaced-files.ts';
import { RawClient } from '../../support/raw-client.ts';

const MIB = 1024 * 1024;
const SIZE = 64 * MIB;

const bodies = {
  'a file': { type: 'x/y', before: '', after: '' },
  'a form': {
    type: 'multipart/form-data; boundary=b',
    before: '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n',
    after: '\r\n--b--\r\n',
  },
};

for (const [what, { type, before, after }] of Object.entries(bodies)) {
  test(`a store that is slow holds back the client that sends ${what}, and nothing piles up between them`, async () => {
    const asked = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    let stored = 0;
    await using service = await httpApp({
      replace: (vault) =>
        replacedFiles(vault, (files) => ({
          put: async (bytes, options) => {
            for await (const chunk of chunksOf(bytes)) {
              stored += chunk.length;
              asked.resolve();
              await goOn.promise;
            }
            return files.put(Buffer.from('x'), options);
          },
        })),
    });
    const connected = once(service.app.server, 'connection');
    await using client = await RawClient.connect(service.app.server);
    const [socket] = (await connected) as [Socket];
    const { authorization } = service.as('writer');
    const lines = ['POST /v1/files?name=a HTTP/1.1', 'Host: x', `Authorization: ${authorization}`];
    await client.send([...lines, `Content-Type: ${type}`, 'Transfer-Encoding: chunked', '', ''].join('\r\n'));
    const sending = (async () => {
      const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(MIB, 'x'), Buffer.from('\r\n')]);
      if (before !== '') await client.send(`${before.length.toString(16)}\r\n${before}\r\n`);
      for (let sent = 0; sent < SIZE; sent += MIB) await client.send(chunk);
      if (after !== '') await client.send(`${after.length.toString(16)}\r\n${after}\r\n`);
      await client.send('0\r\n\r\n');
    })();
    await asked.promise;
    // Until it takes no more.
    for (let taken = -1; taken !== socket.bytesRead; await sleep(50)) taken = socket.bytesRead;
    assert.ok(socket.bytesRead < MIB, `${socket.bytesRead} bytes were taken`);
    goOn.resolve();
    await sending;
    assert.equal((await client.answer()).status, 201);
    assert.equal(stored, SIZE);
  });
}
