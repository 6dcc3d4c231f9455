/** What a blob store makes of calls to S3 that fail, one after the other, before and after they took effect. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { isSealroomError } from '../../src/errors.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { lentChunks, patterned, PausedSource, randomBlobKey } from '../../src/testing/test-bytes.ts';
import type { ProxiedRequest, ProxyFault } from '../support/aws/faulty-proxy.ts';
import { PART_SIZE, proxiedStore } from '../support/aws/s3-store.ts';
import type { ProxiedStore } from '../support/aws/s3-store.ts';
import { ceph, leftOut } from '../support/aws/servers.ts';
import type { AwsServer } from '../support/aws/servers.ts';

const TRIES = 3;
const MEBIBYTE = 1024 * 1024;
const SHORT = patterned(100_000);
/** Two parts. */
const LONG = patterned(PART_SIZE + 1000);

/** Milliseconds: short enough that a call that is not answered is tried again soon, long enough for one that is. */
const SILENCE = 1500;
const FAULTS: Readonly<Record<string, ProxyFault>> = {
  // First, because it takes longest.
  'is not answered in time': { kind: 'stall', milliseconds: 2 * SILENCE },
  'is refused': { kind: 'refuse', status: 503, code: 'ServiceUnavailable' },
  'is done, and its answer lost': { kind: 'lose-answer' },
  'is done, and said to have failed': { kind: 'fail-after', status: 500, code: 'InternalError' },
  'is cut in the middle of its body': { kind: 'cut-request', bytes: MEBIBYTE },
  'is cut before its answer is whole': { kind: 'cut-answer', bytes: 10 },
};

/** Ceph and not moto, which says of an upload that is gone that it failed itself. */
const server = await ceph();

