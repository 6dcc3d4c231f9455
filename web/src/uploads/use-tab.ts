/** What the tab tells while files are uploaded. */
import { useEffect, useRef } from 'react';
import { formatPercent } from '../format.ts';
import { text } from '../text.ts';
import { withPrefix } from './title.ts';

/** Asks whoever leaves the page whether he means it. */
export function useLeaveWarning(warns: boolean): void {
  useEffect(() => {
    if (!warns) return undefined;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [warns]);
}

/** Shows how far uploads are before the name of the tab. */
export function useProgressInTitle(share: number | undefined): void {
  const shown = useRef('');
  const prefix = share === undefined ? '' : text.upload.title(formatPercent(share));
  useEffect(() => {
    document.title = withPrefix(document.title, { before: shown.current, now: prefix });
    shown.current = prefix;
  }, [prefix]);
  useEffect(
    () => () => {
      document.title = withPrefix(document.title, { before: shown.current, now: '' });
      shown.current = '';
    },
    [],
  );
}
