/** What the tab is called. */
import { useEffect } from 'react';
import { text } from '../text.ts';

/** Names the tab after what is shown; nothing while it is not known. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    if (title !== undefined) document.title = text.shell.titleOf(title);
  }, [title]);
}
