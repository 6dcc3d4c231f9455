import { causeOf, failureOf } from '../aws/failure.ts';
import { SealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import type { S3Bucket } from './s3-bucket.ts';

/** Answers to a call that makes an object, and what each says about the key. */
const TAKEN = 'PreconditionFailed';
const GONE = 'NoSuchUpload';
/** A removal, or another write of the key, was under way. AWS says to begin again, which a source cannot. */
const CONFLICT = 'ConditionalRequestConflict';

/**
 * What became of a put whose last call failed. Resolves when it took effect after all: an earlier try of the same call
 * may have been applied and its answer lost, and then a later one finds the key taken, or its upload gone.
 *
 * @throws SealroomError what the put is to reject with
 */
export async function settlePut(
  bucket: S3Bucket,
  error: unknown,
  { key, size, signal }: CallOptions & { readonly key: string; readonly size: number },
): Promise<void> {
  const { name, status, attempts } = failureOf(error);
  const failure = bucket.error(error, { signal });
  if (failure.code === 'cancelled') throw failure;
  const answer = status === 412 ? TAKEN : name;
  if (!bucket.isInDoubt(error)) {
    if (answer === TAKEN) throw taken(bucket, error);
    const spent = answer === GONE || (answer === CONFLICT && attempts <= 1);
    throw spent ? removed(bucket, error) : failure;
  }
  const found = await bucket.sizeOf(key, { signal }).catch((cause: unknown) => {
    const blind = bucket.error(cause, { signal });
    throw blind.code === 'cancelled' || blind.code === 'unavailable' ? blind : unknown(bucket, blind);
  });
  if (found === size) return;
  if (found !== undefined) throw taken(bucket, error);
  // A try that was given up may still be applied; where the store saw its end, somebody has removed what it made.
  throw answer === TAKEN || answer === GONE ? removed(bucket, error) : unknown(bucket, failure);
}

function taken({ thing }: S3Bucket, error: unknown): SealroomError {
  return new SealroomError('exists', `${thing}: a blob key is taken`, { cause: causeOf(error) });
}

function removed({ thing }: S3Bucket, error: unknown): SealroomError {
  return new SealroomError('interrupted', `${thing}: a blob was removed while it was written`, {
    cause: causeOf(error),
  });
}

function unknown({ thing }: S3Bucket, cause: SealroomError): SealroomError {
  return new SealroomError('unavailable', `${thing}: whether a blob was written is not known; try again`, { cause });
}
