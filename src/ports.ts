/**
 * The three ports that carry everything: a keyring makes and unwraps data keys, a blob store keeps bytes, a catalog
 * keeps small items. What follows is law for every implementation; `sealroom/testing` holds the suites that check it.
 *
 * Common to all methods:
 * - `signal` cancels: the call fails with `cancelled` and lets go of what it holds. It may have taken effect.
 * - Errors are `SealroomError`s. `unavailable` means that the outcome is unknown: it may have taken effect, or may yet.
 * - An implementation retries only what its own library retries, and writes of its own that met at the store. It never
 *   waits for a lock without end.
 */
import type { DataKey } from './data-key.ts';
import { SealroomError, isSealroomError } from './errors.ts';
import type { EncryptionContext } from './message/context.ts';
import type { EncryptedDataKey } from './message/edk.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/* ------------------------------------------------------------------------------------------------------ keyring -- */

/**
 * Makes, wraps and unwraps data keys.
 *
 * - Every data key returned is the caller's to dispose; a keyring keeps none.
 * - The context is bound to each encrypted data key where the provider can bind it, and is public.
 * - No error, log or metric holds a data key.
 */
export interface Keyring {
  /** A fresh data key of 256 random bits, and at least one encrypted data key of it. */
  generate(context: EncryptionContext, options?: CallOptions): Promise<GeneratedDataKey>;

  /** Encrypts a data key under every wrapping key of this keyring, in their order; all of them or an error. */
  wrap(dataKey: DataKey, context: EncryptionContext, options?: CallOptions): Promise<readonly EncryptedDataKey[]>;

  /**
   * Decrypts one of the encrypted data keys: with a keyring of several members, the first member that can. Whether the
   * data key is of the length that a suite takes is for the caller to check, who knows the suite.
   *
   * Resolves null when none names a key of this keyring, or when that key can only wrap. Rejects when one does and none opens: `wrong-key` when the
   * key, the context or the bytes are not those it was wrapped with, `unavailable` when the provider did not answer.
   */
  unwrap(edks: readonly EncryptedDataKey[], context: EncryptionContext, options?: CallOptions): Promise<DataKey | null>;
}

export interface GeneratedDataKey {
  readonly dataKey: DataKey;
  readonly edks: readonly EncryptedDataKey[];
}

/**
 * What `unwrap` rejects with when several were tried and none opened. `unavailable` outranks the rest: the key that did
 * not answer may be the one that opens, so trying again makes sense.
 *
 * @param failures one at least
 */
export function asOneFailure(failures: readonly unknown[]): unknown {
  if (failures.length === 1) return failures[0];
  const first = failures.find((failure) => isSealroomError(failure, 'unavailable')) ?? failures[0];
  const reasons = failures.map((failure) => (failure instanceof Error ? failure.message : 'a fault'));
  return new SealroomError(
    isSealroomError(first) ? first.code : 'unexpected',
    `none of ${failures.length} keys opened it: ${reasons.join('; ')}`,
    { cause: new AggregateError(failures) },
  );
}

/**
 * Of those keyrings whose provider can bring a data key from one wrapping key to another without showing it.
 *
 * Resolves the encrypted data key under this keyring's own key; null when it would have to see the data key for it.
 * Rejects as `unwrap` does when it should be possible and is not.
 */
export interface Rewrapper {
  rewrap(
    edks: readonly EncryptedDataKey[],
    context: EncryptionContext,
    options?: CallOptions,
  ): Promise<EncryptedDataKey | null>;
}

/* --------------------------------------------------------------------------------------------------- blob store -- */

/**
 * Keeps immutable sequences of bytes under random keys.
 *
 * - Keys have one grammar (`checkBlobKey`), checked by every method: no name, tenant or path ever reaches a store.
 * - Streams are `AsyncIterable`s of chunks of any length, an empty one included. A chunk is lent until the next one is
 *   asked for; whoever keeps it copies it.
 * - Nothing lists a store.
 */
export interface BlobStore {
  /**
   * Stores a blob. Durable when it resolves; all or nothing; never overwrites: `exists` when the key is taken.
   * When it rejects, or the source throws, the key is absent, or (after `unavailable`) may be present in full.
   * Never called twice with one key. A put that fails before it reads never touches the source, which its owner closes.
   * Rejects with `interrupted` when the blob was removed while it was written.
   *
   * @param options.size length in bytes where it is known; a source of another length is refused with `usage`
   */
  put(
    key: string,
    chunks: AsyncIterable<Uint8Array>,
    options?: CallOptions & { readonly size?: number | undefined },
  ): Promise<void>;

  /**
   * Opens a blob for reading. Rejects with `not-found` before the stream starts when the key is absent.
   * A range reaches from `start` up to, not including, `end`.
   * Bytes of the range that lie past the end of the blob are simply not there: the stream is shorter, even empty.
   * A stream that is given up (`return`) lets go of its file or connection.
   */
  get(
    key: string,
    options?: CallOptions & { readonly range?: { readonly start: number; readonly end: number } | undefined },
  ): Promise<AsyncIterable<Uint8Array>>;

  /**
   * Removes a blob, and whatever an unfinished `put` of that key left behind. Durable when it resolves.
   * An absent key is no error.
   */
  remove(key: string, options?: CallOptions): Promise<void>;
}

/** 160 random bits in base32, lower case. */
const BLOB_KEY = /^[a-z2-7]{32}$/;

/** @throws SealroomError `damaged` on anything that is not a blob key: such a key came from a store that was changed */
export function checkBlobKey(key: string): void {
  if (!BLOB_KEY.test(key)) throw new SealroomError('damaged', 'a blob key has a form that no blob key has');
}