/** Much of the time they wait to try again. */
describe('S3Blobs, when calls fail', { concurrency: 8 }, () => {
  for (const [what, fault] of Object.entries(FAULTS)) {
    for (const [length, bytes] of [
      ['short', SHORT],
      ['long', LONG],
    ] as const) {
      test(`puts a ${length} blob all the same when any one call of it ${what}`, async (t) => {
        if (leftOut(t, server, 'Ceph')) return;
        const calls = await callsOf(server, (subject) =>
          subject.store.put(randomBlobKey(), lentChunks(bytes, MEBIBYTE)),
        );
        await forEachCase(fault, calls.keys(), async (call) => {
          await using subject = await faultyStore(server, fault);
          const { store, bucket, proxy } = subject;
          const key = randomBlobKey();
          proxy.fault = (_, index) => (index === call ? fault : undefined);
          await store.put(key, lentChunks(bytes, MEBIBYTE));
          // The one more, and what finds out what became of the call.
          assert.ok(
            proxy.requests.length <= calls.length + 4,
            `${proxy.requests.length} calls in place of ${calls.length}`,
          );
          proxy.fault = undefined;
          await assertHolds(subject, key, bytes);
          await store.remove(key);
          assert.deepEqual(await bucket.keys(), [], `after call ${call}, ${calls[call]}`);
        });
      });

      test(`keeps all of a ${length} blob or nothing when a call of its put ${what} every time`, async (t) => {
        if (leftOut(t, server, 'Ceph')) return;
        const calls = await callsOf(server, (subject) =>
          subject.store.put(randomBlobKey(), lentChunks(bytes, MEBIBYTE)),
        );
        await forEachCase(fault, new Set(calls), async (operation) => {
          await using subject = await faultyStore(server, fault);
          const { store, bucket, proxy } = subject;
          const key = randomBlobKey();
          proxy.fault = (request) => (request.operation === operation ? fault : undefined);
          const outcome = await store.put(key, lentChunks(bytes, MEBIBYTE)).then(
            () => 'put',
            (error: unknown) => (isSealroomError(error) ? error.code : assert.fail(String(error))),
          );
          assert.ok(['put', 'unavailable'].includes(outcome), `${operation}: ${outcome}`);
          const most = operation === 'UploadPart' ? 2 * TRIES : operation === 'HeadObject' ? 2 * TRIES : TRIES;
          assert.ok(proxy.count(operation) <= most, `${operation} was tried ${proxy.count(operation)} times`);
          proxy.fault = undefined;
          if (outcome === 'put') await assertHolds(subject, key, bytes);
          else await assertAllOrNothing(subject, key, bytes);
          await store.remove(key);
          assert.deepEqual(await bucket.keys(), [], `after ${operation}`);
        });
      });
    }

    test(`removes all the same when any one call of it ${what}`, async (t) => {
      if (leftOut(t, server, 'Ceph')) return;
      const calls: string[] = await callsOf(server, unfinished, (subject, key) => subject.store.remove(key));
      assert.deepEqual(calls, ['ListMultipartUploads', 'AbortMultipartUpload', 'DeleteObject']);
      await forEachCase(fault, calls.keys(), async (call) => {
        await using subject = await faultyStore(server, fault);
        const { store, bucket, proxy } = subject;
        const key = await unfinished(subject);
        const before = proxy.requests.length;
        proxy.fault = (_, index) => (index === before + call ? fault : undefined);
        await store.remove(key);
        assert.ok(proxy.requests.length <= before + calls.length + 1);
        assert.deepEqual(await bucket.keys(), []);
      });
    });

    test(`opens a blob all the same when the call for it ${what}`, async (t) => {
      if (leftOut(t, server, 'Ceph')) return;
      await using subject = await faultyStore(server, fault);
      const { store, proxy } = subject;
      const key = randomBlobKey();
      await store.put(key, lentChunks(SHORT));
      const before = proxy.requests.length;
      proxy.fault = (_, index) => (index === before ? fault : undefined);
      const reading = collect(await store.get(key));
      if (fault.kind === 'cut-answer') {
        // A body that broke off is for whoever reads to ask for again.
        await rejection(reading, 'unavailable');
        return;
      }
      assert.ok(Buffer.from(await reading).equals(SHORT));
      assert.equal(proxy.requests.length - before, 2);
    });
  }

  test('gives up after a few tries, and says that it is unavailable', async (t) => {
    if (leftOut(t, server, 'Ceph')) return;
    await using subject = await faultyStore(server);
    const { store, proxy } = subject;
    proxy.fault = () => ({ kind: 'refuse', status: 500, code: 'InternalError' });
    for (const call of [
      () => store.put(randomBlobKey(), lentChunks(SHORT)),
      () => store.put(randomBlobKey(), lentChunks(LONG, MEBIBYTE)),
      () => store.get(randomBlobKey()),
      () => store.remove(randomBlobKey()),
    ]) {
      await rejection(call(), 'unavailable');
    }
    const counts = ['PutObject', 'CreateMultipartUpload', 'GetObject', 'ListMultipartUploads'].map((operation) =>
      proxy.count(operation),
    );
    assert.deepEqual(counts, [TRIES, TRIES, TRIES, TRIES]);
  });

  test('loses nothing when three calls in ten are throttled', async (t) => {
    if (leftOut(t, server, 'Ceph')) return;
    await using subject = await proxiedStore(server, { client: { maxAttempts: 6 } });
    const { store, bucket, proxy } = subject;
    // In turn and not by chance: every run meets the same.
    let calls = 0;
    proxy.fault = () =>
      [0, 3, 7].includes(calls++ % 10) ? { kind: 'refuse', status: 503, code: 'SlowDown' } : undefined;
    const blobs = new Map(Array.from({ length: 8 }, (_, i) => [randomBlobKey(), i % 4 === 0 ? LONG : SHORT]));
    await Promise.all([...blobs].map(([key, bytes]) => store.put(key, lentChunks(bytes, MEBIBYTE))));
    for (const [key, bytes] of blobs) await assertHolds(subject, key, bytes);
    await Promise.all([...blobs.keys()].map((key) => store.remove(key)));
    assert.deepEqual(await bucket.keys(), []);
  });

  test('knows its own blob when the key is taken by a try whose answer was lost', async (t) => {
    if (leftOut(t, server, 'Ceph')) return;
    await using subject = await faultyStore(server);
    const { store, proxy } = subject;
    const key = randomBlobKey();
    const first = once((request) => request.operation === 'PutObject', { kind: 'lose-answer' });
    proxy.fault = first;
    await store.put(key, lentChunks(SHORT));
    const operations = proxy.requests.map(({ operation }) => operation);
    assert.deepEqual(operations, ['PutObject', 'PutObject', 'HeadObject']);
    proxy.fault = undefined;
    await rejection(store.put(key, lentChunks(SHORT)), 'exists');
  });

  test('takes no blob of another length for its own', async (t) => {
    if (leftOut(t, server, 'Ceph')) return;
    await using subject = await faultyStore(server);
    const { store, proxy } = subject;
    const key = randomBlobKey();
    await store.put(key, lentChunks(patterned(10)));
    proxy.fault = once((request) => request.operation === 'PutObject', {
      kind: 'refuse',
      status: 500,
      code: 'InternalError',
    });
    await rejection(store.put(key, lentChunks(SHORT)), 'exists');
    await assertHolds(subject, key, patterned(10));
  });

  test('says that a blob was removed when it is gone from where it was completed', async (t) => {
    if (leftOut(t, server, 'Ceph')) return;
    await using subject = await faultyStore(server);
    const { store, bucket, proxy } = subject;
    const key = randomBlobKey();
    const other = subject.open();
    const completed = Promise.withResolvers<void>();
    proxy.fault = once(
      ({ operation }) => {
        if (operation === 'CompleteMultipartUpload') completed.resolve();
        return operation === 'CompleteMultipartUpload';
      },
      { kind: 'fail-after', status: 500, code: 'InternalError' },
    );
    // The first try completes it; before the second, or before it is looked for, somebody removes it.
    const removing = (async (): Promise<void> => {
      await completed.promise;
      const there = (): Promise<boolean> =>
        other.get(key, { range: { start: 0, end: 0 } }).then(
          () => true,
          () => false,
        );
      while (!(await there()));
      await other.remove(key);
    })();
    // Whichever of the two is first.
    const outcome = await store.put(key, lentChunks(LONG, MEBIBYTE)).then(
      () => 'put',
      (error: unknown) => (isSealroomError(error) ? error.code : assert.fail(String(error))),
    );
    await removing;
    assert.ok(['put', 'interrupted', 'unavailable'].includes(outcome), outcome);
    assert.deepEqual(await bucket.keys(), []);
  });

  test('tries a put again that another call of the key was in the way of, and no completion', async (t) => {
    if (leftOut(t, server, 'Ceph')) return;
    await using subject = await faultyStore(server);
    const { store, bucket, proxy } = subject;
    const conflict = { kind: 'refuse', status: 409, code: 'ConditionalRequestConflict' } as const;
    const key = randomBlobKey();
    proxy.fault = once(({ operation }) => operation === 'PutObject', conflict);
    await store.put(key, lentChunks(SHORT));
    await assertHolds(subject, key, SHORT);
    proxy.fault = ({ operation }) => (operation === 'PutObject' ? conflict : undefined);
    await rejection(store.put(randomBlobKey(), lentChunks(SHORT)), 'unavailable');
    proxy.fault = once(({ operation }) => operation === 'CompleteMultipartUpload', conflict);
    await rejection(store.put(randomBlobKey(), lentChunks(LONG, MEBIBYTE)), 'interrupted');
    assert.equal(proxy.count('CompleteMultipartUpload'), 1);
    assert.deepEqual(await bucket.keys(), [key]);
  });

  test('sends a part again that did not arrive as it was sent, with the same bytes', async (t) => {
    if (leftOut(t, server, 'Ceph')) return;
    await using subject = await faultyStore(server);
    const { store, proxy } = subject;
    proxy.fault = (_, index) => (index === 2 ? { kind: 'refuse', status: 400, code: 'BadDigest' } : undefined);
    const key = randomBlobKey();
    await store.put(key, lentChunks(LONG, MEBIBYTE));
    await assertHolds(subject, key, LONG);
    assert.equal(proxy.count('UploadPart'), 3);
    const digests = proxy.requests
      .filter(({ operation }) => operation === 'UploadPart')
      .map(({ headers }) => headers['x-amz-checksum-crc32']);
    assert.equal(new Set(digests).size, 2);
  });

  test('leaves no upload of which it does not know when its name was lost on the way', async (t) => {
    if (leftOut(t, server, 'Ceph')) return;
    await using subject = await faultyStore(server);
    const { store, bucket, proxy } = subject;
    proxy.fault = once(({ operation }) => operation === 'CreateMultipartUpload', { kind: 'lose-answer' });
    const key = randomBlobKey();
    await store.put(key, lentChunks(LONG, MEBIBYTE));
    assert.deepEqual(await bucket.keys(), [key]);
  });

  test('stops the other parts and its source when one fails, and ends the upload', async (t) => {
    if (leftOut(t, server, 'Ceph')) return;
    await using subject = await faultyStore(server);
    const { store, bucket, proxy } = subject;
    proxy.fault = ({ path }) =>
      path.includes('partNumber=1') ? { kind: 'refuse', status: 403, code: 'AccessDenied' } : undefined;
    // It waits for more, and would for ever.
    const source = new PausedSource(LONG);
    await rejection(store.put(randomBlobKey(), source), 'access-denied');
    assert.ok(source.givenUp);
    assert.deepEqual(await bucket.keys(), []);
  });

  test('is cancelled while it waits to try again', async (t) => {
    if (leftOut(t, server, 'Ceph')) return;
    await using subject = await proxiedStore(server, { client: { maxAttempts: 100 } });
    const { store, proxy } = subject;
    proxy.fault = () => ({ kind: 'refuse', status: 500, code: 'InternalError' });
    for (const call of [
      (signal: AbortSignal) => store.put(randomBlobKey(), lentChunks(SHORT), { signal }),
      (signal: AbortSignal) => store.put(randomBlobKey(), lentChunks(LONG, MEBIBYTE), { signal }),
      (signal: AbortSignal) => store.get(randomBlobKey(), { signal }),
      (signal: AbortSignal) => store.remove(randomBlobKey(), { signal }),
    ]) {
      const controller = new AbortController();
      const before = proxy.requests.length;
      const calling = call(controller.signal);
      while (proxy.requests.length < before + 3) await new Promise((resolve) => setTimeout(resolve, 5));
      controller.abort();
      await rejection(calling, 'cancelled');
    }
  });

  test('names the account when the bucket may be of another, and the permission that a reader may lack', async (t) => {
    if (leftOut(t, server, 'Ceph')) return;
    await using subject = await faultyStore(server);
    const { proxy } = subject;
    const store = subject.open({ owner: '123456789012' });
    proxy.fault = () => ({ kind: 'refuse', status: 403, code: 'AccessDenied' });
    const reading = await rejection(store.get(randomBlobKey()), 'access-denied');
    assert.match(reading.message, /s3:ListBucket/);
    const writing = await rejection(store.put(randomBlobKey(), lentChunks(SHORT)), 'access-denied');
    assert.match(writing.message, /123456789012/);
    assert.doesNotMatch(writing.message, /s3:ListBucket/);
  });

  test('says that another Region has the bucket, and that the store is full', async (t) => {
    if (leftOut(t, server, 'Ceph')) return;
    await using subject = await faultyStore(server);
    const { store, proxy } = subject;
    proxy.fault = () => ({ kind: 'refuse', status: 301, code: 'PermanentRedirect' });
    assert.match((await rejection(store.get(randomBlobKey()), 'bad-configuration')).message, /Region/);
    proxy.fault = () => ({ kind: 'refuse', status: 403, code: 'QuotaExceeded' });
    await rejection(store.put(randomBlobKey(), lentChunks(SHORT)), 'no-space');
  });
});

