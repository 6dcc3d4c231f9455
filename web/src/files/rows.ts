/** Rows of the list: files, and records that do not open. */
import type { Listing, Stat } from '../../../src/vault/files.ts';

export interface FileRow {
  readonly kind: 'file';
  readonly id: string;
  readonly file: Stat;
  /** Why the last thing that was asked of it was not done. */
  readonly problem?: string | undefined;
}

export interface UnreadableRow {
  readonly kind: 'unreadable';
  readonly id: string;
  readonly code: string;
}

export type Row = FileRow | UnreadableRow;

/** The rows of one page, newest first: ids begin with the time they were made at. */
export function rowsOf({ files, unreadable }: Listing): Row[] {
  const rows: Row[] = [
    ...files.map((file): FileRow => ({ kind: 'file', id: file.id, file })),
    ...unreadable.map(({ id, code }): UnreadableRow => ({ kind: 'unreadable', id, code })),
  ];
  return unreadable.length === 0 ? rows : rows.sort((a, b) => (a.id < b.id ? 1 : -1));
}

/** When the file of an id was begun, in milliseconds: of a record that does not open, nothing else tells. */
export function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The files of some rows, in their order. */
export function filesOf(rows: readonly Row[], ids: ReadonlySet<string>): Stat[] {
  if (ids.size === 0) return [];
  return rows.flatMap((row) => (row.kind === 'file' && ids.has(row.id) ? [row.file] : []));
}

export function idsOf(rows: readonly Row[]): string[] {
  return rows.map(({ id }) => id);
}
