/**
 * The one table of errors. Library, command line and `docs/errors.md` all read it; nothing else in Sealroom decides an
 * exit code, an HTTP status or whether to try again.
 */

/** What a code means to each door. */
export interface ErrorRow {
  /** Exit code of the command line (0 done, 130 interrupted). */
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 130;
  /** Status of an answer over HTTP that reports it. */
  readonly status: number;
  /** True when the same call may succeed later with nothing changed by the caller. */
  readonly retryable: boolean;
  /** One sentence for people. */
  readonly meaning: string;
}

const row = (exit: ErrorRow['exit'], status: number, meaning: string, retryable = false): ErrorRow => ({
  exit,
  status,
  retryable,
  meaning,
});

/** Every way a call can fail. */
export type ErrorCode =
  | 'unexpected'
  | 'usage'
  | 'limit'
  | 'bad-configuration'
  | 'bad-key'
  | 'no-vault'
  | 'wrong-vault'
  | 'unsupported-version'
  | 'not-found'
  | 'no-tenant'
  | 'range-not-satisfiable'
  | 'wrong-key'
  | 'wrong-context'
  | 'damaged'
  | 'truncated'
  | 'trailing-bytes'
  | 'not-a-message'
  | 'unsupported-message'
  | 'uncommitted'
  | 'signed'
  | 'too-many-keys'
  | 'cannot-open'
  | 'exists'
  | 'conflict'
  | 'precondition-failed'
  | 'read-only'
  | 'retained'
  | 'quota'
  | 'key-reused'
  | 'digest-mismatch'
  | 'unauthenticated'
  | 'permission'
  | 'access-denied'
  | 'key-disabled'
  | 'key-pending-deletion'
  | 'key-not-found'
  | 'method-not-allowed'
  | 'unsupported-media-type'
  | 'interrupted'
  | 'in-progress'
  | 'too-many-requests'
  | 'timed-out'
  | 'no-space'
  | 'unavailable'
  | 'cancelled';

export const errorTable: Readonly<Record<ErrorCode, ErrorRow>> = {
  unexpected: row(1, 500, 'A fault of Sealroom, or of the machine, that has no code of its own.'),
  usage: row(2, 400, 'The call itself is wrong: an option, an argument or a name that cannot be used.'),
  limit: row(2, 413, 'A name, tag, context or other value is larger than a vault keeps.'),
  'bad-configuration': row(2, 500, 'The configuration cannot be used: the message names the key and the reason.'),
  'bad-key': row(2, 500, 'A key file or key specification cannot be used.'),
  'no-vault': row(2, 500, 'There is no vault here.'),
  'wrong-vault': row(2, 500, 'The catalog belongs to another vault than the configuration names.'),
  'unsupported-version': row(2, 500, 'The vault or its configuration was written by a newer Sealroom.'),
  'not-found': row(3, 404, 'There is no such file.'),
  'no-tenant': row(3, 404, 'There is no such tenant.'),
  'range-not-satisfiable': row(3, 416, 'The range begins past the end of the file.'),
  'wrong-key': row(4, 422, 'None of the keys given opens it.'),
  'wrong-context': row(4, 422, 'The encryption context is not the one it was sealed with.'),
  damaged: row(4, 422, 'It was changed after it was sealed: a check failed.'),
  truncated: row(4, 422, 'It ends before its last frame is complete.'),
  'trailing-bytes': row(4, 422, 'Bytes follow its end.'),
  'not-a-message': row(4, 422, 'It is not an AWS Encryption SDK message.'),
  'unsupported-message': row(4, 422, 'It is a message of a kind that this call cannot read.'),
  uncommitted: row(4, 422, 'Its suite has no key commitment, which is refused unless allowed.'),
  signed: row(4, 422, 'It is signed, and this call does not take signed messages.'),
  'too-many-keys': row(4, 422, 'It carries more encrypted data keys than the limit.'),
  'cannot-open': row(4, 422, 'It does not open: wrong key, wrong context or damage; over HTTP all of them look alike.'),
  exists: row(5, 409, 'It exists already, and nothing is overwritten.'),
  conflict: row(5, 409, 'It was changed by someone else in the meantime.'),
  'precondition-failed': row(5, 412, 'A condition of the request does not hold for what is there now.'),
  retained: row(5, 409, 'It is held or retained, and cannot be removed yet.'),
  'read-only': row(5, 403, 'The vault takes no changes.'),
  quota: row(5, 413, 'The tenant would hold more than its quota allows.'),
  'key-reused': row(5, 422, 'The idempotency key was used for another request.'),
  'digest-mismatch': row(5, 400, 'The bytes that arrived are not those that the digest names.'),
  unauthenticated: row(5, 401, 'A valid token is needed.'),
  permission: row(5, 403, 'The system, or the role of the token, does not allow it.'),
  'access-denied': row(5, 503, 'AWS refuses the call to Sealroom itself: a permission is missing.'),
  'key-disabled': row(5, 503, 'The wrapping key is disabled in its key management service.'),
  'key-pending-deletion': row(5, 503, 'The wrapping key is about to be deleted in its key management service.'),
  'key-not-found': row(5, 503, 'The key management service has no such wrapping key.'),
  'method-not-allowed': row(5, 405, 'There is no such method on this path.'),
  'unsupported-media-type': row(5, 415, 'The body is of a media type that is not taken here.'),
  interrupted: row(6, 503, 'The upload was given up because its journal entry could not be kept alive.', true),
  'in-progress': row(6, 409, 'The same request is being answered already.', true),
  'too-many-requests': row(6, 429, 'Too many requests in a short time.', true),
  'timed-out': row(6, 408, 'The other side was silent for too long.', true),
  'no-space': row(6, 507, 'The store is full.', true),
  unavailable: row(6, 503, 'The store or the key management service did not answer.', true),
  cancelled: row(130, 499, 'The caller cancelled it.'),
};

/** Everything Sealroom throws on purpose. Messages say what happened, to which thing, and what to do next. */
export class SealroomError extends Error {
  readonly code: ErrorCode;

  /** @param options.cause the error underneath, for a log; it must hold no key and no unauthenticated bytes */
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'SealroomError';
    this.code = code;
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable;
  }
}

/** True for an error of Sealroom's, with that code when one is given. */
export function isSealroomError(error: unknown, code?: ErrorCode): error is SealroomError {
  return error instanceof SealroomError && (code === undefined || error.code === code);
}

/** Throws `cancelled` when the caller has given up. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled(signal);
}

/** The error for a call whose signal has fired. */
export function cancelled(signal: AbortSignal): SealroomError {
  return signal.reason instanceof SealroomError
    ? signal.reason
    : new SealroomError('cancelled', 'cancelled before it was done', { cause: signal.reason });
}
