/** Why somebody is not signed in, in words. */
import { isSealroomError } from '../../../src/client/index.ts';
import { text } from '../text.ts';
import { SignInError } from './code-flow.ts';
import type { TokenSource } from './session-gate.tsx';

export function problemText(error: unknown, source: TokenSource): string {
  const { session } = text;
  if (error instanceof SignInError) return session.provider[error.reason];
  if (isSealroomError(error, 'too-many-requests')) return session.tooManyAttempts;
  if (isSealroomError(error, 'unauthenticated') || isSealroomError(error, 'usage')) {
    return { typed: session.refused, kept: session.ended, provider: session.provider.noAccount }[source];
  }
  return session.unavailable;
}
