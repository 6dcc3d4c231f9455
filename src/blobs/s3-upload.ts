import type { CompletedPart } from '@aws-sdk/client-s3';
import { failureOf } from '../aws/failure.ts';
import { SealroomError, throwIfCancelled } from '../errors.ts';
import type { S3Bucket, S3Upload } from './s3-bucket.ts';
import type { Part, PartSource } from './s3-part-source.ts';
import { settlePut } from './s3-settle.ts';

/** S3's own limit. */
const MOST_PARTS = 10_000;
/** How long a failed put may take to clean up; what it leaves then, `remove` and the bucket's lifecycle take away. */
const CLEANING_MILLISECONDS = 10_000;

export interface PartsOptions {
  readonly key: string;
  readonly source: PartSource;
  readonly first: Part;
  readonly partSize: number;
  /** Most parts in memory, and so on their way. */
  readonly parts: number;
  /** Fires when a part failed, with the error for it. */
  readonly stop: AbortController;
  /** Fires with `stop`, and when the caller cancels. */
  readonly signal: AbortSignal;
}

/** Puts a blob that is longer than a part. */
export async function putInParts(bucket: S3Bucket, options: PartsOptions): Promise<void> {
  const { key, stop, signal } = options;
  const upload = await bucket.createUpload(key, { signal }).catch((error: unknown) => {
    throw bucket.error(error, { signal });
  });
  const sending = new Sending(bucket, upload, options);
  try {
    await sending.all();
    await bucket
      .completeUpload(upload, sending.completed, { signal })
      .catch((error: unknown) => settlePut(bucket, error, { key, size: options.source.length, signal }));
  } catch (error) {
    stop.abort(error);
    // A part that arrives after the upload was ended could stay.
    await sending.settled();
    await bucket.abortUpload(upload, { signal: AbortSignal.timeout(CLEANING_MILLISECONDS) }).catch(() => undefined);
    throw error;
  }
}

/** The parts of one upload: filled one after the other, sent several at once, from memory that is used again. */
class Sending {
  readonly completed: CompletedPart[] = [];
  readonly #bucket: S3Bucket;
  readonly #upload: S3Upload;
  readonly #options: PartsOptions;
  readonly #underWay = new Set<Promise<void>>();
  readonly #idle: Buffer[] = [];
  /** The first part came with its own. */
  #buffers = 1;

  constructor(bucket: S3Bucket, upload: S3Upload, options: PartsOptions) {
    this.#bucket = bucket;
    this.#upload = upload;
    this.#options = options;
  }

  async all(): Promise<void> {
    const { first, source, signal } = this.#options;
    let part = first;
    for (let number = 1; ; number++) {
      if (number > MOST_PARTS) throw this.#tooMany();
      this.#send(number, part);
      if (part.last) break;
      part = await source.next(await this.#buffer());
    }
    await this.settled();
    throwIfCancelled(signal);
  }

  /** Resolves when no part is on its way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #buffer(): Promise<Buffer> {
    const { parts, partSize, signal } = this.#options;
    if (this.#idle.length === 0 && this.#buffers >= parts) await Promise.race(this.#underWay);
    throwIfCancelled(signal);
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    this.#buffers++;
    return Buffer.allocUnsafeSlow(partSize);
  }

  #send(number: number, { bytes }: Part): void {
    const sent = this.#sendPart(number, bytes).finally(() => this.#underWay.delete(sent));
    this.#underWay.add(sent);
  }

  /** Never rejects: the first failure stops all. */
  async #sendPart(number: number, bytes: Buffer): Promise<void> {
    const { stop, signal } = this.#options;
    try {
      this.completed[number - 1] = await this.#bucket.uploadPart(this.#upload, { number, bytes }, { signal });
      this.#idle.push(bytes);
    } catch (error) {
      const gone = failureOf(error).name === 'NoSuchUpload' && !signal.aborted;
      stop.abort(gone ? this.#removed() : this.#bucket.error(error, { signal }));
    }
  }

  #removed(): SealroomError {
    return new SealroomError('interrupted', `${this.#bucket.thing}: a blob was removed while it was written`);
  }

  #tooMany(): SealroomError {
    const { partSize } = this.#options;
    const most = MOST_PARTS * partSize;
    return new SealroomError(
      'limit',
      `${this.#bucket.thing}: a blob of parts of ${partSize} has at most ${most} bytes`,
    );
  }
}
