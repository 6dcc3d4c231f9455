/** What a put says whose call was refused after another try of it, of which nobody heard what became of it. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { openS3Blobs } from '../../src/blobs/s3.ts';
import type { BlobStore } from '../../src/ports.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { lentChunks, patterned, randomBlobKey } from '../../src/testing/test-bytes.ts';
import { FaultyProxy } from '../support/aws/faulty-proxy.ts';
import type { ProxyFault } from '../support/aws/faulty-proxy.ts';
import { respondS3Error } from '../support/aws/s3-error.ts';
import { S3Sink } from '../support/aws/s3-sink.ts';
import { PART_SIZE } from '../support/aws/s3-store.ts';
import { REGION } from '../support/aws/servers.ts';
import { closeAtOnce, endpointOf } from '../support/loopback.ts';

const MEBIBYTE = 1024 * 1024;
const DENIED: ProxyFault = { kind: 'refuse', status: 403, code: 'AccessDenied' };
const SLOW_DOWN: ProxyFault = { kind: 'refuse', status: 503, code: 'SlowDown' };

const SIGNED = {
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  region: REGION,
  maxAttempts: 3,
};

/** Blobs and the calls that write them. */
const WRITES = [
  { operation: 'PutObject', bytes: patterned(100_000) },
  { operation: 'CompleteMultipartUpload', bytes: patterned(PART_SIZE + 1000) },
] as const;

interface Behind extends AsyncDisposable {
  readonly sink: S3Sink;
  readonly proxy: FaultyProxy;
  readonly store: BlobStore;
}

/** A store whose calls of one operation go wrong one after the other, and no others; of HeadObject all may. */
async function behind(operation: string, faults: readonly ProxyFault[], looking?: ProxyFault): Promise<Behind> {
  await using scope = new AsyncDisposableStack();
  const sink = scope.use(await S3Sink.start());
  const proxy = scope.use(await FaultyProxy.start(sink.endpoint));
  const client = { endpoint: proxy.endpoint, ...SIGNED };
  const store = scope.use(openS3Blobs({ bucket: 'sink', pathStyle: true, partSize: PART_SIZE, client }));
  const left = [...faults];
  proxy.fault = (request) => {
    if (request.operation === operation) return left.shift();
    // The sink is asked for the key before parts are completed, too.
    return request.operation === 'HeadObject' && left.length < faults.length ? looking : undefined;
  };
  const all = scope.move();
  return { sink, proxy, store, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

test('S3Blobs takes no answer without a length for the absence of a blob', async () => {
  const puts: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      if (request.method === 'HEAD') return response.writeHead(200, { 'transfer-encoding': 'chunked' }).end();
      if (request.headers['if-none-match'] === '*') return respondS3Error(response, { status: 501, code: 'None' });
      puts.push(request.url);
      return response.writeHead(200).end();
    });
  });
  const client = { endpoint: await endpointOf(server), ...SIGNED };
  using store = openS3Blobs({ bucket: 'sink', pathStyle: true, client });
  try {
    await rejection(store.put(randomBlobKey(), lentChunks(patterned(10))), 'unexpected');
    assert.deepEqual(puts, [], 'it would have been overwritten');
  } finally {
    await closeAtOnce(server);
  }
});

describe('S3Blobs, when a put is refused', () => {
  for (const { operation, bytes } of WRITES) {
    const put = ({ store }: Behind, key: string): Promise<void> => store.put(key, lentChunks(bytes, MEBIBYTE));

    test(`finds the blob that an earlier ${operation} has written`, async () => {
      await using subject = await behind(operation, [{ kind: 'lose-answer' }, DENIED]);
      const key = randomBlobKey();
      await put(subject, key);
      assert.equal(subject.sink.objects.sizeOf(key), bytes.length);
    });

    test(`cannot tell whether an earlier ${operation} is still to be applied, and says why it stopped`, async () => {
      await using subject = await behind(operation, [{ kind: 'cut-request', bytes: 10 }, DENIED]);
      const { cause } = await rejection(put(subject, randomBlobKey()), 'unavailable');
      await rejection(Promise.reject(cause), 'access-denied');
    });

    test(`cannot tell what an earlier ${operation} did when it may not look`, async () => {
      for (const faults of [
        [{ kind: 'lose-answer' }, DENIED],
        [{ kind: 'lose-answer' }],
        [{ kind: 'lose-answer' }, { kind: 'lose-answer' }, { kind: 'lose-answer' }],
      ] as const) {
        await using subject = await behind(operation, faults, DENIED);
        const { cause } = await rejection(put(subject, randomBlobKey()), 'unavailable');
        await rejection(Promise.reject(cause), 'access-denied');
        assert.ok(subject.proxy.requests.length < 16);
      }
    });

    test(`knows at once that ${operation} found no room`, async () => {
      await using subject = await behind(operation, [{ kind: 'refuse', status: 507, code: 'StorageFull' }]);
      await rejection(put(subject, randomBlobKey()), 'no-space');
    });

    test(`takes the refusal for what it is when every earlier ${operation} was refused, too`, async () => {
      for (const faults of [[DENIED], [SLOW_DOWN, DENIED], [SLOW_DOWN, SLOW_DOWN, DENIED]]) {
        await using subject = await behind(operation, faults);
        const key = randomBlobKey();
        await rejection(put(subject, key), 'access-denied');
        assert.deepEqual(subject.sink.objects.keys(), []);
      }
    });
  }
});
