/** Takes over what the demonstration application stored: each object is opened, sealed, read back and compared. */
import type { KmsClients } from '../../aws/kms-clients.ts';
import { ByteReader, chunksOf } from '../../bytes.ts';
import type { DataKey } from '../../data-key.ts';
import { SealroomError, isSealroomError, throwIfCancelled } from '../../errors.ts';
import type { CallOptions } from '../../ports.ts';
import type { Files } from '../../vault/files.ts';
import type { Bucket, ObjectEntry } from '../bucket.ts';
import { nameOf, typeOf } from '../naming.ts';
import { importedFiles, originMetadata } from '../origin.ts';
import type { Imported, Origin } from '../origin.ts';
import { inParallel } from '../parallel.ts';
import { counted } from '../counted.ts';
import { resultError } from '../result.ts';
import type { ImportResult, OnResult } from '../result.ts';
import { compareSealed, digestOf, sealOriginal } from '../seal.ts';
import type { Original } from '../seal.ts';
import { openDataKey } from './data-key.ts';
import { chosenItems } from './groups.ts';
import type { Choice, NamedItem } from './groups.ts';
import type { DemoTable } from './items.ts';
import { openCtr } from './open.ts';
import { SIGNATURE_LENGTH, kindOf } from './signatures.ts';
import type { FileKind } from './signatures.ts';

export interface DemoResult extends ImportResult {
  /** Id of the item. */
  readonly item?: string | undefined;
  /** Kind of file that it begins as; undefined when it begins as none that is known. */
  readonly kind?: string | undefined;
}

export interface ImportDemoOptions extends CallOptions {
  readonly files: Files;
  readonly bucket: Bucket;
  readonly table: DemoTable;
  readonly kms: KmsClients;
  /** Where the keys are; the AWS SDK's own setting unless given. */
  readonly region?: string | undefined;
  /** Ids of items to take although others name the same object. */
  readonly picks: ReadonlySet<string>;
  /** Opens the beginning of each object, and stores and removes nothing. */
  readonly dryRun?: boolean | undefined;
  /** Removes originals: of known kinds of files, and of others when `confirm` says so. */
  readonly remove?: boolean | undefined;
  /** Asked, one at a time, whether a file that was imported is what it should be. */
  readonly confirm: (result: DemoResult) => Promise<boolean>;
  readonly parallel: number;
  readonly onResult: OnResult<DemoResult>;
  readonly onBytes?: ((count: number) => void) | undefined;
}

/** Resolves when all items were tried. Rejects when they cannot be listed, or the vault cannot. */
export async function importDemo(options: ImportDemoOptions): Promise<void> {
  const { files, table, picks, signal, onResult } = options;
  const present = new Map<string, Imported>();
  for await (const imported of importedFiles(files, { signal })) {
    if (imported.origin.item !== undefined) present.set(placeOf(imported.origin), imported);
  }
  const choices = await chosenItems(table, picks, { signal });
  /** They wait until all is imported: a question must not hold up the rest, and people look at the files first. */
  const waiting: Sealed[] = [];
  try {
    await inParallel(choices, options, async (choice) => {
      const done = await resultOf(options, present, choice);
      if ('entry' in done) waiting.push(done);
      else await onResult(done);
    });
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      throwIfCancelled(signal);
      const result = (await options.confirm(next.result)) ? await removed(options, next) : unconfirmed(next);
      waiting.shift();
      await onResult(result);
    }
  } finally {
    // What was stored is told, whatever stopped the rest.
    for (const sealed of waiting) await onResult(unconfirmed(sealed));
  }
}

function unconfirmed({ result }: Sealed): DemoResult {
  return { ...result, reason: 'unconfirmed' };
}

/** A file that was read back and compared, whose original stays until somebody confirms what it is. */
interface Sealed {
  readonly result: DemoResult;
  readonly item: NamedItem;
  /** Undefined when the object is gone already. */
  readonly entry: ObjectEntry | undefined;
}

