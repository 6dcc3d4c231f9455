/** Blobs that were changed in the store, as a client sees them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { describe, test } from 'node:test';
import { concat } from '../../../src/bytes.ts';
import { patterned } from '../../../src/testing/test-bytes.ts';
import { httpApp } from '../../support/http-app.ts';
import { drain } from '../../support/streams.ts';

const SIZE = 1_000_000;
const plaintext = patterned(SIZE);

interface Seen {
  readonly response: IncomingMessage;
  readonly bytes: Uint8Array;
  readonly error: unknown;
}

/** What a client sees of a file whose blob was changed. */
async function download(change: (blob: Uint8Array) => Uint8Array | undefined, range?: string): Promise<Seen> {
  await using service = await httpApp({ world: { frameLength: 4096 } });
  const { id } = await service.vault.tenant('default').put(plaintext, { name: 'n' });
  const { blobs } = service.world.blobs;
  const [[key, blob]] = [...blobs] as [[string, Uint8Array]];
  const changed = change(blob);
  if (changed === undefined) blobs.delete(key);
  else blobs.set(key, changed);
  const address = `${await service.listen()}/v1/files/${id}/content`;
  const headers = { ...service.as('reader'), ...(range === undefined ? {} : { range }) };
  const [response] = (await once(get(address, { headers, agent: false }), 'response')) as [IncomingMessage];
  return { response, ...(await drain(response)) };
}

const flipped =
  (at: number) =>
  (blob: Uint8Array): Uint8Array => {
    blob[at < 0 ? blob.length + at : at]! ^= 1;
    return blob;
  };

function expectRefusal({ response, bytes, error }: Seen): void {
  assert.equal(error, undefined);
  assert.equal(response.statusCode, 422);
  assert.equal(response.headers['content-type'], 'application/problem+json');
  assert.equal(response.headers.etag, undefined);
  assert.equal(response.headers['content-range'], undefined);
  assert.equal(response.headers['content-disposition'], undefined);
  const { code } = JSON.parse(Buffer.from(bytes).toString()) as { code: string };
  assert.equal(code, 'cannot-open');
}

function expectBreak({ response, bytes, error }: Seen, status: number): void {
  assert.equal(response.statusCode, status);
  assert.ok(error instanceof Error, 'the client sees an error');
  assert.equal(response.complete, false);
  assert.ok(bytes.length < Number(response.headers['content-length']));
}

describe('a file that is damaged', () => {
  test('in the first frame that is asked for is an error of its own', async () => {
    expectRefusal(await download(flipped(100)));
    expectRefusal(await download(flipped(100), 'bytes=0-9'));
    expectRefusal(await download(flipped(-1), `bytes=${SIZE - 1}-`));
    expectRefusal(await download(flipped(-1), 'bytes=-1,0-0'));
  });

  test('whose blob is gone is an error of its own', async () => {
    expectRefusal(await download(() => undefined));
  });

  test('further on breaks the connection, after nothing but right bytes', async () => {
    const seen = await download(flipped(-1));
    expectBreak(seen, 200);
    assert.ok(Buffer.from(seen.bytes).equals(plaintext.subarray(0, seen.bytes.length)));
  });

  test('in a later part of several breaks the connection', async () => {
    expectBreak(await download(flipped(-1), 'bytes=0-499999,-1'), 206);
  });

  test('by bytes after its end, or missing at its end, breaks the connection', async () => {
    expectBreak(await download((blob) => concat([blob, new Uint8Array(1)])), 200);
    expectBreak(await download((blob) => blob.subarray(0, -1)), 200);
  });

  test('elsewhere than in the frames of a range is served', async () => {
    const { response, bytes, error } = await download(flipped(-1), 'bytes=10-19');
    assert.equal(error, undefined);
    assert.equal(response.statusCode, 206);
    assert.deepEqual(bytes, plaintext.slice(10, 20));
  });
});
