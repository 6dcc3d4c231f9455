/** The objects of a blob store as they lie in its bucket. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';

export interface RawBucketOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** Without a slash at its end. */
  readonly prefix: string;
}

/** Keys are those of blobs: without the prefix. */
export class RawBucket {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor({ client, bucket, prefix }: RawBucketOptions) {
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = `${prefix}/`;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#client.send(new PutObjectCommand({ ...this.#object(key), Body: bytes }));
  }

  async remove(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand(this.#object(key)));
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      const { Body } = await this.#client.send(new GetObjectCommand(this.#object(key)));
      return await Body!.transformToByteArray();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  /** Of all that takes up room: objects, and uploads that nobody finished. */
  async keys(): Promise<string[]> {
    const keys = [...(await this.#objects()), ...(await this.#uploads())];
    return keys.map((key) => key.slice(this.#prefix.length)).sort();
  }

  async #objects(): Promise<string[]> {
    const found: string[] = [];
    let token: string | undefined;
    do {
      const input = { Bucket: this.#bucket, Prefix: this.#prefix, ContinuationToken: token };
      const page = await this.#client.send(new ListObjectsV2Command(input));
      found.push(...(page.Contents ?? []).map(({ Key }) => Key!));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return found;
  }

  async #uploads(): Promise<string[]> {
    const input = { Bucket: this.#bucket, Prefix: this.#prefix };
    const { Uploads = [], IsTruncated } = await this.#client.send(new ListMultipartUploadsCommand(input));
    if (IsTruncated) throw new Error('more unfinished uploads than a test leaves behind');
    return Uploads.map(({ Key }) => Key!);
  }

  #object(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }
}
