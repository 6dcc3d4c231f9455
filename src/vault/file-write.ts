/** Writing a file: segments under a journal entry, and the one write that makes the file exist. */
import { orCancelled } from '../cancellable.ts';
import type { DataKey } from '../data-key.ts';
import { beginMessage } from '../envelope/encrypt.ts';
import { sealFrames } from '../envelope/frames.ts';
import { SealroomError, isSealroomError } from '../errors.ts';
import type { EncryptionContext } from '../message/context.ts';
import type { EncryptedDataKey } from '../message/edk.ts';
import type { CallOptions, WriteOperation } from '../ports.ts';
import { encodeChanges } from './authentic-items.ts';
import type { ItemChange } from './authentic-items.ts';
import type { VaultCore } from './core.ts';
import { duePut } from './due.ts';
import type { Stat } from './files.ts';
import { randomBlobKey } from './identifiers.ts';
import { claimEntry, finishRemoval } from './journal.ts';
import type { LiveEntry, StandingEntry } from './journal.ts';
import type { Metadata } from './metadata.ts';
import { usageChange } from './quota.ts';
import type { UsageChange } from './quota.ts';
import { fullContext, recordItem, statOf } from './record-access.ts';
import type { FilePlace } from './record-access.ts';
import type { Segment } from './records.ts';
import { pageNames, pagePuts } from './segment-pages.ts';
import { NOTHING, removeNamed, standingOf } from './standing.ts';
import { untilOurTurn, writeKnown } from './write.ts';

/** A write of a file's bytes that was begun. */
export interface FileWrite extends FilePlace {
  /** The caller's pairs. */
  readonly context: EncryptionContext;
  readonly dataKey: DataKey;
  readonly edks: readonly EncryptedDataKey[];
  readonly journal: LiveEntry;
  /** Key for the first blob, which the journal names already. */
  readonly firstBlob: string;
}

/**
 * Seals one segment into a blob of its own, under a fresh message id: an attempt that fails is never continued, for a
 * frame sealed twice under one IV gives its key away (F16).
 */
export async function writeSegment(
  core: VaultCore,
  write: FileWrite,
  plaintext: AsyncIterable<Uint8Array>,
  { first, signal }: CallOptions & { readonly first: boolean },
): Promise<Segment> {
  const blob = first ? write.firstBlob : randomBlobKey();
  if (!first) await write.journal.addBlob(blob);
  const { frameLength } = core;
  const context = fullContext(core, write, write.context);
  const { commitment, tag, frameKey } = beginMessage(write.dataKey, { context, edks: write.edks, frameLength });
  using _ = frameKey.key;
  let size = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of plaintext) {
      size += chunk.length;
      yield chunk;
    }
  };
  await core.blobs.put(blob, sealFrames(counted(), frameKey, { signal }), { signal });
  return { messageId: frameKey.messageId, commitment, frameLength, size, blob, tag };
}

/** What giving a write up takes. */
type Abandonable = Pick<FileWrite, 'tenant' | 'file' | 'journal'>;

/** How a write of a file ends. */
export interface FileEnd {
  readonly segments: readonly Segment[];
  readonly metadata: Metadata;
  /** What it adds to what the tenant holds, unless that is counted already. */
  readonly usage?: UsageChange | undefined;
  /** What goes with the record beside that: what became of the entry, at least. */
  readonly ends: (standing: StandingEntry) => Promise<readonly WriteOperation[]>;
  /** Asked before each try for what depends on what others do; a file that is there already ends the write. */
  readonly also?: (() => Promise<readonly ItemChange[] | Stat>) | undefined;
  /** Whether a conflict may be somebody else's change of what the tenant holds, and not the end of this write. */
  readonly mayGoOn?: (() => Promise<boolean>) | undefined;
}

/**
 * Makes the file exist, in one write: its record in, its journal entry out. With it go what the tenant holds, and when
 * the file is to go.
 *
 * @throws SealroomError `interrupted` when a sweep claimed the entry first; `quota`
 */
