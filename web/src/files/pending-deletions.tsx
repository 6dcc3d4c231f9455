/** Sees to it that what was deleted is, whichever way somebody leaves. Drawn for as long as a session lasts. */
import { useEffect } from 'react';
import { useSession } from '../session/session.ts';
import { filesWorkOf } from './files-work.ts';

/** More requests than this, browsers may not send when the page is already gone. */
const SENT_BY_A_PAGE_THAT_GOES = 100;

export function PendingDeletions(): null {
  const session = useSession();
  useEffect(() => {
    const { deletions } = filesWorkOf(session);
    const flush = (): void => deletions.flush();
    const warn = (event: BeforeUnloadEvent): void => {
      if (deletions.unfinished > SENT_BY_A_PAGE_THAT_GOES) event.preventDefault();
    };
    addEventListener('pagehide', flush);
    addEventListener('beforeunload', warn);
    return () => {
      removeEventListener('pagehide', flush);
      removeEventListener('beforeunload', warn);
      // Signed out, or in another tenant from now on.
      flush();
    };
  }, [session]);
  return null;
}
