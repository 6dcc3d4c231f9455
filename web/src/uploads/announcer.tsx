/** Says to screen readers what becomes of uploads. */
import { useEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { announcementOf } from './announcements.ts';
import type { UploadsState } from './uploads.ts';

/** Folders are read in pieces, and files end one after the other: what comes in a moment is said together. */
const GATHERS_FOR = 1500;

export function Announcer({ state }: { readonly state: UploadsState }): ReactNode {
  const [said, setSaid] = useState({ text: '', count: 0 });
  const told = useRef(state);
  const newest = useRef(state);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    newest.current = state;
    if (timer.current !== undefined || announcementOf(told.current, state) === undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      const sentence = announcementOf(told.current, newest.current);
      if (sentence !== undefined) setSaid(({ count }) => ({ text: sentence, count: count + 1 }));
      told.current = newest.current;
    }, GATHERS_FOR);
  }, [state]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return (
    <p role="status" className="visually-hidden">
      {/* Another element each time: the same words, said again, are read again. */}
      <span key={said.count}>{said.text}</span>
    </p>
  );
}
