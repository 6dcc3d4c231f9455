/** What probes of a bucket have in common. */
import type { SealroomError } from '../../errors.ts';
import { awsError, isDenied } from '../failure.ts';

export interface ObjectProbe {
  readonly bucket: string;
  /** Account that the bucket must belong to. */
  readonly owner: string | undefined;
  /** A fresh key, with the prefix. */
  readonly key: string;
}

/** A call that failed, and the permission that it takes where that was the reason. */
export interface ProbeFailure {
  readonly error: SealroomError;
  readonly missing: string | undefined;
}

export function bucketOf({ bucket, owner }: ObjectProbe): {
  readonly Bucket: string;
  readonly ExpectedBucketOwner?: string;
} {
  return { Bucket: bucket, ...(owner !== undefined && { ExpectedBucketOwner: owner }) };
}

/** @throws SealroomError when the caller has given up */
export function failed(
  error: unknown,
  {
    action,
    thing,
    signal,
  }: { readonly action: string; readonly thing: string; readonly signal: AbortSignal | undefined },
): ProbeFailure {
  const reason = awsError(error, { thing, signal });
  if (signal?.aborted) throw reason;
  return { error: reason, missing: isDenied(error) ? action : undefined };
}
