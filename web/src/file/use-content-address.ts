/** An address by which the browser itself reads a file: it sends no token, but a ticket and the cookie that it gives. */
import { useEffect, useState } from 'react';
import { issueTicket } from '../files/tickets.ts';
import { useSession } from '../session/session.ts';
import type { Session } from '../session/session.ts';

interface Found {
  /** Undefined while there is none. */
  readonly address?: string | undefined;
  /** Why there is none. */
  readonly error?: unknown;
}

export interface ContentAddress extends Found {
  /** Asks for another one: a cookie is good for an hour. */
  readonly renew: () => void;
}

export function useContentAddress(id: string): ContentAddress {
  const session = useSession();
  const [found, setFound] = useState<Found>({});

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const ask = async (): Promise<void> => {
      const answer = await askFor(session, id, { signal });
      if (!signal.aborted) setFound(answer);
    };
    void ask();
    return () => controller.abort();
  }, [session, id]);

  const renew = async (): Promise<void> => setFound(await askFor(session, id));
  return { ...found, renew: () => void renew() };
}

async function askFor(session: Session, id: string, options?: { readonly signal: AbortSignal }): Promise<Found> {
  try {
    return { address: addressOf(id, await issueTicket(session, id, options)) };
  } catch (error) {
    return { error };
  }
}

function addressOf(id: string, ticket: string): string {
  return `/v1/files/${encodeURIComponent(id)}/content?${new URLSearchParams({ ticket }).toString()}`;
}
