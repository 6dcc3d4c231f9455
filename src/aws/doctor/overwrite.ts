/** Whether a bucket keeps an object from being replaced, as a put asks it to. */
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import type { CallOptions } from '../../ports.ts';
import { failureOf } from '../failure.ts';
import { bucketOf, failed } from './object-probe.ts';
import type { ObjectProbe, ProbeFailure } from './object-probe.ts';
import { sending } from '../sending.ts';

/** Statuses by which a store says that the key is taken, and that it does not know the condition. */
const TAKEN = 412;
const NOT_KNOWN = new Set([400, 411, 501]);

/** Puts an object of one byte twice, the second time in vain, and removes it. True when it was not replaced. */
export async function probeOverwrite(
  s3: S3Client,
  probe: ObjectProbe,
  { signal }: CallOptions = {},
): Promise<boolean | ProbeFailure> {
  const thing = `the bucket ${probe.bucket}`;
  const at = { ...bucketOf(probe), Key: probe.key };
  const put = (): Promise<unknown> =>
    s3.send(new PutObjectCommand({ ...at, Body: Uint8Array.of(0), IfNoneMatch: '*' }), sending({ signal }));
  try {
    await put();
  } catch (error) {
    if (NOT_KNOWN.has(failureOf(error).status ?? 0)) return false;
    return failed(error, { action: 's3:PutObject', thing, signal });
  }
  const kept = await put().then(
    () => false,
    (error: unknown) =>
      failureOf(error).status === TAKEN || failed(error, { action: 's3:PutObject', thing, signal: undefined }),
  );
  try {
    // Not cancelled: what was put here goes.
    await s3.send(new DeleteObjectCommand(at));
  } catch (error) {
    return failed(error, { action: 's3:DeleteObject', thing, signal });
  }
  return kept;
}
