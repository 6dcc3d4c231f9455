import { randomBytes } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { AwsClientOptions } from '../../../src/aws/client-options.ts';
import type { AwsServer } from './servers.ts';

/** A bucket of its own for one test; it goes with all that is in it. */
export interface TestBucket extends AsyncDisposable {
  readonly bucket: string;
  /** To be given to whatever asks it; `{ ...client, endpoint }` goes through a proxy. */
  readonly client: AwsClientOptions;
  readonly pathStyle: true;
  /** Keys of all that takes up room: objects, and multipart uploads that nobody finished; each once for each. */
  keys(): Promise<string[]>;
}

/** Makes a bucket under a fresh name. */
export async function newBucket(server: AwsServer): Promise<TestBucket> {
  const bucket = `sealroom-test-${randomBytes(8).toString('hex')}`;
  const client = { ...server };
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  return {
    bucket,
    client,
    pathStyle: true,
    keys: async () => {
      const [objects, uploads] = await Promise.all([objectsIn(s3, bucket), uploadsIn(s3, bucket)]);
      return [...objects, ...uploads].map(({ Key }) => Key).sort();
    },
    [Symbol.asyncDispose]: async () => {
      for (const upload of await uploadsIn(s3, bucket)) {
        await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, ...upload }));
      }
      for (const object of await objectsIn(s3, bucket)) {
        await s3.send(new DeleteObjectCommand({ Bucket: bucket, ...object }));
      }
      await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
      s3.destroy();
    },
  };
}

/** Every version of every object, and every mark of a deletion. */
export async function objectsIn(
  s3: S3Client,
  bucket: string,
  prefix = '',
): Promise<{ Key: string; VersionId: string | undefined }[]> {
  const found: { Key: string; VersionId: string | undefined }[] = [];
  let marker: { KeyMarker: string | undefined; VersionIdMarker: string | undefined } | undefined;
  do {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, ...marker }));
    for (const { Key, VersionId } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) {
      found.push({ Key: Key!, VersionId });
    }
    marker = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
      : undefined;
  } while (marker !== undefined);
  return found;
}

/** Multipart uploads that nobody finished. */
export async function uploadsIn(
  s3: S3Client,
  bucket: string,
  prefix = '',
): Promise<{ Key: string; UploadId: string }[]> {
  const found: { Key: string; UploadId: string }[] = [];
  let marker: { KeyMarker: string | undefined; UploadIdMarker: string | undefined } | undefined;
  do {
    const page = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...marker }));
    for (const { Key, UploadId } of page.Uploads ?? []) found.push({ Key: Key!, UploadId: UploadId! });
    marker = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined;
  } while (marker !== undefined);
  return found;
}
