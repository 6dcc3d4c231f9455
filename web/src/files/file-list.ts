/** The files of a tenant as they are shown: page after page, newest first, all of them or those a search finds. */
import { isSealroomError } from '../../../src/client/index.ts';
import type { Files, Listing, Stat } from '../../../src/vault/files.ts';
import { matches } from './search.ts';
import { rowsOf } from './rows.ts';
import type { Row } from './rows.ts';

export const PAGE = 100;

export interface FileListState {
  /** What names are searched for; empty when all files are listed. */
  readonly query: string;
  /** Those that are to be shown, newest first, what was added meanwhile before them. */
  readonly rows: readonly Row[];
  /**
   * - `loading`: a page is on its way
   * - `more`: there are more
   * - `stopped`: there are more, and somebody stopped looking for them
   * - `failed`: there are more, and they could not be had
   * - `complete`: there are no more
   */
  readonly status: 'loading' | 'more' | 'stopped' | 'failed' | 'complete';
  /** Why it failed. */
  readonly error?: unknown;
  /** Pages that were asked for since anything was found. */
  readonly fruitless: number;
  /** Records that a search cannot look into, because they do not open. */
  readonly unsearched: number;
}

const EMPTY: FileListState = { query: '', rows: [], status: 'more', fruitless: 0, unsearched: 0 };

/** Outside of the components, so that it is there when somebody comes back from a file. */
export class FileList {
  readonly #files: Pick<Files, 'list' | 'stat'>;
  readonly #listeners = new Set<() => void>();
  readonly #hidden = new Set<string>();
  #rows: Row[] = [];
  #cursor: string | undefined;
  #loading: AbortController | undefined;
  #state: FileListState = EMPTY;

  constructor(files: Pick<Files, 'list' | 'stat'>) {
    this.#files = files;
  }

  /** For `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** For `useSyncExternalStore`. */
  readonly state = (): FileListState => this.#state;

