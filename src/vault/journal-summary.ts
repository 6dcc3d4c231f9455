/** What is under way, and what is left over: the journal in numbers, which name nobody and nothing. */
import type { CallOptions } from '../ports.ts';
import { authenticItemsOf } from './authentic-items.ts';
import { journalPartitions } from './core.ts';
import type { VaultCore } from './core.ts';
import { timeOfId } from './identifiers.ts';
import { decodeJournalEntry } from './item-kinds.ts';

/** Entries of one state. */
export interface EntryCounts {
  readonly entries: number;
  /** Those that gave no sign of life for the grace time: the next sweep works on them. */
  readonly due: number;
  /** Milliseconds since the oldest was begun; null where there is none. */
  readonly oldest: number | null;
}

export interface JournalSummary {
  /** Files that are being put, or were when a process died. */
  readonly writing: EntryCounts;
  /** Removals that are under way, or wait to be made sure of. */
  readonly removing: EntryCounts;
  /** Milliseconds without a sign of life after which a sweep works on an entry, unless it is told another time. */
  readonly grace: number;
}

export async function summarizeJournal(core: VaultCore, { signal }: CallOptions = {}): Promise<JournalSummary> {
  const now = core.now();
  const counts = { writing: noEntries(), removing: noEntries() };
  for (const partition of journalPartitions(core)) {
    for await (const { sort, value } of authenticItemsOf(core, partition, { signal })) {
      const { state, renewed } = decodeJournalEntry(value);
      const count = counts[state];
      count.entries++;
      if (now - renewed >= core.graceTime) count.due++;
      // Of a process whose clock is ahead, it may have begun in the future.
      count.oldest = Math.max(count.oldest ?? 0, now - timeOfId(sort));
    }
  }
  return { ...counts, grace: core.graceTime };
}

function noEntries(): { entries: number; due: number; oldest: number | null } {
  return { entries: 0, due: 0, oldest: null };
}
