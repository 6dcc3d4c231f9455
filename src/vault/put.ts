/** Storing a file: begin, write segments, commit. */
import { ByteReader, chunksOf } from '../bytes.ts';
import type { Bytes } from '../bytes.ts';
import { cancellableChunks } from '../cancellable.ts';
import { upTo } from '../envelope/stream.ts';
import { SealroomError, isSealroomError } from '../errors.ts';
import type { EncryptionContext } from '../message/context.ts';
import type { CallOptions } from '../ports.ts';
import type { ItemChange } from './authentic-items.ts';
import { checkWritable } from './core.ts';
import type { VaultCore } from './core.ts';
import { describedFile } from './described.ts';
import { commitFile, giveUpWrite, mayLandLate, writeSegment } from './file-write.ts';
import type { FileWrite } from './file-write.ts';
import type { PutOptions, Stat } from './files.ts';
import { keyPlace, keyPut, readKey } from './idempotency.ts';
import type { KeyPlace } from './idempotency.ts';
import { randomBlobKey, timeOrderedId } from './identifiers.ts';
import { LiveEntry, entryRemoval } from './journal.ts';
import type { Metadata } from './metadata.ts';
import { bytesLeft, checkFits, withinQuota } from './quota.ts';
import { fullContext, readRecord, statOf } from './record-access.ts';
import type { FilePlace } from './record-access.ts';
import { MAX_SEGMENTS, generateChecked } from './records.ts';
import type { Segment } from './records.ts';

export async function put(core: VaultCore, tenant: string, bytes: Bytes, options: PutOptions): Promise<Stat> {
  if (typeof options?.name !== 'string') throw new SealroomError('usage', 'a file has a name: put(bytes, { name })');
  const { context, said } = describedFile(options, core.now());
  const key = options.idempotency && (await keyPlace(core, tenant, { ...options.idempotency, signal: options.signal }));
  const stored = key && (await readKey(core, key, options)).file;
  if (stored !== undefined) return storedStat(core, { tenant, file: stored }, options);
  const left = await bytesLeft(core, tenant, options);
  checkFits(tenant, options.size ?? 0, left);
  const write = await beginPut(core, { tenant, context }, options);
  using _ = write.dataKey;
  using journal = write.journal;
  const signal = journal.signalWith(options.signal);
  try {
    const chunks = cancellableChunks(chunksOf(bytes), signal);
    await using source = new ByteReader(left === Infinity ? chunks : withinQuota(tenant, chunks, left));
    const segments: Segment[] = [];
    do {
      if (segments.length === MAX_SEGMENTS) {
        throw new SealroomError('limit', `a file has at most ${MAX_SEGMENTS} segments of ${core.segmentLength} bytes`);
      }
      const first = segments.length === 0;
      segments.push(await writeSegment(core, write, upTo(source, core.segmentLength), { first, signal }));
    } while (!(await source.atEnd()));
    const size = segments.reduce((sum, segment) => sum + segment.size, 0);
    if (options.size !== undefined && size !== options.size) {
      throw new SealroomError('usage', `${options.size} bytes were announced, and ${size} came`);
    }
    const createdAt = new Date(core.now()).toISOString();
    return await commitPut(core, write, segments, { metadata: { ...said, size, createdAt }, key });
  } catch (error) {
    const outcome = await giveUpWrite(core, write, { lateBlob: mayLandLate(error) });
    // The commit that failed has happened after all.
    if (outcome === 'committed') return statOf(await readRecord(core, write));
    throw error;
  }
}

/** Writes the journal entry, then makes the data key. The caller disposes the key and ends the entry. */
export async function beginPut(
  core: VaultCore,
  { tenant, context }: { readonly tenant: string; readonly context: EncryptionContext },
  { signal }: CallOptions = {},
): Promise<FileWrite> {
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
    await giveUpWrite(core, { ...place, journal }, { lateBlob: false });
    throw error;
  }
}

/**
 * Makes the file exist, and remembers the key that makes the put safe to retry.
 *
 * @param options.key when another put was stored under it meanwhile, that file is the answer and this one is given up
 * @throws SealroomError `interrupted` when a sweep claimed the entry first; `quota`
 */
async function commitPut(
  core: VaultCore,
  write: FileWrite,
  segments: readonly Segment[],
  { metadata, key }: { readonly metadata: Metadata; readonly key: KeyPlace | undefined },
): Promise<Stat> {
  const underKey = async (place: KeyPlace): Promise<ItemChange[] | Stat> => {
    const { file, version } = await readKey(core, place);
    if (file !== undefined) return storedStat(core, { tenant: write.tenant, file });
    return [keyPut(core, place, { file: write.file, expect: version })];
  };
  return commitFile(core, write, {
    segments,
    metadata,
    usage: { bytes: metadata.size, files: 1 },
    ends: async (standing) => [entryRemoval(standing)],
    also: key && (() => underKey(key)),
  });
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
