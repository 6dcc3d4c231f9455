/** One row of the list. */
import { memo } from 'react';
import type { ReactNode } from 'react';
import type { Stat } from '../../../src/vault/files.ts';
import { formatBytes, formatShortTime, formatTime } from '../format.ts';
import { text } from '../text.ts';
import { Icon } from '../ui/icon.tsx';
import { Link } from '../ui/link.tsx';
import { iconOf } from './kind-icon.ts';
import { kindOf } from './kind.ts';
import { timeOf } from './rows.ts';
import type { FileRow, Row, UnreadableRow } from './rows.ts';
import './grid-row.css';

export interface GridRowProps {
  readonly row: Row;
  /** Counted from 0, without the head. */
  readonly index: number;
  /** In pixels, from the top of the first row. */
  readonly top: number;
  readonly height: number;
  readonly selected: boolean;
  /** Whether it is the one that the keyboard comes to. */
  readonly tabbable: boolean;
}

/** Drawn again only when something of it has changed: many are, whenever somebody scrolls. */
export const GridRow = memo(function GridRow({ row, index, top, height, selected, tabbable }: GridRowProps): ReactNode {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={row.kind === 'file' ? selected : undefined}
      tabIndex={tabbable ? 0 : -1}
      data-id={row.id}
      className="grid-row grid-row-cells"
      style={{ height, transform: `translateY(${top}px)` }}
    >
      {row.kind === 'file' ? <FileCells row={row} selected={selected} /> : <UnreadableCells row={row} />}
    </div>
  );
});

function FileCells({ row, selected }: { readonly row: FileRow; readonly selected: boolean }): ReactNode {
  const { id, name, size, createdAt, type }: Stat = row.file;
  const kind = kindOf(type);
  return (
    <>
      <div role="gridcell" className="grid-row-select">
        {/* The row itself says whether it is selected; this is for pointers, and clicks on it come to the grid. */}
        <input type="checkbox" tabIndex={-1} aria-label={text.files.select(name)} checked={selected} readOnly />
      </div>
      <div role="gridcell" className="grid-row-name">
        <Icon name={iconOf(kind)} />
        <span className="grid-row-text">
          <Link to={{ view: 'file', id }} tabIndex={-1} title={name} className="grid-row-link">
            <bdi>{name}</bdi>
          </Link>
          {row.problem === undefined ? null : <span className="grid-row-problem">{row.problem}</span>}
        </span>
      </div>
      <div role="gridcell" className="grid-row-size">
        {formatBytes(size)}
      </div>
      <div role="gridcell" className="grid-row-time">
        <time dateTime={createdAt} title={formatTime(createdAt)}>
          {formatShortTime(createdAt)}
        </time>
      </div>
      <div role="gridcell" className="grid-row-type" title={type}>
        {text.files.kinds[kind]}
      </div>
    </>
  );
}

function UnreadableCells({ row: { id, code } }: { readonly row: UnreadableRow }): ReactNode {
  const { damaged, damagedWhy, newer, newerWhy, notSelectable, unknown, id: named } = text.files.unreadable;
  const isNewer = code === 'unsupported-version';
  const time = timeOf(id);
  return (
    <>
      <div role="gridcell" className="grid-row-select">
        <span className="visually-hidden">{notSelectable}</span>
      </div>
      <div role="gridcell" className="grid-row-name grid-row-unreadable" title={named(id)}>
        <Icon name="warning" />
        <span className="grid-row-text">
          <span className="grid-row-link">{isNewer ? newer : damaged}</span>
          <span className="grid-row-problem">{isNewer ? newerWhy : damagedWhy}</span>
        </span>
      </div>
      <div role="gridcell" className="grid-row-size">
        {unknown}
      </div>
      <div role="gridcell" className="grid-row-time">
        <time dateTime={new Date(time).toISOString()} title={formatTime(time)}>
          {formatShortTime(time)}
        </time>
      </div>
      <div role="gridcell" className="grid-row-type">
        {unknown}
      </div>
    </>
  );
}
