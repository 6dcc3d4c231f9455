/** Items beside the files, each authenticated in its place (F35): what grants or directs. Tokens and links are such. */
import type { CallOptions, WriteOperation } from '../ports.ts';
import { checkWritable } from './core.ts';
import type { VaultCore } from './core.ts';
import type { JsonObject } from './encoding.ts';
import { randomVersion } from './identifiers.ts';
import { decodeItem, encodeItem, itemsOf } from './items.ts';
import { writeKnown } from './write.ts';

/** An item whose authentication was right. */
export interface AuthenticItem {
  readonly partition: string;
  readonly sort: string;
  readonly version: string;
  readonly value: JsonObject;
}

/** One change, with the version that it expects to find; null means that the item must be absent. */
export type ItemChange =
  | {
      readonly type: 'put';
      readonly partition: string;
      readonly sort: string;
      readonly value: Readonly<Record<string, unknown>>;
      readonly expect: string | null;
      /**
       * The last millisecond since 1970 in which the item is there. A store may forget it from then on; whoever can
       * write the store can put it off, so what must end in time says so in its value, too.
       */
      readonly expires?: number | undefined;
      /** Of the item from now on, where the writer wants to know it: a fresh one of `randomVersion`, and one unless given. */
      readonly version?: string | undefined;
    }
  | { readonly type: 'remove'; readonly partition: string; readonly sort: string; readonly expect: string }
  | { readonly type: 'check'; readonly partition: string; readonly sort: string; readonly expect: string | null };

/** Reads and writes authenticated items. One without a valid MAC does not exist, but its place is taken. */
export interface AuthenticItems {
  get(partition: string, sort: string, options?: CallOptions): Promise<AuthenticItem | undefined>;
  /** In the order of their sort keys. */
  list(partition: string, options?: CallOptions & { readonly prefix?: string }): AsyncIterable<AuthenticItem>;
  /**
   * All changes or none. What only one may do has to put something: of several who only remove, all succeed.
   *
   * @throws SealroomError `conflict` when an item is not at the version expected of it; `read-only`
   */
  write(changes: readonly ItemChange[], options?: CallOptions): Promise<void>;
}

export function authenticItems(core: VaultCore): AuthenticItems {
  return {
    get: (partition, sort, options) => authenticItem(core, partition, sort, options),
    list: (partition, options) => authenticItemsOf(core, partition, options),
    write: async (changes, options) => {
      checkWritable(core);
      await writeKnown(core.catalog, await encodeChanges(core, changes, options), options);
    },
  };
}

/** One item; undefined where none stands that is authentic. */
export async function authenticItem(
  core: VaultCore,
  partition: string,
  sort: string,
  options: CallOptions = {},
): Promise<AuthenticItem | undefined> {
  const item = await core.catalog.get(partition, sort, options);
  if (item === undefined) return undefined;
  using itemKeys = await core.keys.itemKeys(options);
  const value = decodeItem(item.data, { vault: core.id, partition, sort }, itemKeys.byVersion);
  return value && { partition, sort, version: item.version, value };
}

/** The authentic items of a partition, in the order of their sort keys. */
export async function* authenticItemsOf(
  core: VaultCore,
  partition: string,
  options: CallOptions & { readonly prefix?: string } = {},
): AsyncGenerator<AuthenticItem, void, undefined> {
  for await (const { sort, version, data } of itemsOf(core.catalog, partition, options)) {
    using itemKeys = await core.keys.itemKeys(options);
    const value = decodeItem(data, { vault: core.id, partition, sort }, itemKeys.byVersion);
    if (value !== undefined) yield { partition, sort, version, value };
  }
}

/** The operations of a write, their values encoded and authenticated. */
export async function encodeChanges(
  core: VaultCore,
  changes: readonly ItemChange[],
  options: CallOptions = {},
): Promise<WriteOperation[]> {
  using itemKeys = await core.keys.itemKeys(options);
  return changes.map((change) => {
    if (change.type !== 'put') return change;
    const { partition, sort, value, expect, expires, version = randomVersion() } = change;
    const data = encodeItem(value, { vault: core.id, partition, sort }, itemKeys.current);
    return { type: 'put', item: { partition, sort, version, expires, data }, expect };
  });
}
