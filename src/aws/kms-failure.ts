/** What AWS KMS says when a call fails, in Sealroom's words. */
import { SealroomError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { awsError, failureOf, isRegionMissing } from './failure.ts';

export interface KmsFailureContext {
  /** What the call was about, such as `the key ARN`: it begins the message. */
  readonly thing: string;
  /** True for a call that opens what was wrapped before: a value that KMS does not take is then a wrong one. */
  readonly opens: boolean;
  readonly signal?: AbortSignal | undefined;
}

type Meaning = readonly [code: ErrorCode, message: string];

const DOES_NOT_OPEN: Meaning = [
  'wrong-key',
  'AWS KMS does not open the data key with it: it was wrapped under another key, or the encryption context differs, or the bytes were changed',
];

const MEANINGS: Readonly<Record<string, Meaning>> = {
  DisabledException: ['key-disabled', 'it is disabled in AWS KMS: enable it there'],
  NotFoundException: ['key-not-found', 'there is no such key in AWS KMS'],
  InvalidCiphertextException: DOES_NOT_OPEN,
  IncorrectKeyException: DOES_NOT_OPEN,
  InvalidKeyUsageException: ['bad-key', 'it is no symmetric key for encryption, which is what wraps data keys'],
  InvalidGrantTokenException: ['access-denied', 'AWS KMS does not take a grant token that was given with it'],
};

/** Refused for its value alone: no other call of ours has one that KMS could mind. */
const NOT_TAKEN: Meaning = [
  'usage',
  'AWS KMS does not take the call: the encryption context may be too long, for it takes about 8 KB of it',
];

export function kmsError(error: unknown, { thing, opens, signal }: KmsFailureContext): SealroomError {
  if (isRegionMissing(error)) {
    return new SealroomError(
      'bad-configuration',
      `${thing}: in which Region it is, is not known: name it by its ARN, or set the Region`,
    );
  }
  const otherwise = awsError(error, { thing, signal });
  if (otherwise.code !== 'unexpected' || error instanceof SealroomError) return otherwise;
  const { name } = failureOf(error);
  const meaning = meaningOf(name, { opens, state: error instanceof Error ? error.message : '' });
  if (meaning === undefined) return otherwise;
  const [code, message] = meaning;
  return new SealroomError(code, `${thing}: ${message}`, { cause: otherwise.cause });
}

function meaningOf(name: string, { opens, state }: { opens: boolean; state: string }): Meaning | undefined {
  if (name === 'KMSInvalidStateException') return stateMeaning(state);
  if (name === 'ValidationException') return opens ? DOES_NOT_OPEN : NOT_TAKEN;
  return Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : undefined;
}

/** KMS has one name for every state in which a key cannot be used, and says in words which it is. */
function stateMeaning(message: string): Meaning {
  if (/pending (?:\w+ )?deletion/i.test(message)) {
    return ['key-pending-deletion', 'it is about to be deleted from AWS KMS: cancel its deletion, then enable it'];
  }
  if (/pending import/i.test(message)) {
    return ['key-disabled', 'its key material is not in AWS KMS: import it again'];
  }
  return ['unavailable', 'AWS KMS cannot use it at this time: it is being made or updated, or its store is away'];
}