/** @throws SealroomError `usage` on a range that is none: from `start` up to, not including, `end` */
export function checkBlobRange(range: { readonly start: number; readonly end: number } | undefined): void {
  if (range === undefined) return;
  const { start, end } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new SealroomError('usage', 'a range of a blob has a start, and an end that is not before it');
  }
}

/* ------------------------------------------------------------------------------------------------------ catalog -- */

/** A small value under a partition and a sort key. */
export interface Item {
  readonly partition: string;
  readonly sort: string;
  /** A fresh random value, chosen by the writer at each write, so that no version ever comes back. */
  readonly version: string;
  /** The last millisecond since 1970 in which the item is there, a whole number; undefined for items that stay. */
  readonly expires?: number | undefined;
  /** Opaque to the catalog; at most `CATALOG_LIMITS.itemBytes`. */
  readonly data: Uint8Array;
}

/** One change of a `write`, with the version that it expects to find; null means that the item must be absent. */
export type WriteOperation =
  | { readonly type: 'put'; readonly item: Item; readonly expect: string | null }
  | { readonly type: 'remove'; readonly partition: string; readonly sort: string; readonly expect: string }
  | { readonly type: 'check'; readonly partition: string; readonly sort: string; readonly expect: string | null };

export interface ListOptions extends CallOptions {
  /** Only items after this sort key (before it, with `reverse`). */
  readonly after?: string | undefined;
  /** Most items to return, from 1 to 1,000; a page may hold fewer. */
  readonly limit: number;
  /** Only items whose sort key begins with this. */
  readonly prefix?: string | undefined;
  /** From the highest sort key down. */
  readonly reverse?: boolean | undefined;
}

export interface Page {
  readonly items: readonly Item[];
  /** What to pass as `after` for the next page; absent at the end. A short or empty page is not the end. */
  readonly next?: string | undefined;
}

/**
 * Keeps items and changes them by compare-and-swap.
 *
 * - Partition and sort keys are printable ASCII without spaces, 1 to 1,024 characters; sort keys are ordered by byte.
 * - All reads are consistent: what a write that resolved has changed is seen by every later read, from any process.
 * - Past `expires` an item is absent for `get`, `list` and conditions. A store may remove it from then on.
 */
export interface Catalog {
  get(partition: string, sort: string, options?: CallOptions): Promise<Item | undefined>;

  list(partition: string, options: ListOptions): Promise<Page>;

  /**
   * Makes all changes or none, durably. Keys must be distinct; limits are in `CATALOG_LIMITS`. The data of items is
   * left as it is until the call settles.
   * Rejects with `conflict`, having changed nothing, when an item is not at the version expected of it.
   */
  write(operations: readonly WriteOperation[], options?: CallOptions): Promise<void>;
}

/** What every catalog takes, and none more, so that a vault can move between them. */
export const CATALOG_LIMITS: {
  readonly itemBytes: number;
  readonly writeBytes: number;
  readonly operations: number;
  readonly listLimit: number;
} = { itemBytes: 350_000, writeBytes: 3_000_000, operations: 25, listLimit: 1000 };

const CATALOG_KEY = /^[\x21-\x7e]{1,1024}$/;

/** @throws SealroomError `usage` on a partition or sort key outside the grammar */
export function checkCatalogKey(...keys: readonly string[]): void {
  for (const key of keys) {
    if (!CATALOG_KEY.test(key))
      throw new SealroomError('usage', 'a catalog key is printable ASCII of 1 to 1,024 characters');
  }
}

/** @throws SealroomError `usage` on a page size outside 1 to 1,000, or a key outside the grammar */
export function checkList(partition: string, { limit, after, prefix }: ListOptions): void {
  checkCatalogKey(partition, ...[after, prefix || undefined].filter((key) => key !== undefined));
  if (!Number.isInteger(limit) || limit < 1 || limit > CATALOG_LIMITS.listLimit) {
    throw new SealroomError('usage', `a page holds 1 to ${CATALOG_LIMITS.listLimit} items`);
  }
}

/** @throws SealroomError `usage` on a write that breaks a limit or names an item twice */
export function checkWrite(operations: readonly WriteOperation[]): void {
  if (operations.length === 0 || operations.length > CATALOG_LIMITS.operations) {
    throw new SealroomError('usage', `a write makes 1 to ${CATALOG_LIMITS.operations} changes`);
  }
  const seen = new Set<string>();
  let bytes = 0;
  for (const operation of operations) {
    const { partition, sort } = operation.type === 'put' ? operation.item : operation;
    checkCatalogKey(partition, sort);
    // A space is in no key, so the pair is unambiguous.
    const key = `${partition} ${sort}`;
    if (seen.has(key)) throw new SealroomError('usage', 'a write names an item twice');
    seen.add(key);
    if (operation.type !== 'put') continue;
    const { version, expires } = operation.item;
    checkCatalogKey(version);
    if (expires !== undefined && !Number.isSafeInteger(expires)) {
      throw new SealroomError('usage', 'an item expires at a whole number of milliseconds since 1970');
    }
    bytes += operation.item.data.length;
    if (operation.item.data.length > CATALOG_LIMITS.itemBytes) {
      throw new SealroomError('limit', `an item holds at most ${CATALOG_LIMITS.itemBytes} bytes`);
    }
  }
  if (bytes > CATALOG_LIMITS.writeBytes) {
    throw new SealroomError('limit', `a write holds at most ${CATALOG_LIMITS.writeBytes} bytes`);
  }
}
