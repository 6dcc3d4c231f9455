/** The objects of a blob store as they lie in its bucket. */
import { DeleteObjectCommand, GetObjectCommand, NoSuchKey, PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { objectsIn, uploadsIn } from './s3-bucket.ts';

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
    const objects = await objectsIn(this.#client, this.#bucket, this.#prefix);
    const uploads = await uploadsIn(this.#client, this.#bucket, this.#prefix);
    return [...objects, ...uploads].map(({ Key }) => Key.slice(this.#prefix.length)).sort();
  }

  #object(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }
}
