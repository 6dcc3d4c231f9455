/** A blob store in a bucket of its own, asked through a proxy that can break each call. */
import { openS3Blobs } from '../../../src/blobs/s3.ts';
import type { S3BlobsOptions } from '../../../src/blobs/s3.ts';
import type { BlobStore } from '../../../src/ports.ts';
import { FaultyProxy } from './faulty-proxy.ts';
import { newBucket } from './s3-bucket.ts';
import type { TestBucket } from './s3-bucket.ts';
import type { AwsServer } from './servers.ts';

/** Least that is allowed, so that few bytes make several parts. */
export const PART_SIZE: number = 7 * 1024 * 1024;

export interface ProxiedStore extends AsyncDisposable {
  readonly store: BlobStore & Disposable;
  /** Asked past the proxy. */
  readonly bucket: TestBucket;
  readonly proxy: FaultyProxy;
  /** What the store said that its server lacks. */
  readonly notices: readonly string[];
  /** Another store over the same bucket. */
  readonly open: (options?: Partial<S3BlobsOptions>) => BlobStore & Disposable;
}

/** Three tries of each call, unless told otherwise. */
export async function proxiedStore(server: AwsServer, options: Partial<S3BlobsOptions> = {}): Promise<ProxiedStore> {
  const scope = new AsyncDisposableStack();
  const bucket = scope.use(await newBucket(server));
  const proxy = scope.use(await FaultyProxy.start(server.endpoint));
  const notices: string[] = [];
  const open = (more: Partial<S3BlobsOptions> = {}): BlobStore & Disposable => {
    const client = { ...server, endpoint: proxy.endpoint, maxAttempts: 3, ...options.client, ...more.client };
    return scope.use(
      openS3Blobs({
        bucket: bucket.bucket,
        pathStyle: true,
        partSize: PART_SIZE,
        onNotice: (text) => notices.push(text),
        ...options,
        ...more,
        client,
      }),
    );
  };
  return { store: open(), bucket, proxy, notices, open, [Symbol.asyncDispose]: () => scope.disposeAsync() };
}

/** Waits until no request is under way: a connection that was cut is seen a moment later by its other end. */
export async function quiet(proxy: FaultyProxy): Promise<number> {
  const deadline = performance.now() + 2000;
  while (proxy.underWay > 0 && performance.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
  return proxy.underWay;
}
