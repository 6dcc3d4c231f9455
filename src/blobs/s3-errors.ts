import { awsError, causeOf, failureOf, isElsewhere } from '../aws/failure.ts';
import { SealroomError } from '../errors.ts';

export interface S3ErrorOptions {
  /** What to call the bucket. */
  readonly thing: string;
  readonly bucket: string;
  /** Account that it must belong to. */
  readonly owner: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** True for a call that reads a blob. */
  readonly reading?: boolean;
}

/** The body did not arrive as it was sent, or another call for the key was under way. */
const PASSING = new Set(['BadDigest', 'RequestTimeout', 'OperationAborted', 'ConditionalRequestConflict']);
const FULL = new Set(['QuotaExceeded', 'InsufficientStorage']);

/** The error for a call of S3 that failed. */
export function s3Error(error: unknown, options: S3ErrorOptions): SealroomError {
  const { thing, bucket, owner, signal, reading = false } = options;
  if (error instanceof SealroomError || signal?.aborted) return awsError(error, { thing, signal });
  const failure = failureOf(error);
  const { name, status } = failure;
  const as = (code: 'bad-configuration' | 'no-space' | 'unavailable', message: string): SealroomError =>
    new SealroomError(code, `${thing}: ${message}`, { cause: causeOf(error) });
  if (name === 'NoSuchBucket') return as('bad-configuration', `there is no bucket ${bucket}`);
  if (isElsewhere(failure)) return as('bad-configuration', 'another Region has it: name that one');
  if (FULL.has(name) || status === 507) return as('no-space', 'the store is full');
  if (status === 501) return as('bad-configuration', `the store cannot do what a blob store needs (${name})`);
  if (PASSING.has(name)) return as('unavailable', `the store did not take it (${name}); try again`);
  const general = awsError(error, { thing, signal });
  if (general.code !== 'access-denied') return general;
  const hints = [
    ...(reading ? ['for a blob that is absent AWS says the same to whoever lacks s3:ListBucket'] : []),
    ...(owner === undefined ? [] : [`and to all when the bucket is not of account ${owner}`]),
  ];
  return new SealroomError(general.code, [general.message, ...hints].join('; '), { cause: general.cause });
}
