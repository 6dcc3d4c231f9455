/** `GET /v1/files/{id}/message`. */
import assert from 'node:assert/strict';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { patterned } from '../../../src/testing/test-bytes.ts';
import { httpApp } from '../../support/http-app.ts';
import { decryptAll } from '../../support/opened.ts';
import { drain } from '../../support/streams.ts';

const plaintext = patterned(1000);

describe('the message', () => {
  test('opens with the wrapping key alone', async () => {
    for (const segmentLength of [undefined, 300]) {
      await using service = await httpApp({ world: { segmentLength } });
      const { id } = await service.vault.tenant('default').put(plaintext, { name: 'a/letter.txt', type: 'text/plain' });
      const url = `/v1/files/${id}/message`;
      const { statusCode, headers, rawPayload } = await service.inject('reader', { url });
      assert.equal(statusCode, 200);
      assert.equal(headers['content-type'], 'application/octet-stream');
      assert.equal(headers['content-disposition'], 'attachment; filename=letter.txt.sealed');
      assert.match(String(headers['content-security-policy']), /^sandbox;/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      const { bytes, error } = await decryptAll(rawPayload, { keyring: service.world.keyring });
      assert.equal(error, undefined);
      assert.deepEqual(bytes, plaintext);
    }
  });

  test('has no length, no entity tag and no ranges, and no HEAD', async () => {
    await using service = await httpApp();
    const { id } = await service.vault.tenant('default').put(plaintext, { name: 'n' });
    const url = `/v1/files/${id}/message`;
    const headers = { range: 'bytes=0-9', 'if-none-match': `"${id}"`, 'if-match': '"x"' };
    const answer = await service.inject('reader', { url, headers });
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.headers['etag'], undefined);
    assert.equal(answer.headers['last-modified'], undefined);
    assert.equal(answer.headers['content-length'], undefined);
    assert.equal(answer.headers['accept-ranges'], 'none');
    assert.equal(answer.headers['cache-control'], 'private, no-store');
    const head = await service.inject('reader', { method: 'HEAD', url });
    assert.equal(head.statusCode, 405);
    assert.equal(head.headers['allow'], 'GET');
  });

  test('is for whoever may read, of his tenant', async () => {
    await using service = await httpApp();
    const { id } = await service.vault.tenant('default').put(plaintext, { name: 'n' });
    const url = `/v1/files/${id}/message`;
    assert.equal((await service.inject(undefined, { url })).statusCode, 401);
    assert.equal((await service.inject('other-reader', { url })).statusCode, 404);
    assert.equal((await service.inject('operator', { url })).statusCode, 200);
  });

  test('of a file that is damaged never looks complete', async () => {
    await using service = await httpApp({ world: { frameLength: 4096 } });
    const { id } = await service.vault.tenant('default').put(patterned(1_000_000), { name: 'n' });
    const [blob] = [...service.world.blobs.blobs.values()];
    blob![blob!.length - 1]! ^= 1;
    const address = `${await service.listen()}/v1/files/${id}/message`;
    const [response] = (await once(get(address, { headers: service.as('reader') }), 'response')) as [IncomingMessage];
    assert.equal(response.statusCode, 200);
    assert.ok((await drain(response)).error instanceof Error, 'the client sees an error');
    assert.equal(response.complete, false);
  });
});
