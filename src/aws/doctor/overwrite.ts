/** Whether a bucket keeps an object from being replaced, as a put asks it to. */
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import type { CallOptions } from '../../ports.ts';
import { awsError, failureOf, isElsewhere } from '../failure.ts';
import { bucketOf, failed } from './object-probe.ts';
import type { ObjectProbe, ProbeFailure } from './object-probe.ts';
import { sendOptions } from '../send-options.ts';

/** Status by which a store says that the key is taken. */
const TAKEN = 412;

/** Puts an object of one byte twice, the second time in vain, and removes it. True when it was not replaced. */
export async function probeOverwrite(
  s3: S3Client,
  probe: ObjectProbe,
  { signal }: CallOptions = {},
): Promise<boolean | ProbeFailure> {
  // Not cancelled: what was put here goes, and so does what nobody knows the arrival of.
  const remove = (): Promise<unknown> => s3.send(new DeleteObjectCommand({ ...bucketOf(probe), Key: probe.key }));
  let kept: boolean | ProbeFailure;
  try {
    kept = await putTwice(s3, probe, { signal });
  } catch (error) {
    await remove().catch(() => undefined);
    throw error;
  }
  try {
    await remove();
  } catch (error) {
    if (typeof kept === 'boolean') return failed(error, { action: 's3:DeleteObject', thing: thingOf(probe), signal });
  }
  return kept;
}

async function putTwice(s3: S3Client, probe: ObjectProbe, { signal }: CallOptions): Promise<boolean | ProbeFailure> {
  const input = { ...bucketOf(probe), Key: probe.key, Body: Uint8Array.of(0), IfNoneMatch: '*' };
  const put = (): Promise<unknown> => s3.send(new PutObjectCommand(input), sendOptions({ signal }));
  const failure = (error: unknown): ProbeFailure =>
    failed(error, { action: 's3:PutObject', thing: thingOf(probe), signal });
  try {
    await put();
  } catch (error) {
    if (isUnknownCondition(error)) return false;
    const { status, attempts } = failureOf(error);
    // The key is fresh: an earlier try took it, of which the answer was lost.
    if (status !== TAKEN || attempts <= 1) return failure(error);
  }
  return put().then(
    () => false,
    (error: unknown) => failureOf(error).status === TAKEN || failure(error),
  );
}

/** True when a store does not know the condition: a 400 has other reasons too, and those have names. */
function isUnknownCondition(error: unknown): boolean {
  const failure = failureOf(error);
  const { status } = failure;
  if (status === 411 || status === 501) return true;
  return status === 400 && !isElsewhere(failure) && awsError(error, { thing: 'the bucket' }).code === 'unexpected';
}

function thingOf({ bucket }: ObjectProbe): string {
  return `the bucket ${bucket}`;
}
