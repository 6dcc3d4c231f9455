/** Whether a file that somebody chose is the one that an upload was begun with. */
import type { ProblemCode } from './problems.ts';

export interface BegunWith {
  /** With the folders that it was in. */
  readonly name: string;
  readonly size: number | null;
  /** Bytes that have arrived. */
  readonly sent: number;
  /** Undefined where that is not known. */
  readonly lastModified: number | undefined;
}

/** What is wrong with a file; undefined where it is the same, as far as anyone can tell. */
export function differenceOf(file: File, begun: BegunWith): ProblemCode | undefined {
  // Chosen by itself, a file does not say which folders it is in.
  if (file.name !== begun.name.slice(begun.name.lastIndexOf('/') + 1)) return 'other-file';
  const changed = begun.lastModified !== undefined && file.lastModified !== begun.lastModified;
  if (begun.size === null ? file.size < begun.sent : file.size !== begun.size) {
    return changed ? 'changed-file' : 'other-file';
  }
  return changed ? 'changed-file' : undefined;
}
