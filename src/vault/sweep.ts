/** Finishing what the journal names and nobody works on any more (F37). */
import { SealroomError, isSealroomError } from '../errors.ts';
import type { CallOptions, Item } from '../ports.ts';
import { checkWritable, journalPartitions } from './core.ts';
import type { VaultCore } from './core.ts';
import { claimEntry, entryRemoval } from './journal.ts';
import type { StandingEntry } from './journal.ts';
import { sweepDue } from './due.ts';
import { itemsOf } from './items.ts';
import { decodeJournalEntry } from './item-kinds.ts';
import { decodeItem } from './items.ts';
import { removeNamed, standingOf } from './standing.ts';
import { writeKnown } from './write.ts';

export interface SweepReport {
  /** Files that were removed because their time had come. */
  readonly expired: number;
  /** Entries of unfinished puts that were given up: they cannot commit any more. */
  readonly claimed: number;
  /** Entries whose blobs are gone for good, taken out of the journal. */
  readonly finished: number;
  /** Entries that are being worked on, or wait for another grace time. */
  readonly waiting: number;
  /** Items of the journal that do not authenticate, and so do not exist. */
  readonly ignored: number;
  /** Entries that could not be worked on, and why; they are tried again by the next sweep. */
  readonly failed: readonly SealroomError[];
}

/**
 * Claims entries that were not renewed for the grace time, removes their blobs, and after one more grace time removes
 * them once more: a put that did not notice the claim may have finished a blob in between.
 *
 * Two sweeps may run at once. Every removal follows a conditional write that made its entry `removing`, so safety
 * rests on nothing else, clocks included.
 *
 * @param options.grace in milliseconds; the vault's unless given. 0 gives up even uploads that are running.
 */
export async function sweep(
  core: VaultCore,
  options: CallOptions & { readonly grace?: number | undefined } = {},
): Promise<SweepReport> {
  const { grace = core.graceTime, signal } = options;
  checkWritable(core);
  if (!(grace >= 0)) throw new SealroomError('usage', 'a grace time is a number of milliseconds, at least 0');
  const counts = { expired: 0, claimed: 0, finished: 0, waiting: 0, ignored: 0 };
  const failed: SealroomError[] = [];
  const onFailure = (error: unknown): void => {
    if (!(error instanceof SealroomError) || error.code === 'cancelled') throw error;
    failed.push(error);
  };
  // First, so that the blobs of what goes now are in the journal that is swept next.
  await sweepDue(core, { counts, onFailure, signal });
  for (const partition of journalPartitions(core)) {
    for await (const item of itemsOf(core.catalog, partition, { signal })) {
      try {
        const standing = await authentic(core, item);
        if (standing === undefined) counts.ignored++;
        else await sweepEntry(core, standing, { grace, counts, signal });
      } catch (error) {
        // Another sweep, or the put itself, was first with this entry.
        if (isSealroomError(error, 'conflict')) counts.waiting++;
        else onFailure(error);
      }
    }
  }
  return { ...counts, failed };
}

async function authentic(
  core: VaultCore,
  { partition, sort, version, data }: Item,
): Promise<StandingEntry | undefined> {
  using itemKeys = await core.keys.itemKeys();
  const json = decodeItem(data, { vault: core.id, partition, sort }, itemKeys.byVersion);
  return json === undefined ? undefined : { partition, sort, version, entry: decodeJournalEntry(json) };
}

interface SweepState extends CallOptions {
  readonly grace: number;
  readonly counts: { claimed: number; finished: number; waiting: number };
}

async function sweepEntry(core: VaultCore, standing: StandingEntry, state: SweepState): Promise<void> {
  const { grace, counts, signal } = state;
  if (core.now() - standing.entry.renewed < grace) {
    counts.waiting++;
    return;
  }
  if (standing.entry.state === 'writing') {
    const claimed = await claimEntry(core, standing, { signal });
    counts.claimed++;
    await removeLeftovers(core, claimed, { signal });
    await sweepEntry(core, claimed, state);
    return;
  }
  await removeLeftovers(core, standing, { signal });
  await writeKnown(core.catalog, [entryRemoval(standing)], { signal });
  counts.finished++;
}

/**
 * Removes what an entry names and what does not stand. An entry goes in the write that lists its blobs, so the two
 * stand together only when someone brought an old entry back; the file's bytes are then not to be touched.
 */
async function removeLeftovers(core: VaultCore, { entry }: StandingEntry, { signal }: CallOptions): Promise<void> {
  await removeNamed(core, entry, { standing: await standingOf(core, entry, { signal }), signal });
}