export async function commitFile(
  core: VaultCore,
  write: FileWrite,
  { segments, metadata, usage, ends, also, mayGoOn = async () => true }: FileEnd,
): Promise<Stat> {
  const { context, edks } = write;
  const pages = pageNames(segments);
  if (pages.length > 0) {
    await write.journal.addPages(pages);
    await writeKnown(core.catalog, await encodeChanges(core, pagePuts(write, pages, segments)));
  }
  const { item, record } = await recordItem(core, write, { context, edks, segments, pages, metadata });
  const standing = await write.journal.settle();
  const operations: WriteOperation[] = [{ type: 'put', item, expect: null }, ...(await ends(standing))];
  return untilOurTurn(async () => {
    const more = (await also?.()) ?? [];
    if ('id' in more) {
      await giveUpWrite(core, write, { lateBlob: false });
      return more;
    }
    const changes = [
      usage && (await usageChange(core, write.tenant, usage)),
      metadata.expires === null ? undefined : duePut(core, write, metadata.expires),
      ...more,
    ].filter((change) => change !== undefined);
    try {
      await writeKnown(core.catalog, [...operations, ...(await encodeChanges(core, changes))]);
    } catch (error) {
      // What others hold, or have stored under the key, has changed: nothing was written, and it is tried again.
      const retry = isSealroomError(error, 'conflict') && changes.length > 0;
      if (retry && (await stands(core, standing)) && (await mayGoOn())) return null;
      if (!(await landedLate(core, write, error))) throw interruptedBy(error);
    }
    return statOf({ ...write, record, metadata, version: item.version });
  });
}

/** True while an entry is as its writer last wrote it: then its commit has not happened, and nobody has claimed it. */
export async function stands(core: VaultCore, { partition, sort, version }: StandingEntry): Promise<boolean> {
  return (await core.catalog.get(partition, sort))?.version === version;
}

export function interruptedBy(error: unknown): unknown {
  if (!isSealroomError(error, 'conflict')) return error;
  return new SealroomError('interrupted', 'a sweep has claimed the journal entry of this upload', { cause: error });
}

/**
 * A commit of unknown outcome may land yet. Claiming the entry decides it: either the commit cannot happen any more,
 * or it has happened.
 */
export async function landedLate(core: VaultCore, write: Abandonable, error: unknown): Promise<boolean> {
  if (!isSealroomError(error, 'unavailable') && !isSealroomError(error, 'conflict')) return false;
  // All blobs are durable by now, so none lands late.
  return (await abandonWrite(core, write, { lateBlob: false }).catch(() => 'unknown')) === 'committed';
}

/** How long a write that failed cleans up, in milliseconds: its caller waits, and a sweep does the rest. */
const CLEANUP_TIME = 5000;

/**
 * Gives up a write that failed. What cannot be cleaned up now stands in the journal, and a sweep does it: the reason of
 * the failure matters more.
 *
 * @param options.lateBlob a blob may appear after it was removed: the entry stays, and a sweep removes it once more
 * @returns `committed` when what had failed has happened after all
 */
export async function giveUpWrite(
  core: VaultCore,
  write: Abandonable,
  { lateBlob }: { readonly lateBlob: boolean },
): Promise<'abandoned' | 'committed' | 'unknown'> {
  const patience = AbortSignal.timeout(CLEANUP_TIME);
  const abandoned = abandonWrite(core, write, { lateBlob, signal: patience });
  // Ports that do not listen to the signal are not waited for either.
  return orCancelled(abandoned, patience).catch(() => 'unknown');
}

/** True when a store that was cut off, or did not answer, may finish its blob yet. */
export function mayLandLate(error: unknown): boolean {
  return isSealroomError(error) && ['unavailable', 'cancelled', 'interrupted'].includes(error.code);
}

/**
 * Claims the entry of a write, and only then removes what it names. Does it once, also when it is asked again.
 *
 * Somebody else may have written the entry first. If that was the commit, its blobs are listed. Otherwise the commit,
 * which expects the entry as this writer last wrote it, can never happen; a sweep may have removed the blobs before the
 * last of them was finished, and nobody but this writer knows that, so it removes them too.
 *
 * @param options.lateBlob a blob may appear after it was removed: the entry stays, and a sweep removes it once more
 */
async function abandonWrite(
  core: VaultCore,
  write: Abandonable,
  options: CallOptions & { readonly lateBlob: boolean },
): Promise<'abandoned' | 'committed'> {
  const { journal } = write;
  journal.outcome ??= await abandonOnce(core, write, options);
  return journal.outcome;
}

async function abandonOnce(
  core: VaultCore,
  write: Abandonable,
  { lateBlob, signal }: CallOptions & { readonly lateBlob: boolean },
): Promise<'abandoned' | 'committed'> {
  const standing = await orCancelled(write.journal.settle(), signal);
  try {
    const claimed = await claimEntry(core, standing, { signal });
    if (lateBlob) await removeNamed(core, claimed.entry, { standing: NOTHING, signal });
    else await finishRemoval(core, claimed, { signal });
  } catch (error) {
    if (!isSealroomError(error, 'conflict')) throw error;
    const listed = await standingOf(core, write, { signal });
    if (standing.entry.blobs.some((blob) => listed.blobs.has(blob))) return 'committed';
    await removeNamed(core, standing.entry, { standing: listed, signal });
  }
  return 'abandoned';
}
