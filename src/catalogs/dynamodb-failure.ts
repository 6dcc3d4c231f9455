/** What DynamoDB's refusals mean. */
import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import { awsError, causeOf, failureOf } from '../aws/failure.ts';
import { SealroomError } from '../errors.ts';
import type { WriteOperation } from '../ports.ts';

/** Why a transaction was cancelled: another write of the same item was under way. */
const MET = 'TransactionConflict';
/** The same, when there was too much to do. */
const THROTTLED: ReadonlySet<string> = new Set([
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
]);

/** For so long DynamoDB knows a transaction by its token. */
const TOKEN_MILLISECONDS = 600_000;

export interface FailureContext {
  /** The table, for people. */
  readonly thing: string;
  readonly signal: AbortSignal | undefined;
}

export interface WriteFailureContext extends FailureContext {
  readonly operations: readonly WriteOperation[];
  /** How many milliseconds ago the first try was sent of which nobody heard; undefined when there was none. */
  readonly unheardFor: number | undefined;
}

/** True when nothing was written for no other reason than that another write of the same items was under way. */
export function metAnother(error: unknown): boolean {
  if (error instanceof TransactionConflictException) return true;
  const reasons = reasonsOf(error);
  return reasons.length > 0 && reasons.every((reason) => reason === MET);
}

/** True for a transaction that was cancelled because there was too much to do, and for nothing that would last. */
export function isThrottled(error: unknown): error is Error {
  const reasons = reasonsOf(error);
  return (
    reasons.some((reason) => THROTTLED.has(reason)) &&
    reasons.every((reason) => reason === MET || THROTTLED.has(reason))
  );
}

/** The error for a call that failed. */
export function dynamodbError(error: unknown, { thing, signal }: FailureContext): SealroomError {
  const { name } = failureOf(error);
  const reasons = reasonsOf(error);
  if (signal?.aborted) return awsError(error, { thing, signal });
  if (name === 'ResourceNotFoundException') {
    return new SealroomError(
      'bad-configuration',
      `${thing}: there is none in this account and Region; check its name`,
      {
        cause: causeOf(error),
      },
    );
  }
  if (name === 'ValidationException' || reasons.includes('ValidationError')) {
    return new SealroomError(
      'bad-configuration',
      `${thing}: it has another shape: a catalog needs the partition key p and the sort key s, both strings`,
      { cause: causeOf(error) },
    );
  }
  const passing = name === 'TransactionInProgressException' || name === 'ReplicatedWriteConflictException';
  if (passing || metAnother(error) || isThrottled(error)) {
    return new SealroomError('unavailable', `${thing}: others write the same items at this moment; try again`, {
      cause: causeOf(error),
    });
  }
  return awsError(error, { thing, signal });
}

/** The error for a write that failed; undefined when it turns out that it took effect. */
export function writeError(error: unknown, context: WriteFailureContext): SealroomError | undefined {
  const { thing, unheardFor } = context;
  if (!context.signal?.aborted && conditionFailed(error)) {
    if (unheardFor === undefined) return conflict();
    return afterUnheardTry(error, { ...context, unheardFor });
  }
  const known = dynamodbError(error, context);
  if (unheardFor === undefined || known.code === 'cancelled' || known.code === 'unavailable') return known;
  return new SealroomError('unavailable', `${thing}: nobody can tell whether it was written; look again`, {
    cause: known,
  });
}

/** A condition does not hold any more: maybe because of an earlier try of this very write. */
function afterUnheardTry(
  error: unknown,
  { thing, operations, unheardFor }: WriteFailureContext & { readonly unheardFor: number },
): SealroomError | undefined {
  const [operation] = operations;
  if (error instanceof ConditionalCheckFailedException && operation?.type === 'put') {
    // A version is written once: where ours stands, we wrote it.
    if (error.Item?.['v']?.S === operation.item.version) return undefined;
  }
  // Had the first try made the transaction, DynamoDB would know its token, and say so by success.
  if (error instanceof TransactionCanceledException && unheardFor < TOKEN_MILLISECONDS) return conflict();
  return new SealroomError('unavailable', `${thing}: nobody can tell who of several wrote first; look again`);
}

function conflict(): SealroomError {
  return new SealroomError('conflict', 'an item is not at the version that was expected of it');
}

function conditionFailed(error: unknown): boolean {
  return error instanceof ConditionalCheckFailedException || reasonsOf(error).includes('ConditionalCheckFailed');
}

/** Why a transaction was cancelled, without the operations that had no part in it. */
function reasonsOf(error: unknown): string[] {
  if (!(error instanceof TransactionCanceledException)) return [];
  const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None');
  return codes.filter((code) => code !== 'None');
}