  /** Asks for the next page; does nothing while one is on its way, and where only `resume` may. */
  async more(): Promise<void> {
    if (this.#state.status === 'more') await this.#load();
  }

  /** Goes on after a failure, or after `stop`. */
  async resume(): Promise<void> {
    if (this.#state.status === 'failed' || this.#state.status === 'stopped') await this.#load();
  }

  /** Stops looking for more. */
  stop(): void {
    if (this.#state.status !== 'loading') return;
    this.#loading?.abort();
    this.#set({ status: 'stopped' });
  }

  /** Begins anew with the files whose name contains a text; with all of them when it is empty. */
  async search(query: string): Promise<void> {
    if (query !== this.#state.query) await this.#restart(query);
  }

  /** Looks for what was added by others, and at a file that may have been changed where it is shown by itself. */
  async refresh(shown?: string): Promise<void> {
    if (shown !== undefined) await this.reread(shown);
    const { query, status } = this.#state;
    if (status === 'loading' || this.#rows.length === 0) return;
    const page = await this.#page({ query, cursor: undefined, signal: undefined }).catch(() => undefined);
    if (page === undefined || query !== this.#state.query) return;
    const newest = this.#wanted(page);
    const known = new Set(this.#rows.map(({ id }) => id));
    const added = newest.filter(({ id }) => !known.has(id));
    // Between this page and what was known, there may be more.
    if (added.length === newest.length && page.cursor !== undefined) await this.#restart(query);
    else if (added.length > 0) this.#setRows([...added, ...this.#rows]);
  }

  /** Takes a file in as it is now; lets it go when it is not there any more. */
  async reread(id: string): Promise<void> {
    try {
      const file = await this.#files.stat(id);
      this.#setRows(this.#rows.map((row) => (row.id === id ? { kind: 'file', id, file } : row)));
    } catch (error) {
      if (isSealroomError(error, 'not-found')) this.forget([id]);
      // Anything else says nothing about the file; it stays as it was.
    }
  }

  /** Puts files that were stored just now before all others, the last one first. */
  add(files: readonly Stat[]): void {
    const added = files.filter(({ name }) => matches(name, this.#state.query)).toReversed();
    if (added.length === 0) return;
    const ids = new Set(added.map(({ id }) => id));
    this.#setRows([
      ...added.map((file) => ({ kind: 'file' as const, id: file.id, file })),
      ...this.#rows.filter(({ id }) => !ids.has(id)),
    ]);
  }

  /** Takes rows out of sight, for as long as it is not decided what becomes of them. */
  hide(ids: readonly string[]): void {
    for (const id of ids) this.#hidden.add(id);
    this.#setRows(this.#rows);
  }

  /** Brings rows back to where they were. */
  unhide(ids: readonly string[]): void {
    for (const id of ids) this.#hidden.delete(id);
    this.#setRows(this.#rows);
  }

  /** Brings rows back, if they were gone, with what went wrong, by their ids. */
  bringBack(problems: ReadonlyMap<string, string>): void {
    for (const id of problems.keys()) this.#hidden.delete(id);
    this.#setRows(
      this.#rows.map((row) =>
        row.kind === 'file' && problems.has(row.id) ? { ...row, problem: problems.get(row.id) } : row,
      ),
    );
  }

  /** Lets files go that are gone. */
  forget(ids: readonly string[]): void {
    const gone = new Set(ids);
    for (const id of ids) this.#hidden.delete(id);
    this.#setRows(this.#rows.filter(({ id }) => !gone.has(id)));
  }

  async #restart(query: string): Promise<void> {
    this.#loading?.abort();
    this.#cursor = undefined;
    this.#rows = [];
    this.#set({ ...EMPTY, query });
    await this.#load();
  }

  async #load(): Promise<void> {
    const loading = new AbortController();
    const { signal } = loading;
    this.#loading = loading;
    this.#set({ status: 'loading', error: undefined, fruitless: 0 });
    try {
      let found = 0;
      do {
        const page = await this.#page({ query: this.#state.query, cursor: this.#cursor, signal });
        // What was asked for is not wanted any more.
        if (signal.aborted) return;
        found += this.#take(page);
        // A search may have to look through many pages before it finds anything.
      } while (found === 0 && this.#cursor !== undefined);
      this.#set({ status: this.#cursor === undefined ? 'complete' : 'more' });
    } catch (error) {
      if (!signal.aborted) this.#set({ status: 'failed', error });
    }
  }

  #page({
    query,
    cursor,
    signal,
  }: {
    readonly query: string;
    readonly cursor: string | undefined;
    readonly signal: AbortSignal | undefined;
  }): Promise<Listing> {
    return this.#files.list({ limit: PAGE, cursor, q: query === '' ? undefined : query, signal });
  }

  /** Adds a page at the end; returns how many of its rows are to be seen. */
  #take(page: Listing): number {
    this.#cursor = page.cursor;
    const known = new Set(this.#rows.map(({ id }) => id));
    // What was added at the top comes once more where it belongs.
    const added = this.#wanted(page).filter(({ id }) => !known.has(id));
    this.#rows = [...this.#rows, ...added];
    this.#set({
      rows: this.#visible(),
      unsearched: this.#state.unsearched + (this.#state.query === '' ? 0 : page.unreadable.length),
      fruitless: added.length === 0 ? this.#state.fruitless + 1 : 0,
    });
    return added.filter(({ id }) => !this.#hidden.has(id)).length;
  }

  /** A search cannot tell whether it finds a record that does not open: such records are counted instead. */
  #wanted(page: Listing): Row[] {
    const rows = rowsOf(page);
    return this.#state.query === '' ? rows : rows.filter(({ kind }) => kind === 'file');
  }

  #visible(): readonly Row[] {
    return this.#hidden.size === 0 ? this.#rows : this.#rows.filter(({ id }) => !this.#hidden.has(id));
  }

  #setRows(rows: Row[]): void {
    this.#rows = rows;
    this.#set({ rows: this.#visible() });
  }

  #set(changes: Partial<FileListState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }
}
