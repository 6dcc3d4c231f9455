/** Takes over plaintext objects: each is sealed once, and removed where that is wanted and the copy proved right. */
import { SealroomError } from '../errors.ts';
import { checkBlobKey, type CallOptions } from '../ports.ts';
import type { Files } from '../vault/files.ts';
import { parseS3Address } from './address.ts';
import type { Bucket, ObjectEntry, Removal } from './bucket.ts';
import { counted } from './counted.ts';
import { nameOf, typeOf } from './naming.ts';
import { identityOf, importedFiles, originMetadata } from './origin.ts';
import type { Origin } from './origin.ts';
import { inParallel } from './parallel.ts';
import { resultError } from './result.ts';
import type { ImportResult, OnResult } from './result.ts';
import { compareSealed, digestOf, sealOriginal } from './seal.ts';
import type { Original, SealedOriginal } from './seal.ts';

export interface ImportObjectsOptions extends CallOptions {
  readonly files: Files;
  readonly bucket: Bucket;
  /** What keys begin with. */
  readonly prefix: string;
  /** Keys or addresses; all objects of the prefix unless given. */
  readonly list?: AsyncIterable<string> | undefined;
  /** Leaves the prefix, up to its last slash, out of names. */
  readonly stripPrefix?: boolean | undefined;
  /** Takes tags over, too. */
  readonly tags?: boolean | undefined;
  /** Stores and removes nothing. */
  readonly dryRun?: boolean | undefined;
  /** Removes originals whose copies were read back and compared. */
  readonly remove?: boolean | undefined;
  /** Most objects at once. */
  readonly parallel: number;
  readonly onResult: OnResult;
  /** Told how many bytes of originals were read. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

/** Resolves when all of them were tried. Rejects when they cannot be listed, or the vault cannot. */
export async function importObjects(options: ImportObjectsOptions): Promise<void> {
  const { files, bucket, signal, onResult } = options;
  const present = new Map<string, string>();
  for await (const { origin, id } of importedFiles(files, { signal })) {
    if (origin.item === undefined && origin.source.startsWith(bucket.addressOf(''))) {
      present.set(identityOf(origin), id);
    }
  }
  await inParallel(wantedKeys(options), options, async (wanted) => {
    await onResult(await resultOf(options, present, wanted));
  });
}

/** An object as the bucket lists it, or what a list has in its place. */
type Wanted = ObjectEntry | string;

function wantedKeys({ bucket, prefix, list, signal }: ImportObjectsOptions): AsyncIterable<Wanted> {
  return list === undefined ? bucket.list(prefix, { signal }) : eachOnce(list, bucket);
}

/** However it is named: of two at once, one would find the object removed by the other. */
async function* eachOnce(texts: AsyncIterable<string>, bucket: Bucket): AsyncGenerator<string, void, undefined> {
  const seen = new Set<string>();
  for await (const text of texts) {
    const address = text.startsWith('s3://') ? text : bucket.addressOf(text);
    if (!seen.has(address)) yield text;
    seen.add(address);
  }
}

async function resultOf(
  options: ImportObjectsOptions,
  present: ReadonlyMap<string, string>,
  wanted: Wanted,
): Promise<ImportResult> {
  let source = typeof wanted === 'string' ? wanted : options.bucket.addressOf(wanted.key);
  try {
    const entry = typeof wanted === 'string' ? await listedEntry(options, wanted) : wanted;
    source = options.bucket.addressOf(entry.key);
    return { source, ...(await importOne(options, present, entry)) };
  } catch (error) {
    if (options.signal?.aborted) throw error;
    return { source, outcome: 'failed', error: resultError(error) };
  }
}

async function listedEntry({ bucket, prefix, signal }: ImportObjectsOptions, text: string): Promise<ObjectEntry> {
  const address = text.startsWith('s3://') ? parseS3Address(text) : { bucket: bucket.name, key: text };
  if (address.bucket !== bucket.name || !address.key.startsWith(prefix)) {
    throw new SealroomError('usage', `${text}: it is not below ${bucket.addressOf(prefix)}`);
  }
  // To S3 it would be the bucket itself.
  if (address.key === '') throw new SealroomError('usage', `${text}: it names no object`);
  return bucket.look(address.key, { signal });
}

async function importOne(
  options: ImportObjectsOptions,
  present: ReadonlyMap<string, string>,
  entry: ObjectEntry,
): Promise<Omit<ImportResult, 'source'>> {
  const { size } = entry;
  // Consoles make such a thing for a folder to be seen.
  if (entry.key.endsWith('/') && size === 0) return { outcome: 'skipped', size, reason: 'folder' };
  // Of a vault in the same bucket, perhaps the one that imports: with `remove`, that would be its end.
  if (options.list === undefined && looksLikeBlob(entry.key))
    return { outcome: 'skipped', size, reason: 'blob of a vault' };
  const origin: Origin = { source: options.bucket.addressOf(entry.key), etag: entry.etag };
  const there = present.get(identityOf(origin));
  if (options.dryRun) return { outcome: there === undefined ? 'planned' : 'present', id: there, size };
  const sealed = there === undefined ? await seal(options, entry, origin) : { id: there, digest: undefined };
  const result = { outcome: sealed.digest === undefined ? 'present' : 'imported', id: sealed.id, size } as const;
  if (!options.remove) return result;
  try {
    const { versionKept } = await removeOriginal(options, entry, sealed);
    return { ...result, removed: true, versionKept };
  } catch (error) {
    // Also when all of it is cancelled: that the file was stored is told.
    return { ...result, outcome: 'failed', error: resultError(error) };
  }
}

function looksLikeBlob(key: string): boolean {
  try {
    checkBlobKey(key.slice(key.lastIndexOf('/') + 1));
    return true;
  } catch {
    return false;
  }
}

function seal(options: ImportObjectsOptions, entry: ObjectEntry, origin: Origin): Promise<SealedOriginal> {
  return sealOriginal(options.files, { origin, open: () => openOriginal(options, entry, origin) }, options);
}

async function openOriginal(options: ImportObjectsOptions, entry: ObjectEntry, origin: Origin): Promise<Original> {
  const { bucket, prefix, stripPrefix, signal } = options;
  const name = nameOf(entry.key, stripPrefix ? prefix : '');
  const tags = options.tags ? await bucket.tags(entry.key, { signal }) : undefined;
  const object = await bucket.open(entry, { signal });
  return {
    name,
    type: await typeOf(name, object.type),
    metadata: { ...object.metadata, ...originMetadata(origin, object) },
    tags,
    size: entry.size,
    chunks: counted(object.chunks, options),
    [Symbol.asyncDispose]: () => object[Symbol.asyncDispose](),
  };
}

/** Of one that an earlier run sealed, the original is read once more: no note of that run is relied on. */
async function removeOriginal(
  options: ImportObjectsOptions,
  entry: ObjectEntry,
  { id, digest }: SealedOriginal,
): Promise<Removal> {
  const { files, bucket, signal } = options;
  await compareSealed(files, id, digest ?? (await digestOfObject(options, entry)), { signal });
  return bucket.remove(entry, { signal });
}

async function digestOfObject(options: ImportObjectsOptions, entry: ObjectEntry): Promise<Uint8Array> {
  await using object = await options.bucket.open(entry, options);
  return await digestOf(counted(object.chunks, options));
}
