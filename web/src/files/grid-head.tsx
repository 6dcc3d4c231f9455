/** What the columns are called, and the box that selects everything. */
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import { text } from '../text.ts';

export interface GridHeadProps {
  readonly selected: number;
  readonly selectable: number;
  readonly onSelectAll: (all: boolean) => void;
}

export function GridHead({ selected, selectable, onSelectAll }: GridHeadProps): ReactNode {
  const box = useRef<HTMLInputElement>(null);
  const all = selected > 0 && selected === selectable;
  useEffect(() => {
    if (box.current) box.current.indeterminate = selected > 0 && !all;
  }, [selected, all]);
  const { columns } = text.files;
  return (
    <div role="rowgroup" className="grid-head">
      <div role="row" aria-rowindex={1} className="grid-row-cells">
        <div role="columnheader" className="grid-row-select">
          <input
            ref={box}
            type="checkbox"
            aria-label={text.files.selectAll}
            checked={all}
            onChange={() => onSelectAll(!all)}
          />
        </div>
        <div role="columnheader" className="grid-row-name">
          {columns.name}
        </div>
        <div role="columnheader" className="grid-row-size">
          {columns.size}
        </div>
        <div role="columnheader" aria-sort="descending" className="grid-row-time">
          {columns.time}
        </div>
        <div role="columnheader" className="grid-row-type">
          {columns.type}
        </div>
      </div>
    </div>
  );
}
