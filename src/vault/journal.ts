/** The journal: entries for work begun and not finished, so that a crash leaves nothing behind (F37). */
import { SealroomError, isSealroomError } from '../errors.ts';
import type { CallOptions, WriteOperation } from '../ports.ts';
import { journalPartition } from './core.ts';
import type { VaultCore } from './core.ts';
import { randomVersion, timeOrderedId } from './identifiers.ts';
import { encodeJournalEntry } from './item-kinds.ts';
import { encodeItem } from './items.ts';
import type { JournalEntry } from './item-kinds.ts';
import type { FilePlace } from './record-access.ts';
import { NOTHING, removeNamed, standingOf } from './standing.ts';
import type { Standing } from './standing.ts';
import { writeKnown } from './write.ts';

/** An entry as it stands in the catalog. */
export interface StandingEntry {
  readonly partition: string;
  readonly sort: string;
  readonly version: string;
  readonly entry: JournalEntry;
}

/** The operation that writes an entry: a new one, or over one that stands. */
export async function entryPut(
  core: VaultCore,
  entry: JournalEntry,
  { over, ...options }: CallOptions & { readonly over?: StandingEntry } = {},
): Promise<{ operation: WriteOperation; standing: StandingEntry }> {
  const sort = over?.sort ?? timeOrderedId(core.now());
  const partition = over?.partition ?? journalPartition(core, sort);
  using itemKeys = await core.keys.itemKeys(options);
  const data = encodeItem(encodeJournalEntry(entry), { vault: core.id, partition, sort }, itemKeys.current);
  const version = randomVersion();
  return {
    operation: { type: 'put', item: { partition, sort, version, data }, expect: over?.version ?? null },
    standing: { partition, sort, version, entry },
  };
}

/** The operation that takes an entry out. */
export function entryRemoval({ partition, sort, version }: StandingEntry): WriteOperation {
  return { type: 'remove', partition, sort, expect: version };
}

/**
 * Makes an entry `removing`: the one thing that allows its blobs to be removed, because a put whose entry was claimed
 * cannot commit any more.
 *
 * @throws SealroomError `conflict` when someone else wrote it first
 */
export async function claimEntry(
  core: VaultCore,
  over: StandingEntry,
  options: CallOptions = {},
): Promise<StandingEntry> {
  const entry: JournalEntry = { ...over.entry, state: 'removing', renewed: core.now() };
  const { operation, standing } = await entryPut(core, entry, { over, ...options });
  await writeKnown(core.catalog, [operation], options);
  return standing;
}

/** Removes what a claimed entry names, then the entry. What fails here is left for the sweeper. */
export async function finishRemoval(
  core: VaultCore,
  claimed: StandingEntry,
  { standing = NOTHING, signal }: CallOptions & { readonly standing?: Standing } = {},
): Promise<void> {
  await removeNamed(core, claimed.entry, { standing, signal });
  await writeKnown(core.catalog, [entryRemoval(claimed)], { signal });
}

/**
 * As `finishRemoval`, for what others may list, though they should not: whoever can write the catalog can bring an
 * upload back beside the file that it has become.
 */
export async function finishWithin(
  core: VaultCore,
  place: FilePlace,
  { claimed, signal }: CallOptions & { readonly claimed: StandingEntry },
): Promise<void> {
  await finishRemoval(core, claimed, { standing: await standingOf(core, place, { signal }), signal });
}

/**
 * The journal entry of a put while it runs. Renews itself every quarter of the grace time; when it cannot, `signal`
 * fires with `interrupted` and the put stops. Its writes go one after the other, each expecting the last one's version.
 */
export class LiveEntry implements Disposable {
  /** What became of the put once it was given up; undefined as long as nobody knows. */
  outcome: 'abandoned' | 'committed' | undefined;
  readonly #core: VaultCore;
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #standing: StandingEntry;
  #queue: Promise<unknown> = Promise.resolve();
  /** Writes that were asked for and are not done. */
  #pending = 0;

  private constructor(core: VaultCore, standing: StandingEntry) {
    this.#core = core;
    this.#standing = standing;
    const renew = (): void => {
      // One that waits for a slow catalog renews as well as two.
      if (this.#pending === 0) this.#write({}).catch((error: unknown) => this.#interrupt(error));
    };
    this.#timer = setInterval(renew, core.graceTime / 4).unref();
  }

  static async begin(
    core: VaultCore,
    work: { readonly tenant: string; readonly file: string; readonly blobs: readonly string[] },
    options: CallOptions,
  ): Promise<LiveEntry> {
    const entry: JournalEntry = { ...work, pages: [], parts: false, state: 'writing', renewed: core.now() };
    const { operation, standing } = await entryPut(core, entry, options);
    await writeKnown(core.catalog, [operation], options);
    return new LiveEntry(core, standing);
  }

  /** Fires when the entry could not be kept alive. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Fires then, or when the caller's does. */
  signalWith(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.signal : AbortSignal.any([this.signal, signal]);
  }

  /** Names a blob in the entry, durably, before a byte of it is written. */
  async addBlob(blob: string): Promise<void> {
    await this.#write({ blobs: [...this.#standing.entry.blobs, blob] });
  }

  /** Names the pages of a list of segments, durably, before one of them is written. */
  async addPages(pages: readonly string[]): Promise<void> {
    await this.#write({ pages });
  }

  /** Stops renewing, and gives the entry as it was last written. Nothing writes it afterwards. */
  async settle(): Promise<StandingEntry> {
    clearInterval(this.#timer);
    await this.#queue.catch(() => {});
    return this.#standing;
  }

  /** Stops renewing. A write that is under way is not waited for: a catalog that is silent would hold up the put. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #interrupt(cause: unknown): void {
    const reason = new SealroomError(
      'interrupted',
      'the upload was given up: its journal entry could not be renewed, so a sweep might take its blobs',
      { cause },
    );
    this.#abort.abort(reason);
  }

  #write(change: Partial<Pick<JournalEntry, 'blobs' | 'pages'>>): Promise<void> {
    this.#pending++;
    const written = this.#queue.then(() => this.#writeNow(change)).finally(() => this.#pending--);
    this.#queue = written.catch(() => {});
    return written;
  }

  async #writeNow(change: Partial<Pick<JournalEntry, 'blobs' | 'pages'>>): Promise<void> {
    const entry = { ...this.#standing.entry, ...change, renewed: this.#core.now() };
    const { operation, standing } = await entryPut(this.#core, entry, { over: this.#standing });
    try {
      await writeKnown(this.#core.catalog, [operation]);
    } catch (error) {
      if (!isSealroomError(error, 'conflict')) throw error;
      throw new SealroomError('interrupted', 'a sweep has claimed the journal entry of this upload', { cause: error });
    }
    this.#standing = standing;
  }
}
