/** How high a row is: all are the same, so that none has to be measured. */
import { useSyncExternalStore } from 'react';

/** Rows of one line, and of two where there is no room for columns. As in `grid-row.css`, in rem. */
const ONE_LINE = 3.25;
const TWO_LINES = 4;

/** In pixels: it follows the size of text that somebody prefers. */
export function useRowHeight(): number {
  const rem = useSyncExternalStore(subscribe, rootFontSize);
  const narrow = useSyncExternalStore(subscribe, isNarrow);
  return Math.round((narrow ? TWO_LINES : ONE_LINE) * rem);
}

const isNarrow = (): boolean => matchMedia('(width < 40rem)').matches;

function rootFontSize(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

function subscribe(listener: () => void): () => void {
  addEventListener('resize', listener);
  return () => removeEventListener('resize', listener);
}