/** An item in its table, and the object that it names. */
function placeOf({ source, item = '' }: Pick<Origin, 'source' | 'item'>): string {
  return `${item}\n${source}`;
}

async function resultOf(
  options: ImportDemoOptions,
  present: ReadonlyMap<string, Imported>,
  choice: Choice,
): Promise<DemoResult | Sealed> {
  const { bucket, table, signal } = options;
  const { item } = choice;
  const about = { source: bucket.addressOf(item.fileName ?? ''), item: item.id };
  if (choice.take === true) {
    try {
      return await importItem(options, { item: choice.item, alone: choice.alone, present });
    } catch (error) {
      if (signal?.aborted) throw error;
      return { ...about, outcome: 'failed', error: resultError(error) };
    }
  }
  if (choice.take === 'never') {
    const message = `an item of the table ${table.name} (${item.id ?? 'without id'}) names no object`;
    return { ...about, outcome: 'failed', error: new SealroomError('damaged', message) };
  }
  if (choice.picked) return { ...about, outcome: 'skipped', reason: 'not picked' };
  const message = `${choice.others + 1} items name ${about.source}, and only the last upload is there: --pick ${item.id} takes this one`;
  return { ...about, outcome: 'failed', error: new SealroomError('conflict', message) };
}

interface Wanted {
  readonly item: NamedItem;
  /** False when several items were picked for one object: then no one knows whose it is. */
  readonly alone: boolean;
  readonly present: ReadonlyMap<string, Imported>;
}

async function importItem(options: ImportDemoOptions, { item, alone, present }: Wanted): Promise<DemoResult | Sealed> {
  const { bucket, table, signal } = options;
  const place = { source: bucket.addressOf(item.fileName), item: `${table.name}/${item.id}` };
  const about = { source: place.source, item: item.id };
  const earlier = present.get(placeOf(place));
  const entry = await bucket.look(item.fileName, { signal }).catch((error: unknown) => {
    if (earlier === undefined || !isSealroomError(error, 'not-found')) throw error;
    return undefined;
  });
  if (entry === undefined) return leftItem(options, { about, item, alone, id: earlier!.id });
  if (earlier !== undefined && earlier.origin.etag !== entry.etag) {
    throw new SealroomError('conflict', `${place.source}: it was overwritten since this item's file was imported`);
  }
  if (earlier !== undefined && (!options.remove || options.dryRun)) {
    return { ...about, outcome: 'present', id: earlier.id, size: entry.size };
  }
  using key = await openDataKey(options.kms, item, options);
  if (options.dryRun) {
    const ciphertext = await bucket.beginning(entry, SIGNATURE_LENGTH, { signal });
    const kind = kindOf((await openCtr(chunksOf(ciphertext), key)).beginning);
    return { ...about, outcome: 'planned', size: entry.size, kind: kind?.name };
  }
  const original = { item, entry, origin: { ...place, etag: entry.etag }, key };
  const sealed = await sealItem(options, original, earlier?.id);
  const { id, outcome, kind } = sealed;
  const result = { ...about, outcome, id, size: entry.size, kind: kind?.name };
  if (!options.remove) return result;
  if (!alone) return { ...result, reason: 'several picked' };
  return kind === undefined ? { result, item, entry } : await removed(options, { result, item, entry });
}

/**
 * A removal that was broken off has left the item, or somebody else has removed the object, perhaps not for ever: the
 * key goes under the same conditions as if both were there, except that only the file in the vault can be looked at.
 */
async function leftItem(
  options: ImportDemoOptions,
  {
    about,
    item,
    alone,
    id,
  }: {
    readonly about: Pick<DemoResult, 'source' | 'item'>;
    readonly item: NamedItem;
    readonly alone: boolean;
    readonly id: string;
  },
): Promise<DemoResult | Sealed> {
  const result = { ...about, outcome: 'present', id } as const;
  if (!options.remove || options.dryRun) return result;
  if (!alone) return { ...result, reason: 'several picked' };
  const kind = await kindOfSealed(options.files, id, options);
  const left = { result: { ...result, kind: kind?.name }, item, entry: undefined };
  return kind === undefined ? left : await removed(options, left);
}

