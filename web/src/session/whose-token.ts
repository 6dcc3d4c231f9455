/** Whose token it is, as the service says. */
import type { Principal } from '../../../src/access/roles.ts';
import { SealroomError } from '../../../src/client/index.ts';
import type { ErrorCode } from '../../../src/client/index.ts';

const byStatus: Readonly<Record<number, ErrorCode>> = { 401: 'unauthenticated', 429: 'too-many-requests' };

/** @throws SealroomError `unauthenticated`, `too-many-requests`, `usage` (what no token looks like), `unavailable` */
export async function whoseToken(token: string, signal: AbortSignal): Promise<Principal> {
  // What is pasted may hold what no header can.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new SealroomError('usage', 'no token has such characters');
  let response: Response;
  try {
    response = await fetch('/v1/session', { headers: { authorization: `Bearer ${token}` }, signal });
  } catch (cause) {
    throw new SealroomError('unavailable', 'the service does not answer', { cause });
  }
  if (response.ok) return (await response.json()) as Principal;
  throw new SealroomError(byStatus[response.status] ?? 'unavailable', `the service answered ${response.status}`);
}
