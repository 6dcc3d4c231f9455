/** Whether a large upload can be begun, and given up, as a put does. */
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
} from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { SealroomError } from '../../errors.ts';
import type { CallOptions } from '../../ports.ts';
import { bucketOf, failed } from './object-probe.ts';
import type { ObjectProbe, ProbeFailure } from './object-probe.ts';
import { sendOptions } from '../send-options.ts';

/** Begins an upload, looks for it and gives it up. Resolves undefined when all of it worked. */
export async function probeMultipart(
  s3: S3Client,
  probe: ObjectProbe,
  { signal }: CallOptions = {},
): Promise<ProbeFailure | undefined> {
  const at = bucketOf(probe);
  const { bucket, key } = probe;
  let action = 's3:PutObject';
  try {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...at, Key: key }), sendOptions({ signal }));
    try {
      action = 's3:ListBucketMultipartUploads';
      const list = new ListMultipartUploadsCommand({ ...at, Prefix: key });
      const { Uploads = [] } = await s3.send(list, sendOptions({ signal }));
      if (!Uploads.some((upload) => upload.UploadId === UploadId)) throw unlisted(bucket);
    } finally {
      // Not cancelled: what was begun is given up.
      const abort = s3.send(new AbortMultipartUploadCommand({ ...at, Key: key, UploadId }));
      await abort.catch((error: unknown) => {
        action = 's3:AbortMultipartUpload';
        throw error;
      });
    }
    return undefined;
  } catch (error) {
    return failed(error, { action, thing: `an upload in parts to the bucket ${bucket}`, signal });
  }
}

function unlisted(bucket: string): SealroomError {
  return new SealroomError(
    'bad-configuration',
    `the bucket ${bucket} does not list an upload in parts that was begun: what an unfinished one left is never found`,
  );
}
