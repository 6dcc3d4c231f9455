/** All uploads, of which only those are drawn that can be seen. */
import { memo, useCallback, useLayoutEffect, useRef } from 'react';
import type { ReactNode, RefObject } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { text } from '../text.ts';
import { UploadRow } from './upload-row.tsx';
import type { Uploads } from './uploads.ts';
import './upload-list.css';

export interface UploadListProps {
  readonly uploads: Uploads;
  readonly keys: readonly number[];
}

/** Rows are measured; this is what one is until then. */
const USUAL_HEIGHT = 60;

/** Drawn when there are other uploads, and not each time that one of them gets on: with thousands, that is dear. */
const UploadList = memo(({ uploads, keys }: UploadListProps): ReactNode => {
  const box = useRef<HTMLDivElement>(null);
  const getItemKey = useCallback((index: number) => keys[index] ?? index, [keys]);
  // oxlint-disable-next-line react/incompatible-library -- it would be, for a compiler that is not used here
  const rows = useVirtualizer({
    count: keys.length,
    getScrollElement: () => box.current,
    estimateSize: () => USUAL_HEIGHT,
    getItemKey,
    overscan: 5,
  });
  useKeptFocus(box);
  return (
    // What scrolls has to be within reach of the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div ref={box} className="upload-list" tabIndex={0} role="group" aria-label={text.upload.list}>
      <ul className="upload-list-rows" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ key, index, start }) => (
          <li
            key={key}
            ref={rows.measureElement}
            data-index={index}
            className="upload-list-row"
            aria-setsize={keys.length}
            aria-posinset={index + 1}
            style={{ transform: `translateY(${start}px)` }}
          >
            <UploadRow uploads={uploads} uploadKey={Number(key)} />
          </li>
        ))}
      </ul>
    </div>
  );
});

export default UploadList;

/** Where the row goes, or the button, that had the focus, the list takes it: whoever goes by keyboard stays here. */
function useKeptFocus(box: RefObject<HTMLDivElement | null>): void {
  const hadFocus = useRef(false);
  useLayoutEffect(() => {
    const list = box.current;
    if (list === null) return undefined;
    const within = (): void => {
      hadFocus.current = true;
    };
    const out = ({ relatedTarget }: FocusEvent): void => {
      if (relatedTarget !== null) hadFocus.current = false;
    };
    const elsewhere = ({ target }: PointerEvent): void => {
      if (!(target instanceof Node && list.contains(target))) hadFocus.current = false;
    };
    const observer = new MutationObserver(() => {
      if (hadFocus.current && document.activeElement === document.body) list.focus({ preventScroll: true });
    });
    observer.observe(list, { childList: true, subtree: true });
    list.addEventListener('focusin', within);
    list.addEventListener('focusout', out);
    addEventListener('pointerdown', elsewhere);
    return () => {
      observer.disconnect();
      list.removeEventListener('focusin', within);
      list.removeEventListener('focusout', out);
      removeEventListener('pointerdown', elsewhere);
    };
  }, [box]);
}
