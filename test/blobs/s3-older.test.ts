/** Stores of S3's protocol that lack what newer ones have. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { lentChunks, patterned, randomBlobKey } from '../../src/testing/test-bytes.ts';
import type { ProxiedRequest, ProxyFault } from '../support/aws/faulty-proxy.ts';
import { PART_SIZE, proxiedStore } from '../support/aws/s3-store.ts';
import { leftOut, moto } from '../support/aws/servers.ts';

const SHORT = patterned(1000);
const LONG = patterned(PART_SIZE + 1000);

const hasCondition = ({ headers }: ProxiedRequest): boolean => headers['if-none-match'] !== undefined;
const hasChecksum = ({ headers }: ProxiedRequest): boolean =>
  Object.keys(headers).some((name) => name.startsWith('x-amz-checksum-') || name === 'x-amz-sdk-checksum-algorithm');
const NOT_IMPLEMENTED: ProxyFault = { kind: 'refuse', status: 501, code: 'NotImplemented' };

const STORES = [
  { lacks: 'If-None-Match', refuses: hasCondition, answer: NOT_IMPLEMENTED, notices: [/If-None-Match/] },
  {
    lacks: 'If-None-Match, by another name',
    refuses: hasCondition,
    answer: { kind: 'refuse', status: 400, code: 'InvalidArgument' },
    notices: [/If-None-Match/],
  },
  {
    lacks: 'If-None-Match where parts are completed',
    refuses: (request: ProxiedRequest) => hasCondition(request) && request.operation !== 'PutObject',
    answer: NOT_IMPLEMENTED,
    notices: [/If-None-Match/],
  },
  {
    lacks: 'checksums',
    refuses: hasChecksum,
    answer: { kind: 'refuse', status: 400, code: 'InvalidRequest' },
    notices: [/checksums/],
  },
  {
    lacks: 'both',
    refuses: (request: ProxiedRequest) => hasCondition(request) || hasChecksum(request),
    answer: NOT_IMPLEMENTED,
    notices: [/If-None-Match/, /checksums/],
  },
] as const;

describe('S3Blobs on an older store', () => {
  for (const { lacks, refuses, answer, notices } of STORES) {
    for (const [first, then] of [
      [SHORT, LONG],
      [LONG, SHORT],
    ] as const) {
      test(`finds out once that it lacks ${lacks}, by a ${first === SHORT ? 'short' : 'long'} blob`, async (t) => {
        const server = await moto();
        if (leftOut(t, server, 'moto')) return;
        await using subject = await proxiedStore(server);
        const { store, bucket, proxy } = subject;
        const refused: string[] = [];
        proxy.fault = (request) => {
          if (!refuses(request)) return undefined;
          refused.push(request.operation);
          return answer;
        };
        const keys: string[] = [];
        const put = async (bytes: Uint8Array): Promise<void> => {
          const key = randomBlobKey();
          keys.push(key);
          await store.put(key, lentChunks(bytes, 100_000));
          assert.ok(Buffer.from(await collect(await store.get(key))).equals(bytes));
        };
        await put(first);
        await put(then);
        const found = refused.length;
        assert.ok(found > 0 && found <= 6, `${found} calls were refused`);
        assert.equal(subject.notices.length, notices.length, subject.notices.join('; '));
        for (const notice of notices) assert.equal(subject.notices.filter((text) => notice.test(text)).length, 1);
        await put(SHORT);
        await put(LONG);
        assert.equal(refused.length, found, 'it was not remembered');
        for (const bytes of [SHORT, LONG]) await rejection(store.put(keys[0]!, lentChunks(bytes, 100_000)), 'exists');
        for (const key of keys) await store.remove(key);
        assert.deepEqual(await bucket.keys(), []);
      });
    }
  }

  test('takes no notice of a refusal that nothing helps against', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using subject = await proxiedStore(server);
    const { store, proxy } = subject;
    proxy.fault = ({ operation }) => (operation === 'PutObject' ? NOT_IMPLEMENTED : undefined);
    for (let i = 0; i < 2; i++) await rejection(store.put(randomBlobKey(), lentChunks(SHORT)), 'bad-configuration');
    assert.equal(proxy.count('PutObject'), 8, 'with both, without either, without both; twice');
    assert.deepEqual(subject.notices, []);
    proxy.fault = undefined;
    await store.put(randomBlobKey(), lentChunks(SHORT));
    assert.ok(hasCondition(proxy.requests.at(-1)!) && hasChecksum(proxy.requests.at(-1)!));
  });

  test('does not take a fault that passes for a lack', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using subject = await proxiedStore(server);
    const { store, proxy } = subject;
    proxy.fault = (_, index) => (index === 0 ? { kind: 'refuse', status: 503, code: 'SlowDown' } : undefined);
    await store.put(randomBlobKey(), lentChunks(SHORT));
    proxy.fault = () => ({ kind: 'refuse', status: 403, code: 'AccessDenied' });
    await rejection(store.put(randomBlobKey(), lentChunks(SHORT)), 'access-denied');
    assert.deepEqual(subject.notices, []);
  });
});
