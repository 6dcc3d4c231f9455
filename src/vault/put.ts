/** Storing a file: begin, write segments, commit. */
import { ByteReader, chunksOf } from '../bytes.ts';
import type { Bytes } from '../bytes.ts';
import { cancellableChunks, orCancelled } from '../cancellable.ts';
import type { DataKey } from '../data-key.ts';
import { beginMessage } from '../envelope/encrypt.ts';
import { sealFrames } from '../envelope/frames.ts';
import { upTo } from '../envelope/stream.ts';
import { SealroomError, isSealroomError } from '../errors.ts';
import type { EncryptionContext } from '../message/context.ts';
import type { EncryptedDataKey } from '../message/edk.ts';
import type { CallOptions, WriteOperation } from '../ports.ts';
import { encodeChanges } from './authentic-items.ts';
import { checkWritable, filePartition } from './core.ts';
import type { VaultCore } from './core.ts';
import { duePut } from './due.ts';
import type { PutOptions, Stat } from './files.ts';
import { keyPlace, keyPut, readKey } from './idempotency.ts';
import type { KeyPlace } from './idempotency.ts';
import { randomBlobKey, timeOrderedId } from './identifiers.ts';
import { LiveEntry, claimEntry, entryRemoval, finishRemoval, removeEntryBlobs } from './journal.ts';
import type { StandingEntry } from './journal.ts';
import { checkMetadata } from './metadata.ts';
import type { Metadata } from './metadata.ts';
import { bytesLeft, checkFits, usageChange, withinQuota } from './quota.ts';
import { fullContext, readRecord, recordItem, statOf } from './record-access.ts';
import type { FilePlace } from './record-access.ts';
import { MAX_SEGMENTS, generateChecked } from './records.ts';
import type { Segment } from './records.ts';
import { checkedTimes } from './times.ts';
import { untilOurTurn, writeKnown } from './write.ts';

/** An upload that was begun. */
export interface Upload extends FilePlace {
  /** The caller's pairs. */
  readonly context: EncryptionContext;
  readonly dataKey: DataKey;
  readonly edks: readonly EncryptedDataKey[];
  readonly journal: LiveEntry;
  /** Key for the first blob, which the journal names already. */
  readonly firstBlob: string;
}

