/** Files and folders that were dropped or chosen, with the paths that they have within what was. */
import type { Picked } from './upload.ts';

/** The part of a `FileSystemEntry` that is used. */
export interface DroppedEntry {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  /** From the root of what was dropped, with a slash first. */
  readonly fullPath: string;
}

interface FileEntry extends DroppedEntry {
  file(found: (file: File) => void, failed: (error: unknown) => void): void;
}

interface FolderEntry extends DroppedEntry {
  createReader(): {
    readEntries(found: (entries: readonly DroppedEntry[]) => void, failed: (error: unknown) => void): void;
  };
}

/** The part of a `DataTransferItem` that is used. */
export interface DroppedItem {
  readonly kind: string;
  webkitGetAsEntry(): DroppedEntry | null;
  getAsFile(): File | null;
}

/** Files of a drop at a time, and how many entries could not be read. */
export interface DroppedFiles {
  readonly picked: readonly Picked[];
  readonly unreadable: number;
}

/**
 * Has to be called while the drop is told: afterwards the browser has nothing to say of it. Folders are read as the
 * batches are taken, one after the other, so that thousands of files stop nothing.
 */
export function droppedFiles(items: Iterable<DroppedItem>): AsyncGenerator<DroppedFiles, void, undefined> {
  const files: Picked[] = [];
  const entries: DroppedEntry[] = [];
  for (const item of items) {
    if (item.kind !== 'file') continue;
    const entry = item.webkitGetAsEntry();
    const file = entry === null ? item.getAsFile() : null;
    if (entry !== null) entries.push(entry);
    else if (file !== null) files.push({ file, name: file.name });
  }
  return batches(files, entries);
}

async function* batches(
  files: readonly Picked[],
  entries: readonly DroppedEntry[],
): AsyncGenerator<DroppedFiles, void, undefined> {
  if (files.length > 0) yield { picked: files, unreadable: 0 };
  // A stack, so that however deep folders are, they are read in order.
  const rest = entries.toReversed();
  const direct: FileEntry[] = [];
  for (let entry = rest.pop(); entry !== undefined; entry = rest.pop()) {
    if (isFile(entry)) direct.push(entry);
    else if (isFolder(entry)) {
      yield* filesOf(direct.splice(0));
      const { found, unreadable } = await listed(entry);
      if (unreadable > 0) yield { picked: [], unreadable };
      for (const inner of found.toReversed()) rest.push(inner);
    }
    if (direct.length >= AT_ONCE) yield* filesOf(direct.splice(0));
  }
  yield* filesOf(direct);
}

const AT_ONCE = 100;

async function* filesOf(entries: readonly FileEntry[]): AsyncGenerator<DroppedFiles, void, undefined> {
  if (entries.length === 0) return;
  const results = await Promise.allSettled(entries.map(fileOf));
  const picked = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
  yield { picked, unreadable: results.length - picked.length };
}

function fileOf(entry: FileEntry): Promise<Picked> {
  return new Promise((resolve, reject) => {
    entry.file((file) => resolve({ file, name: entry.fullPath.replace(/^\//, '') }), reject);
  });
}

/** What is in a folder; a folder that cannot be read, or not to its end, counts as one that is unreadable. */
async function listed(folder: FolderEntry): Promise<{ readonly found: DroppedEntry[]; readonly unreadable: number }> {
  const reader = folder.createReader();
  const found: DroppedEntry[] = [];
  try {
    for (;;) {
      // Browsers give a hundred at a time, and none when there are no more.
      const some = await new Promise<readonly DroppedEntry[]>((resolve, reject) => {
        reader.readEntries(resolve, reject);
      });
      if (some.length === 0) return { found, unreadable: 0 };
      found.push(...some);
    }
  } catch {
    return { found, unreadable: 1 };
  }
}

function isFile(entry: DroppedEntry): entry is FileEntry {
  return entry.isFile;
}

function isFolder(entry: DroppedEntry): entry is FolderEntry {
  return entry.isDirectory;
}

/** A file of a dialog; of a folder, it says where it is in it. */
export type ChosenFile = File & { readonly webkitRelativePath?: string };

/** What was chosen in a dialog: of a folder, with its paths. */
export function chosenFiles(files: Iterable<ChosenFile>): Picked[] {
  return Array.from(files, (file) => ({ file, name: file.webkitRelativePath || file.name }));
}
