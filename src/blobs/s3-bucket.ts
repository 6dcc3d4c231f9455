import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { CompletedPart } from '@aws-sdk/client-s3';
import { clientConfig } from '../aws/client-options.ts';
import type { AwsClientOptions } from '../aws/client-options.ts';
import { failureOf } from '../aws/failure.ts';
import type { S3Body } from '../aws/s3-body.ts';
import { sendOptions } from '../aws/send-options.ts';
import { SealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import { s3Error } from './s3-errors.ts';
import { S3Features } from './s3-features.ts';
import { answersRange } from './s3-range.ts';
import { S3Tries } from './s3-retries.ts';

export interface S3BucketOptions {
  readonly bucket: string;
  readonly prefix?: string | undefined;
  readonly owner?: string | undefined;
  readonly pathStyle?: boolean | undefined;
  readonly client: AwsClientOptions;
  readonly onNotice?: ((text: string) => void) | undefined;
}

/** A multipart upload. */
export interface S3Upload {
  readonly key: string;
  readonly id: string;
}

/** Every call that is made of a bucket, each with what all of them carry. Errors are the SDK's own. */
export class S3Bucket implements Disposable {
  /** What to call it in an error. */
  readonly thing: string;
  readonly #bucket: { readonly Bucket: string; readonly ExpectedBucketOwner?: string };
  readonly #prefix: string;
  readonly #features: S3Features;
  readonly #client: S3Client;
  /** For bodies that somebody reads: one who reads slowly makes a connection silent, and that is no fault. */
  readonly #reader: S3Client;
  readonly #silence: number;
  readonly #tries: S3Tries;

  constructor({ bucket, prefix = '', owner, pathStyle = false, client, onNotice }: S3BucketOptions) {
    this.thing = `the bucket ${bucket}`;
    this.#bucket = { Bucket: bucket, ...(owner !== undefined && { ExpectedBucketOwner: owner }) };
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
    this.#features = new S3Features((text) => onNotice?.(`${this.thing}: ${text}`));
    const config = clientConfig(client);
    const { requestHandler } = config;
    this.#silence = requestHandler.socketTimeout;
    const shared = {
      ...config,
      forcePathStyle: pathStyle,
      // With it the SDK opens a connection for each large part; a store that refuses a part is too rare to pay for it.
      expectContinueHeader: false,
      requestChecksumCalculation: async () => (this.#features.has('checksums') ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED'),
      // Each frame of a blob is authenticated by whoever opens it.
      responseChecksumValidation: 'WHEN_REQUIRED',
    } as const;
    this.#client = new S3Client(shared);
    this.#reader = new S3Client({
      ...shared,
      credentials: this.#client.config.credentials,
      requestHandler: {
        ...requestHandler,
        socketTimeout: 0,
        requestTimeout: this.#silence,
        throwOnRequestTimeout: true,
      },
    });
    this.#tries = new S3Tries(this.#client);
  }

  /** How the body of an answer is to be read. */
  get reading(): { readonly thing: string; readonly silence: number } {
    return { thing: this.thing, silence: this.#silence };
  }

  /** The length of an object; undefined when it is absent. */
  async sizeOf(key: string, { signal }: CallOptions): Promise<number | undefined> {
    try {
      const { ContentLength } = await this.#client.send(new HeadObjectCommand(this.#at(key)), sendOptions({ signal }));
      // Without one it would be taken for absent, and be overwritten.
      if (ContentLength === undefined) throw this.#meaningless('HeadObject');
      return ContentLength;
    } catch (error) {
      if (failureOf(error).status === 404) return undefined;
      throw error;
    }
  }

  async putObject(key: string, bytes: Buffer, { signal }: CallOptions): Promise<void> {
    await this.#features.attempt(['conditions', 'checksums'], async () => {
      const condition = await this.#condition(key, { signal });
      const input = { ...this.#at(key), ...CONTENT, ...condition, Body: bytes };
      await this.#client.send(new PutObjectCommand(input), sendOptions({ signal }));
    });
  }

  async createUpload(key: string, { signal }: CallOptions): Promise<S3Upload> {
    const { UploadId, $metadata } = await this.#features.attempt(['checksums'], () => {
      const input = { ...this.#at(key), ...CONTENT };
      // The SDK adds checksums to parts and not their name here, without which S3 expects none.
      const named = this.#features.has('checksums') ? { ...input, ChecksumAlgorithm: 'CRC32' as const } : input;
      return this.#client.send(new CreateMultipartUploadCommand(named), sendOptions({ signal }));
    });
    if (UploadId === undefined) throw this.#meaningless('CreateMultipartUpload');
    const upload = { key, id: UploadId };
    // The answer to an earlier try may have been lost, and with it the name of an upload that nobody would end.
    if (($metadata.attempts ?? 1) > 1) await this.#abortOthers(upload, { signal }).catch(() => undefined);
    return upload;
  }

  async uploadPart(
    { key, id }: S3Upload,
    { number, bytes }: { readonly number: number; readonly bytes: Buffer },
    { signal }: CallOptions,
  ): Promise<CompletedPart> {
    const { ETag, ChecksumCRC32 } = await this.#features.attempt(['checksums'], () => {
      // A new one for each try: the SDK writes into it.
      const input = { ...this.#at(key), UploadId: id, PartNumber: number, Body: bytes };
      return this.#client.send(new UploadPartCommand(input), sendOptions({ signal }));
    });
    return { PartNumber: number, ETag, ...(this.#features.has('checksums') && { ChecksumCRC32 }) };
  }

  async completeUpload({ key, id }: S3Upload, parts: readonly CompletedPart[], { signal }: CallOptions): Promise<void> {
    const input = { ...this.#at(key), UploadId: id, MultipartUpload: { Parts: [...parts] } };
    await this.#features.attempt(['conditions'], async () => {
      // There are stores that take the condition for PutObject and ignore it here.
      const condition = await this.#condition(key, { signal, alsoLook: this.#isElsewhere });
      await this.#client.send(new CompleteMultipartUploadCommand({ ...input, ...condition }), sendOptions({ signal }));
    });
  }

  /** One that is not there any more is no error. */
  async abortUpload({ key, id }: S3Upload, { signal }: CallOptions): Promise<void> {
    await unlessAbsent(
      this.#client.send(new AbortMultipartUploadCommand({ ...this.#at(key), UploadId: id }), sendOptions({ signal })),
    );
  }

  /** The unfinished uploads of exactly this key. */
  async *uploadsOf(key: string, { signal }: CallOptions): AsyncGenerator<string, void, undefined> {
    const { Key } = this.#at(key);
    let marker: { readonly KeyMarker: string | undefined; readonly UploadIdMarker: string | undefined } | undefined;
    do {
      const input = { ...this.#bucket, Prefix: Key, ...marker };
      const page = await this.#client.send(new ListMultipartUploadsCommand(input), sendOptions({ signal }));
      for (const upload of page.Uploads ?? []) {
        if (upload.Key === Key && upload.UploadId !== undefined) yield upload.UploadId;
      }
      marker = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
        : undefined;
    } while (marker !== undefined);
  }

  async deleteObject(key: string, { signal }: CallOptions): Promise<void> {
    await unlessAbsent(this.#client.send(new DeleteObjectCommand(this.#at(key)), sendOptions({ signal })));
  }

  /** @param options.range may lie past the end in part; past it altogether, the error has status 416 */
  async getObject(
    key: string,
    { range, signal }: CallOptions & { readonly range?: { readonly start: number; readonly end: number } | undefined },
  ): Promise<S3Body> {
    // No range is empty: of one that is, the first byte tells whether the blob is there.
    const Range = range && `bytes=${range.start}-${Math.max(range.start, range.end - 1)}`;
    const output = await this.#reader.send(new GetObjectCommand({ ...this.#at(key), Range }), sendOptions({ signal }));
    const { Body: stream, ContentLength: length } = output;
    if (stream === undefined) throw this.#meaningless('GetObject');
    if (range !== undefined && !answersRange(output, range)) {
      if (stream instanceof Readable) stream.destroy();
      throw new SealroomError('unexpected', `${this.thing}: the store gives another range than it is asked for`);
    }
    return { stream, length };
  }

  /** The error for a call that failed, in Sealroom's words. */
  error(error: unknown, options: CallOptions & { readonly reading?: boolean } = {}): SealroomError {
    const { Bucket: bucket, ExpectedBucketOwner: owner } = this.#bucket;
    return s3Error(error, { thing: this.thing, bucket, owner, ...options });
  }

  /** True for the error of a write that may have taken effect, or may yet. */
  isInDoubt(error: unknown): boolean {
    return this.#tries.isInDoubt(error);
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
    this.#reader.destroy();
  }

  #at(key: string): { readonly Bucket: string; readonly ExpectedBucketOwner?: string; readonly Key: string } {
    return { ...this.#bucket, Key: this.#prefix + key };
  }

  /** True when it is not AWS that is asked. The SDK knows once it has made a call. */
  get #isElsewhere(): boolean {
    return this.#client.config.isCustomEndpoint === true;
  }

  /** That nothing is there yet: as a condition, or, where the store knows none, by looking. */
  async #condition(
    key: string,
    { signal, alsoLook = false }: CallOptions & { readonly alsoLook?: boolean },
  ): Promise<{ readonly IfNoneMatch?: '*' }> {
    const conditions = this.#features.has('conditions');
    if ((alsoLook || !conditions) && (await this.sizeOf(key, { signal })) !== undefined) {
      throw new SealroomError('exists', `${this.thing}: a blob key is taken`);
    }
    return conditions ? { IfNoneMatch: '*' } : {};
  }

  async #abortOthers({ key, id }: S3Upload, { signal }: CallOptions): Promise<void> {
    for await (const other of this.uploadsOf(key, { signal })) {
      if (other !== id) await this.abortUpload({ key, id: other }, { signal });
    }
  }

  #meaningless(operation: string): SealroomError {
    return new SealroomError('unexpected', `${this.thing}: the answer to ${operation} lacks what it must have`);
  }
}

/** Blobs have no type, and no header may invite a browser to guess one. */
const CONTENT = { ContentType: 'application/octet-stream' } as const;

async function unlessAbsent(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    const { name } = failureOf(error);
    if (name !== 'NoSuchUpload' && name !== 'NoSuchKey') throw error;
  }
}