export async function put(core: VaultCore, tenant: string, bytes: Bytes, options: PutOptions): Promise<Stat> {
  if (typeof options?.name !== 'string') throw new SealroomError('usage', 'a file has a name: put(bytes, { name })');
  const { name, type = 'application/octet-stream', createdBy = null } = options;
  // Copies: what was checked here is what is sealed at the end, whatever the caller does with his objects meanwhile.
  const tags = { ...options.tags };
  const metadata = { ...options.metadata };
  const context = { ...options.context };
  checkMetadata({ name, type, tags, metadata, context, createdBy });
  const times = checkedTimes(options, core.now());
  const key = options.idempotency && (await keyPlace(core, tenant, { ...options.idempotency, signal: options.signal }));
  const stored = key && (await readKey(core, key, options)).file;
  if (stored !== undefined) return storedStat(core, { tenant, file: stored }, options);
  const left = await bytesLeft(core, tenant, options);
  checkFits(tenant, options.size ?? 0, left);
  const upload = await beginPut(core, { tenant, context }, options);
  using _ = upload.dataKey;
  using journal = upload.journal;
  const signal = AbortSignal.any([journal.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  try {
    const chunks = cancellableChunks(chunksOf(bytes), signal);
    await using source = new ByteReader(left === Infinity ? chunks : withinQuota(tenant, chunks, left));
    const segments: Segment[] = [];
    do {
      if (segments.length === MAX_SEGMENTS) {
        throw new SealroomError('limit', `a file has at most ${MAX_SEGMENTS} segments of ${core.segmentLength} bytes`);
      }
      segments.push(
        await writeSegment(core, upload, upTo(source, core.segmentLength), { first: segments.length === 0, signal }),
      );
    } while (!(await source.atEnd()));
    const size = segments.reduce((sum, segment) => sum + segment.size, 0);
    if (options.size !== undefined && size !== options.size) {
      throw new SealroomError('usage', `${options.size} bytes were announced, and ${size} came`);
    }
    const createdAt = new Date(core.now()).toISOString();
    const sealed = { name, type, size, tags, metadata, createdAt, createdBy, ...times, hold: null };
    return await commitPut(core, upload, segments, { metadata: sealed, key });
  } catch (error) {
    // What cannot be cleaned up now stands in the journal, and a sweep does it: the reason of the failure matters more.
    const outcome = await giveUp(core, upload, { lateBlob: mayLandLate(error) });
    // The commit that failed has happened after all.
    if (outcome === 'committed') return statOf(await readRecord(core, upload));
    throw error;
  }
}

/** How long a put that failed cleans up, in milliseconds: its caller waits, and a sweep does the rest. */
const CLEANUP_TIME = 5000;

/** True when a store that was cut off, or did not answer, may finish its blob yet. */
function mayLandLate(error: unknown): boolean {
  return isSealroomError(error) && ['unavailable', 'cancelled', 'interrupted'].includes(error.code);
}

/** Writes the journal entry, then makes the data key. The caller disposes the key and ends the entry. */
export async function beginPut(
  core: VaultCore,
  { tenant, context }: { readonly tenant: string; readonly context: EncryptionContext },
  { signal }: CallOptions = {},
): Promise<Upload> {
  checkWritable(core);
  // Fails for a tenant that was never created, before anything is written.
  await core.keys.expectTenant(tenant, { signal });
  const place = { tenant, file: timeOrderedId(core.now()) };
  const firstBlob = randomBlobKey();
  const journal = await LiveEntry.begin(core, { ...place, blobs: [firstBlob] }, { signal });
  try {
    const { dataKey, edks } = await generateChecked(core.keyring, fullContext(core, place, context), { signal });
    return { ...place, context, dataKey, edks, journal, firstBlob };
  } catch (error) {
    await giveUp(core, { ...place, journal }, { lateBlob: false });
    throw error;
  }
}

/**
 * Seals one segment into a blob of its own, under a fresh message id: an attempt that fails is never continued, for a
 * frame sealed twice under one IV gives its key away (F16).
 */
export async function writeSegment(
  core: VaultCore,
  upload: Upload,
  plaintext: AsyncIterable<Uint8Array>,
  { first, signal }: CallOptions & { readonly first: boolean },
): Promise<Segment> {
  const blob = first ? upload.firstBlob : randomBlobKey();
  if (!first) await upload.journal.addBlob(blob);
  const { frameLength } = core;
  const context = fullContext(core, upload, upload.context);
  const { commitment, tag, frameKey } = beginMessage(upload.dataKey, { context, edks: upload.edks, frameLength });
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

/**
 * Makes the file exist: its record in, its journal entry out, in one write. With it go what the tenant holds, when the
 * file is to go, and the key that makes the put safe to retry.
 *
 * @param options.key when another put was stored under it meanwhile, that file is the answer and this one is given up
 * @throws SealroomError `interrupted` when a sweep claimed the entry first; `quota`
 */
export async function commitPut(
  core: VaultCore,
  upload: Upload,
  segments: readonly Segment[],
  { metadata, key }: { readonly metadata: Metadata; readonly key?: KeyPlace | undefined },
): Promise<Stat> {
  const { context, edks } = upload;
  const { item, record } = await recordItem(core, upload, { context, edks, segments, metadata });
  const standing = await upload.journal.settle();
  const operations: WriteOperation[] = [{ type: 'put', item, expect: null }, entryRemoval(standing)];
  return untilOurTurn(async () => {
    const state = key && (await readKey(core, key));
    if (state?.file !== undefined) {
      await giveUp(core, upload, { lateBlob: false });
      return storedStat(core, { tenant: upload.tenant, file: state.file });
    }
    const { expires, size } = metadata;
    const changes = [
      await usageChange(core, upload.tenant, { bytes: size, files: 1 }),
      expires === null ? undefined : duePut(core, upload, expires),
      key && keyPut(core, key, { file: upload.file, expect: state?.version ?? null }),
    ].filter((change) => change !== undefined);
    try {
      await writeKnown(core.catalog, [...operations, ...(await encodeChanges(core, changes))]);
    } catch (error) {
      // What others hold, or have stored under the key, has changed: nothing was written, and it is tried again.
      if (isSealroomError(error, 'conflict') && changes.length > 0 && (await stands(core, standing))) return null;
      if (!(await landedLate(core, upload, error))) throw interruptedBy(error);
    }
    return statOf({ ...upload, record, metadata, version: item.version });
  });
}

/** True while an entry is as this upload last wrote it: then its commit has not happened, and nobody has claimed it. */
async function stands(core: VaultCore, { partition, sort, version }: StandingEntry): Promise<boolean> {
  return (await core.catalog.get(partition, sort))?.version === version;
}

/**
 * The file that an earlier put stored under a key.
 *
 * @throws SealroomError `conflict` when it was removed since
 */
async function storedStat(core: VaultCore, place: FilePlace, options: CallOptions = {}): Promise<Stat> {
  try {
    return statOf(await readRecord(core, place, options));
  } catch (error) {
    if (!isSealroomError(error, 'not-found')) throw error;
    throw new SealroomError(
      'conflict',
      'what was stored under the idempotency key was removed since: use a fresh key',
      {
        cause: error,
      },
    );
  }
}

function interruptedBy(error: unknown): unknown {
  if (!isSealroomError(error, 'conflict')) return error;
  return new SealroomError('interrupted', 'a sweep has claimed the journal entry of this upload', { cause: error });
}

/**
 * A commit of unknown outcome may land yet. Claiming the entry decides it: either the commit cannot happen any more,
 * or it has happened.
 */
async function landedLate(core: VaultCore, upload: Upload, error: unknown): Promise<boolean> {
  if (!isSealroomError(error, 'unavailable') && !isSealroomError(error, 'conflict')) return false;
  // All blobs are durable by now, so none lands late.
  return (await abandonPut(core, upload, { lateBlob: false }).catch(() => 'unknown')) === 'committed';
}

/** Gives an upload up without waiting for long: what is not cleaned up by then, a sweep does. */
async function giveUp(
  core: VaultCore,
  upload: Abandonable,
  { lateBlob }: { readonly lateBlob: boolean },
): Promise<'abandoned' | 'committed' | 'unknown'> {
  const patience = AbortSignal.timeout(CLEANUP_TIME);
  const abandoned = abandonPut(core, upload, { lateBlob, signal: patience });
  // Ports that do not listen to the signal are not waited for either.
  return orCancelled(abandoned, patience).catch(() => 'unknown');
}

type Abandonable = Pick<Upload, 'tenant' | 'file' | 'journal'>;

/**
 * Gives an upload up: claims its entry, and only then removes its blobs. Does it once, also when it is asked again.
 *
 * Somebody else may have written the entry first. If that was the commit, the record is there. Otherwise the commit,
 * which expects the entry as this upload last wrote it, can never happen; a sweep may have removed the blobs before the
 * last of them was finished, and nobody but this upload knows that, so it removes them too.
 *
 * @param options.lateBlob a blob may appear after it was removed: the entry stays, and a sweep removes it once more
 */
async function abandonPut(
  core: VaultCore,
  upload: Abandonable,
  options: CallOptions & { readonly lateBlob: boolean },
): Promise<'abandoned' | 'committed'> {
  const { journal } = upload;
  journal.outcome ??= await abandonOnce(core, upload, options);
  return journal.outcome;
}

async function abandonOnce(
  core: VaultCore,
  upload: Abandonable,
  { lateBlob, signal }: CallOptions & { readonly lateBlob: boolean },
): Promise<'abandoned' | 'committed'> {
  const standing = await orCancelled(upload.journal.settle(), signal);
  try {
    const claimed = await claimEntry(core, standing, { signal });
    if (lateBlob) await removeEntryBlobs(core, claimed, { signal });
    else await finishRemoval(core, claimed, { signal });
  } catch (error) {
    if (!isSealroomError(error, 'conflict')) throw error;
    const record = await core.catalog.get(filePartition(core, upload.tenant, upload.file), upload.file, { signal });
    if (record !== undefined) return 'committed';
    await removeEntryBlobs(core, standing, { signal });
  }
  return 'abandoned';
}
