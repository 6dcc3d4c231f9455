/** What to do about an error, where its message does not say so itself. */
import { SealroomError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

/** An error that knows what to do about it. */
export class HintedError extends SealroomError {
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, hint: string | undefined, options?: { cause?: unknown }) {
    super(code, message, options);
    this.hint = hint;
  }
}

const hints: Partial<Record<ErrorCode, string>> = {
  unexpected: 'NODE_DEBUG=sealroom shows where it came from',
  unauthenticated: 'SEALROOM_TOKEN takes what sealroom token create printed',
  'no-tenant': 'sealroom tenant ls lists the tenants; sealroom tenant create makes one',
  'wrong-vault': 'the catalog and the configuration come from different vaults; --vault names the right one',
  'too-many-keys': '--max-edks takes more of them, if you trust whoever wrote it',
};

/** What to do about an error; undefined when there is nothing to add. */
export function hintFor(error: SealroomError): string | undefined {
  return error instanceof HintedError ? error.hint : hints[error.code];
}
