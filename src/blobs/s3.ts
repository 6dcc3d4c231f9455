/** Blobs as objects of S3, or of a store that speaks its protocol. */
import type { AwsClientOptions } from '../aws/client-options.ts';
import { causeOf, failureOf } from '../aws/failure.ts';
import { cancellableChunks } from '../cancellable.ts';
import { SealroomError, throwIfCancelled } from '../errors.ts';
import { checkBlobKey, checkBlobRange, type BlobStore, type CallOptions } from '../ports.ts';
import { bodyChunks, noChunks } from '../aws/s3-body.ts';
import { S3Bucket } from './s3-bucket.ts';
import { PartSource } from './s3-part-source.ts';
import { settlePut } from './s3-settle.ts';
import { putInParts } from './s3-upload.ts';

export interface S3BlobsOptions {
  readonly bucket: string;
  /** What every key begins with, without a slash at either end; none unless given. */
  readonly prefix?: string | undefined;
  /** Account that the bucket must belong to. */
  readonly owner?: string | undefined;
  /** The bucket in the path and not in the host, as many stores other than AWS want it. */
  readonly pathStyle?: boolean | undefined;
  /** Bytes of a part, from 7 MiB on; 8 MiB unless given. */
  readonly partSize?: number | undefined;
  /** Most parts of a put in memory at once, those on their way included; 4 unless given. */
  readonly parts?: number | undefined;
  /** `maxSockets` is 1,000 unless given: a download that is read slowly holds a connection. */
  readonly client?: AwsClientOptions | undefined;
  /** Told once of each feature that the store lacks. */
  readonly onNotice?: ((text: string) => void) | undefined;
}

const MEBIBYTE = 1024 * 1024;
/** S3 takes 10,000 parts: of this size they hold the 64 GiB after which every writer begins a new blob. */
const LEAST_PART = 7 * MEBIBYTE;
const DEFAULT_PART = 8 * MEBIBYTE;
const DEFAULT_PARTS = 4;
const MOST_CONNECTIONS = 1000;

/**
 * Opens a bucket, which is not looked at before it is used. Disposing closes the connections.
 *
 * A blob that ends within its first part is one PutObject, any other a multipart upload. Each put that is under way takes
 * at most `partSize` times `parts` of memory, 32 MiB unless told otherwise, parts on their way and the one being filled
 * together; of a short one, 64 KiB, then 1 MiB, then a part. A download takes what its connection buffers.
 *
 * What the store needs:
 * - reads that see every write that was answered, as AWS's do;
 * - `If-None-Match: *` on PutObject and CompleteMultipartUpload. A store that refuses it is noticed, and asked for the
 *   key before it is written; one other than AWS is asked before parts are completed, too, because some ignore it there.
 *   Where that is not seen, the later of two puts of one key would win: keys are random, and never put twice;
 * - ListMultipartUploads by prefix, and ranges;
 * - on AWS the permissions `s3:PutObject`, `s3:GetObject`, `s3:DeleteObject`, `s3:AbortMultipartUpload`,
 *   `s3:ListBucketMultipartUploads`, and `s3:ListBucket`: without it AWS does not say that a blob is absent;
 * - a lifecycle rule that aborts multipart uploads, for those of which nobody knows because the answer got lost.
 *
 * @throws SealroomError `usage` on a part size with which a blob of 64 GiB has more than 10,000 parts
 */
export function openS3Blobs(options: S3BlobsOptions): BlobStore & Disposable {
  const { partSize = DEFAULT_PART, parts = DEFAULT_PARTS } = options;
  if (!Number.isSafeInteger(partSize) || partSize < LEAST_PART) {
    throw new SealroomError('usage', `parts have at least ${LEAST_PART} bytes: of smaller ones S3 takes too few`);
  }
  if (!Number.isSafeInteger(parts) || parts < 1) throw new SealroomError('usage', 'at least one part is in memory');
  const client = { ...options.client, maxSockets: options.client?.maxSockets ?? MOST_CONNECTIONS };
  return new S3Blobs(new S3Bucket({ ...options, client }), { partSize, parts });
}

class S3Blobs implements BlobStore, Disposable {
  readonly #bucket: S3Bucket;
  readonly #memory: { readonly partSize: number; readonly parts: number };

  constructor(bucket: S3Bucket, memory: { readonly partSize: number; readonly parts: number }) {
    this.#bucket = bucket;
    this.#memory = memory;
  }

  async put(...[key, chunks, options = {}]: Parameters<BlobStore['put']>): Promise<void> {
    checkBlobKey(key);
    const { signal, size } = options;
    throwIfCancelled(signal);
    // A part that fails stops the others, and the source even while it is silent.
    const stop = new AbortController();
    const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
    const source = new PartSource(cancellableChunks(chunks, either), size);
    try {
      const first = await source.first(this.#memory.partSize);
      if (first.last) await this.#putWhole(key, first.bytes, { signal });
      else await putInParts(this.#bucket, { key, source, first, ...this.#memory, stop, signal: either });
    } finally {
      await source.close();
    }
  }

  async #putWhole(key: string, bytes: Buffer, { signal }: CallOptions): Promise<void> {
    try {
      await this.#bucket.putObject(key, bytes, { signal });
    } catch (error) {
      await settlePut(this.#bucket, error, { key, size: bytes.length, signal });
    }
  }

  async get(...[key, options = {}]: Parameters<BlobStore['get']>): Promise<AsyncIterable<Uint8Array>> {
    checkBlobKey(key);
    const { signal, range } = options;
    checkBlobRange(range);
    throwIfCancelled(signal);
    try {
      const body = await this.#bucket.getObject(key, { range, signal });
      const chunks = bodyChunks(body, { ...this.#bucket.reading, signal });
      if (range === undefined || range.start < range.end) return chunks;
      // It was asked for a byte: read, so that its connection serves again.
      for await (const _ of chunks);
      return noChunks();
    } catch (error) {
      const { name, status } = failureOf(error);
      // It begins past the end, and so the blob is there.
      if (name === 'InvalidRange' || status === 416) return noChunks();
      if (name === 'NoSuchKey') {
        throw new SealroomError('not-found', `${this.#bucket.thing}: a blob is not there`, { cause: causeOf(error) });
      }
      throw this.#bucket.error(error, { signal, reading: true });
    }
  }

  /**
   * Uploads first, the object second. A put that is still sending parts, perhaps in another process, can then no longer
   * complete them; had it done so just before, the object is found here. A put that has not begun yet is left: for it,
   * a sweeper removes a second time.
   */
  async remove(...[key, options = {}]: Parameters<BlobStore['remove']>): Promise<void> {
    checkBlobKey(key);
    const { signal } = options;
    throwIfCancelled(signal);
    try {
      for await (const id of this.#bucket.uploadsOf(key, { signal })) {
        await this.#bucket.abortUpload({ key, id }, { signal });
      }
      await this.#bucket.deleteObject(key, { signal });
    } catch (error) {
      throw this.#bucket.error(error, { signal });
    }
  }

  [Symbol.dispose](): void {
    this.#bucket[Symbol.dispose]();
  }
}