/** Reads a file of the vault, every frame of it: what does not open is no copy. */
async function kindOfSealed(files: Files, id: string, { signal }: CallOptions): Promise<FileKind | undefined> {
  const { body } = await files.get(id, { signal });
  await using reader = new ByteReader(body);
  const kind = kindOf(await reader.read(SIGNATURE_LENGTH));
  await reader.skip(Number.MAX_SAFE_INTEGER);
  return kind;
}

interface OriginalItem {
  readonly item: NamedItem;
  readonly entry: ObjectEntry;
  readonly origin: Origin;
  readonly key: DataKey;
}

/** What an object holds, by its own key. */
interface Read {
  readonly digest: Uint8Array;
  readonly kind: FileKind | undefined;
}

/** Seals an object unless the vault has it, and compares what the vault has with what the object holds. */
async function sealItem(
  options: ImportDemoOptions,
  original: OriginalItem,
  earlier: string | undefined,
): Promise<{ readonly id: string; readonly outcome: 'imported' | 'present'; readonly kind: FileKind | undefined }> {
  const sealed = earlier === undefined ? await sealOpened(options, original) : { id: earlier, read: undefined };
  const { id } = sealed;
  // What another run has stored is compared with the object itself, which is opened for that alone.
  const { digest, kind } = sealed.read ?? (await readOpened(options, original));
  await compareSealed(options.files, id, digest, options);
  return { id, outcome: sealed.read === undefined ? 'present' : 'imported', kind };
}

async function sealOpened(
  options: ImportDemoOptions,
  original: OriginalItem,
): Promise<{ readonly id: string; readonly read: Read | undefined }> {
  let kind: FileKind | undefined;
  const open = async (): Promise<Original> => {
    const opened = await openOriginal(options, original);
    ({ kind } = opened);
    return opened;
  };
  const { id, digest } = await sealOriginal(options.files, { origin: original.origin, open }, options);
  return { id, read: digest && { digest, kind } };
}

async function openOriginal(
  options: ImportDemoOptions,
  { item, entry, origin, key }: OriginalItem,
): Promise<Original & Pick<Read, 'kind'>> {
  await using scope = new AsyncDisposableStack();
  const object = scope.use(await options.bucket.open(entry, options));
  const { beginning, chunks } = await openCtr(counted(object.chunks, options), key);
  const kind = kindOf(beginning);
  const name = nameOf(item.fileName);
  // The application stored ciphertext, and its type says nothing of what is in it.
  const type = (await typeOf(name, undefined)) ?? kind?.type;
  const metadata = originMetadata(origin, { modified: object.modified });
  const opened = scope.move();
  return { kind, name, type, metadata, size: entry.size, chunks, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function readOpened(options: ImportDemoOptions, { entry, key }: OriginalItem): Promise<Read> {
  await using object = await options.bucket.open(entry, options);
  const { beginning, chunks } = await openCtr(counted(object.chunks, options), key);
  return { digest: await digestOf(chunks), kind: kindOf(beginning) };
}

/** Removes an object and its item. The object first: an item that is left is seen, and an object without one is not. */
async function removed(options: ImportDemoOptions, { result, item, entry }: Sealed): Promise<DemoResult> {
  const { bucket, table, signal } = options;
  try {
    const object = entry && (await bucket.remove(entry, { signal }));
    await table.remove(item, { signal });
    return { ...result, removed: true, versionKept: object?.versionKept };
  } catch (error) {
    // Also when all of it is cancelled: that the file was stored is told.
    return { ...result, outcome: 'failed', error: resultError(error) };
  }
}
