/**
 * The rows, of which only those in sight are in the document: a grid with one place for the keyboard, which is a row.
 * What each key does is in `grid-keys.ts`.
 */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { FocusEvent, KeyboardEvent, MouseEvent, ReactNode, RefObject } from 'react';
import { defaultRangeExtractor, useWindowVirtualizer } from '@tanstack/react-virtual';
import type { Range } from '@tanstack/react-virtual';
import type { Stat } from '../../../src/vault/files.ts';
import { text } from '../text.ts';
import { GridHead } from './grid-head.tsx';
import { GridRow } from './grid-row.tsx';
import { actionOf } from './grid-keys.ts';
import { filesOf } from './rows.ts';
import type { Row } from './rows.ts';
import { clear, extendTo, moveTo, selectAll, toggle } from './selection.ts';
import type { Selection } from './selection.ts';
import { useRowHeight } from './row-height.ts';
import './file-grid.css';

/** Rows before and after those in sight that are drawn too, so that quick scrolling finds them there. */
const OVERSCAN = 12;
/** More are asked for when so many rows are left. */
const AHEAD = 60;
/** What stays above the rows, in pixels, when they are scrolled to. */
const HEAD_HEIGHT = 48;

export interface FileGridProps {
  readonly rows: readonly Row[];
  /** Whether these are all rows. */
  readonly complete: boolean;
  readonly selection: Selection;
  readonly onSelection: (selection: Selection) => void;
  readonly onOpen: (id: string) => void;
  /** Not given to whoever may not delete. */
  readonly onDelete: ((files: readonly Stat[]) => void) | undefined;
  readonly onNearEnd: () => void;
  /** Set by whoever takes the focus away from what has it: the current row has it then. */
  readonly wantsFocusRef: RefObject<boolean>;
}

export function FileGrid(props: FileGridProps): ReactNode {
  const { rows, complete, selection, onSelection, onOpen, onDelete, onNearEnd, wantsFocusRef } = props;
  const body = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight();
  const selectable = useMemo(() => rows.flatMap(({ kind, id }) => (kind === 'file' ? [id] : [])), [rows]);
  const found = rows.findIndex(({ id }) => id === selection.current);
  const current = Math.max(found, 0);

  // oxlint-disable-next-line react/incompatible-library -- it would be, for a compiler that is not used here
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    scrollMargin: useTop(body),
    scrollPaddingStart: HEAD_HEIGHT,
    scrollPaddingEnd: rowHeight,
    getItemKey: (index) => rows[index]?.id ?? index,
    // The row with the focus stays, however far it is scrolled away: the focus would be lost with it.
    rangeExtractor: (range) => withIndex(range, current),
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);

  const items = virtualizer.getVirtualItems();
  const last = virtualizer.range?.endIndex ?? 0;
  useEffect(() => {
    if (!complete && last >= rows.length - AHEAD) onNearEnd();
  }, [complete, last, rows, onNearEnd]);

  useLayoutEffect(() => {
    if (!wantsFocusRef.current) return;
    const row = body.current?.querySelector<HTMLElement>('[tabindex="0"]');
    if (!row) return;
    wantsFocusRef.current = false;
    row.focus({ preventScroll: true });
  });

  const goTo = (index: number, extend: boolean): void => {
    const row = rows[index];
    if (row === undefined) return;
    wantsFocusRef.current = true;
    onSelection(extend && row.kind === 'file' ? extendTo(selection, row.id, selectable) : moveTo(selection, row.id));
    // With what is above the list.
    if (index === 0) scrollTo(0, 0);
    else virtualizer.scrollToIndex(index);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const action = actionOf(event, { current, last: rows.length - 1, page: pageLength(rowHeight) });
    const row = rows[current];
    if (action === undefined || row === undefined || !(event.target instanceof Element)) return;
    // The head has no keys; a link or a box within a row does by itself what this would.
    if (!body.current?.contains(event.target) || (action.ofRow && !event.target.matches('[role=row]'))) return;
    event.preventDefault();
    switch (action.kind) {
      case 'go':
        return goTo(action.index, action.extend);
      case 'toggle':
        return row.kind === 'file' ? onSelection(toggle(selection, row.id)) : undefined;
      case 'open':
        return row.kind === 'file' ? onOpen(row.id) : undefined;
      case 'select-all':
        return onSelection(selectAll(selection, selectable));
      case 'clear':
        return onSelection(clear(selection));
      case 'delete': {
        const ids = selection.selected.size > 0 ? selection.selected : new Set([row.id]);
        return onDelete?.(filesOf(rows, ids));
      }
    }
  };

  const onFocus = (event: FocusEvent<HTMLElement>): void => {
    const id = event.target.closest<HTMLElement>('[data-id]')?.dataset['id'];
    if (id !== undefined && id !== selection.current) onSelection(moveTo(selection, id));
  };

  const onClick = (event: MouseEvent<HTMLElement>): void => {
    if (!(event.target instanceof Element)) return;
    const id = event.target.closest<HTMLElement>('[data-id]')?.dataset['id'];
    const row = rows.find((each) => each.id === id);
    if (row?.kind !== 'file') return;
    if (event.shiftKey) onSelection(extendTo(selection, row.id, selectable));
    else if (event.ctrlKey || event.metaKey || event.target.closest('.grid-row-select')) {
      onSelection(toggle(selection, row.id));
    } else if (!event.target.closest('a')) onOpen(row.id);
  };

  return (
    <div
      role="grid"
      aria-label={text.files.list}
      aria-describedby="files-keys"
      aria-multiselectable
      tabIndex={-1}
      aria-rowcount={complete ? rows.length + 1 : -1}
      className="file-grid"
      onKeyDown={onKeyDown}
      onFocus={onFocus}
      onClick={onClick}
    >
      <p id="files-keys" hidden>
        {onDelete === undefined ? text.files.keysToRead : text.files.keys}
      </p>
      <GridHead
        selected={selection.selected.size}
        selectable={selectable.length}
        onSelectAll={(all) => onSelection(all ? selectAll(selection, selectable) : clear(selection))}
      />
      <div ref={body} role="rowgroup" className="file-grid-body" style={{ height: virtualizer.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          return (
            <GridRow
              key={key}
              row={row}
              index={index}
              top={start - virtualizer.options.scrollMargin}
              height={rowHeight}
              selected={selection.selected.has(row.id)}
              tabbable={index === current}
            />
          );
        })}
      </div>
    </div>
  );
}

function withIndex(range: Range, index: number): number[] {
  const indexes = defaultRangeExtractor(range);
  if (index >= range.count || indexes.includes(index)) return indexes;
  return [...indexes, index].sort((a, b) => a - b);
}

function pageLength(rowHeight: number): number {
  return Math.max(Math.floor((innerHeight - HEAD_HEIGHT) / rowHeight) - 1, 1);
}

/** How far from the top of the document an element begins. */
function useTop(element: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useEffect(() => {
    // What is above may become higher, or lower, with anything that is drawn.
    const observer = new ResizeObserver(() => {
      if (element.current) setTop(Math.round(element.current.getBoundingClientRect().top + scrollY));
    });
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [element]);
  return top;
}