/** What is not to stall has all the time in the world: the machine may be busy. */
function faultyStore(place: AwsServer, fault?: ProxyFault): Promise<ProxiedStore> {
  return proxiedStore(place, {
    client: { maxAttempts: TRIES, silenceTimeout: fault?.kind === 'stall' ? SILENCE : 60_000 },
  });
}

/** Cases that are silent wait together; others keep the machine busy, and take turns. */
async function forEachCase<Case>(
  fault: ProxyFault,
  cases: Iterable<Case>,
  check: (one: Case) => Promise<void>,
): Promise<void> {
  if (fault.kind === 'stall') await Promise.all([...cases].map(check));
  else for (const one of cases) await check(one);
}

/** The operations of some work, in their order, when nothing fails. */
async function callsOf<Ready>(
  place: AwsServer,
  prepare: (subject: ProxiedStore) => Promise<Ready>,
  work?: (subject: ProxiedStore, ready: Ready) => Promise<unknown>,
): Promise<string[]> {
  await using subject = await faultyStore(place);
  const ready = await prepare(subject);
  const from = work === undefined ? 0 : subject.proxy.requests.length;
  await work?.(subject, ready);
  return subject.proxy.requests.slice(from).map(({ operation }) => operation);
}

/** The key of a blob that is there, and of an upload that nobody will finish. */
async function unfinished({ open, proxy }: ProxiedStore): Promise<string> {
  const store = open({ client: { maxAttempts: TRIES } });
  const key = randomBlobKey();
  await store.put(key, lentChunks(SHORT));
  // It finds the key taken only in the end, and cannot clean up.
  proxy.fault = ({ operation }) =>
    operation === 'AbortMultipartUpload' ? { kind: 'refuse', status: 403, code: 'AccessDenied' } : undefined;
  await rejection(store.put(key, lentChunks(LONG, MEBIBYTE)), 'exists');
  proxy.fault = undefined;
  return key;
}

function once(
  which: (request: ProxiedRequest) => boolean,
  fault: ProxyFault,
): (request: ProxiedRequest) => ProxyFault | undefined {
  let done = false;
  return (request) => {
    if (done || !which(request)) return undefined;
    done = true;
    return fault;
  };
}

async function assertHolds({ store }: ProxiedStore, key: string, bytes: Uint8Array): Promise<void> {
  assert.ok(Buffer.from(await collect(await store.get(key))).equals(bytes), 'a blob is not what was put');
}

async function assertAllOrNothing(subject: ProxiedStore, key: string, bytes: Uint8Array): Promise<void> {
  try {
    await assertHolds(subject, key, bytes);
  } catch (error) {
    assert.ok(isSealroomError(error, 'not-found'), String(error));
  }
}
