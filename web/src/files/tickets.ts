/** Tickets: the browser downloads by itself, straight to disk, where it can send no token. */
import { SealroomError } from '../../../src/client/index.ts';
import { failureOf, networkFailure } from '../../../src/client/failures.ts';
import type { Session } from '../session/session.ts';

type Speaker = Pick<Session, 'token' | 'tenant' | 'refused'>;

/** Asks for a ticket for one file. Rejects as the client does. */
export async function issueTicket(
  { token, tenant, refused }: Speaker,
  id: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const response = await fetch(`/v1/files/${encodeURIComponent(id)}/tickets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'sealroom-tenant': tenant },
    signal: signal ?? null,
  }).catch((error: unknown) => {
    throw networkFailure(error, location.origin, signal);
  });
  if (response.status === 401) refused();
  if (!response.ok) throw await failureOf(response, location.origin);
  const { ticket } = (await response.json()) as { readonly ticket?: unknown };
  if (typeof ticket !== 'string') throw new SealroomError('unexpected', 'the service answered without a ticket');
  return ticket;
}

/** Has the browser download a file by a ticket. */
export function downloadBy(ticket: string, id: string): void {
  const link = document.createElement('a');
  link.href = `/v1/files/${encodeURIComponent(id)}/content?${new URLSearchParams({ ticket })}&download`;
  // The name is the one that the service says.
  link.download = '';
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
}
