/** The vault key and the tenants' catalog keys: made, authenticated, kept in memory for a while, wiped (F36). */
import { constantTimeEqual, utf8 } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import type { DataKey } from '../data-key.ts';
import { SealroomError, throwIfCancelled } from '../errors.ts';
import type { EncryptionContext } from '../message/context.ts';
import { COMMITMENT_LENGTH } from '../message/header.ts';
import type { CallOptions, Catalog, Item, Keyring } from '../ports.ts';
import {
  decodeCatalogKey,
  decodeItem,
  encodeCatalogKey,
  encodeItem,
  itemKeyOf,
  readItemBody,
  splitItem,
} from './records.ts';
import type { ItemKey, WrappedCatalogKey } from './records.ts';
import { randomVersion } from './identifiers.ts';

/** The owner of the vault key, which is no tenant's. */
export const VAULT_OWNER = '*';

/** Version of a catalog key when it is made. Fixed width, so that versions sort as numbers. */
export const FIRST_KEY_VERSION = '00000001';

const COMMITMENT_INFO = utf8('sealroom key commitment v1');

export function keyPartition(owner: string): string {
  return `key/${owner}`;
}

/** What a catalog key's encrypted data keys are bound to. */
export function catalogKeyContext(vault: string, owner: string, version: string): EncryptionContext {
  return { 'sealroom:vault': vault, 'sealroom:tenant': owner, 'sealroom:key': version };
}

/** Commits to a catalog key: two keys never have one commitment. */
export function commitmentOf(key: DataKey): Uint8Array {
  return cipher.hkdf('sha512', key, new Uint8Array(0), COMMITMENT_INFO, COMMITMENT_LENGTH).bytes;
}

/** A commitment as the configuration pins it. */
export function pinOf(commitment: Uint8Array): string {
  return Buffer.from(commitment).toString('hex');
}

/** A new catalog key, and the item that keeps it. The caller disposes it. */
export interface MadeCatalogKey extends Disposable {
  readonly key: DataKey;
  readonly commitment: Uint8Array;
  /** @param itemKey authenticates the item; the new key itself when it is the vault's */
  item(itemKey: ItemKey): Item;
}

export async function makeCatalogKey(
  keyring: Keyring,
  { vault, owner, signal }: CallOptions & { readonly vault: string; readonly owner: string },
): Promise<MadeCatalogKey> {
  const sort = FIRST_KEY_VERSION;
  const { dataKey, edks } = await keyring.generate(catalogKeyContext(vault, owner, sort), { signal });
  const commitment = commitmentOf(dataKey);
  return {
    key: dataKey,
    commitment,
    item: (itemKey) => {
      const place = { vault, partition: keyPartition(owner), sort };
      const data = encodeItem(encodeCatalogKey({ edks, commitment }), place, itemKey);
      return { partition: place.partition, sort, version: randomVersion(), data };
    },
    [Symbol.dispose]: () => dataKey[Symbol.dispose](),
  };
}

/** Longest that an unwrapped key stays in memory, in milliseconds (F36). */
const KEY_LIFETIME = 5 * 60 * 1000;

interface Cached {
  readonly keys: Promise<CachedKeys>;
  readonly until: number;
  readonly timer: NodeJS.Timeout;
}

interface CachedKeys {
  readonly keys: ReadonlyMap<string, DataKey>;
  readonly current: string;
}

/** A key lent to one operation, with its version. The borrower disposes it. */
export interface BorrowedKey extends Disposable {
  readonly key: DataKey;
  readonly version: string;
}

export interface CatalogKeysOptions {
  readonly vault: string;
  readonly pins: readonly string[];
  readonly keyring: Keyring;
  readonly catalog: Catalog;
  readonly now: () => number;
}

/**
 * Unwraps catalog keys when they are asked for and forgets them after five minutes. Many who ask at once share one
 * call of the keyring. Whoever borrows a key gets a copy, so that forgetting never pulls a key from under a call.
 */
export class CatalogKeys implements Disposable {
  readonly #options: CatalogKeysOptions;
  readonly #cache = new Map<string, Cached>();
  #disposed = false;

  constructor(options: CatalogKeysOptions) {
    this.#options = options;
  }

  /** The keys that authenticate items, by version, and the one to write with. */
  async itemKeys(options: CallOptions = {}): Promise<ItemKeys> {
    const borrow = ({ keys, current }: CachedKeys): ItemKeys =>
      new ItemKeys(new Map(Array.from(keys, ([version, key]) => [version, itemKeyOf(key)])), current);
    return this.#borrowed(VAULT_OWNER, { load: () => this.#loadVaultKey(), borrow, ...options });
  }

  /**
   * A tenant's catalog key.
   *
   * @param version the newest unless given
   * @throws SealroomError `no-tenant`; `damaged` when that version is not there
   */
  async tenantKey(tenant: string, options: CallOptions & { readonly version?: string } = {}): Promise<BorrowedKey> {
    const borrow = ({ keys, current }: CachedKeys): { version: string; key: DataKey | undefined } => {
      const version = options.version ?? current;
      return { version, key: keys.get(version)?.clone() };
    };
    const load = (): Promise<CachedKeys> => this.#loadTenantKeys(tenant);
    const { version, key } = await this.#borrowed(tenant, { load, borrow, ...options });
    if (key === undefined) {
      throw new SealroomError(
        'damaged',
        `version ${version} of the catalog key of tenant ${tenant} is not in the catalog`,
      );
    }
    return { key, version, [Symbol.dispose]: () => key[Symbol.dispose]() };
  }

  /** Wipes every key; none is given out any more. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const owner of this.#cache.keys()) this.#forget(owner);
  }

  /** @param use.borrow copies what it needs of the keys */
  async #borrowed<T>(
    owner: string,
    use: CallOptions & { readonly load: () => Promise<CachedKeys>; readonly borrow: (keys: CachedKeys) => T },
  ): Promise<T> {
    throwIfCancelled(use.signal);
    if (this.#disposed) throw new SealroomError('unexpected', 'a vault was used after it was closed');
    const found = this.#cache.get(owner);
    const fresh = found !== undefined && this.#options.now() < found.until;
    // One step from the keys to the copy: with a step between, another call could forget the keys there.
    return (fresh ? found : this.#remember(owner, use.load())).keys.then(use.borrow);
  }

  #remember(owner: string, keys: Promise<CachedKeys>): Cached {
    this.#forget(owner);
    const timer = setTimeout(() => this.#forget(owner), KEY_LIFETIME).unref();
    const entry = { keys, until: this.#options.now() + KEY_LIFETIME, timer };
    this.#cache.set(owner, entry);
    // A failure is not remembered: the next call asks again.
    keys.catch(() => {
      if (this.#cache.get(owner) === entry) this.#forget(owner);
    });
    return entry;
  }

  #forget(owner: string): void {
    const entry = this.#cache.get(owner);
    if (entry === undefined) return;
    this.#cache.delete(owner);
    clearTimeout(entry.timer);
    entry.keys.then(
      ({ keys }) => keys.forEach((key) => key[Symbol.dispose]()),
      () => {},
    );
  }

  async #loadVaultKey(): Promise<CachedKeys> {
    const { vault, pins, catalog } = this.#options;
    const items = await allItems(catalog, keyPartition(VAULT_OWNER));
    if (items.length === 0)
      throw new SealroomError('no-vault', 'there is no vault in this catalog: it has no vault key');
    const keys = new Map<string, DataKey>();
    try {
      for (const item of items) {
        const what = `version ${item.sort} of the vault key`;
        const unverified = splitItem(item.data, what);
        const wrapped = decodeCatalogKey(readItemBody(unverified, what));
        if (!pins.includes(pinOf(wrapped.commitment))) continue;
        const key = await this.#unwrap(VAULT_OWNER, item.sort, wrapped);
        keys.set(item.sort, key);
        using itemKey = itemKeyOf(key);
        const place = { vault, partition: item.partition, sort: item.sort };
        if (decodeItem(item.data, place, new Map([[item.sort, itemKey]])) === undefined) {
          throw new SealroomError('damaged', `${what} was changed: its authentication is wrong`);
        }
      }
      if (keys.size === 0) {
        throw new SealroomError(
          'wrong-vault',
          'the vault key in the catalog is not the one that the configuration pins: this is the catalog of another vault',
        );
      }
      return { keys, current: [...keys.keys()].sort().at(-1)! };
    } catch (error) {
      keys.forEach((key) => key[Symbol.dispose]());
      throw error;
    }
  }

  async #loadTenantKeys(tenant: string): Promise<CachedKeys> {
    const { vault, catalog } = this.#options;
    using itemKeys = await this.itemKeys();
    const keys = new Map<string, DataKey>();
    try {
      for (const item of await allItems(catalog, keyPartition(tenant))) {
        const json = decodeItem(item.data, { vault, partition: item.partition, sort: item.sort }, itemKeys.byVersion);
        if (json === undefined) continue;
        keys.set(item.sort, await this.#unwrap(tenant, item.sort, decodeCatalogKey(json)));
      }
      if (keys.size === 0) throw new SealroomError('no-tenant', `there is no tenant ${tenant}: create it first`);
      return { keys, current: [...keys.keys()].sort().at(-1)! };
    } catch (error) {
      keys.forEach((key) => key[Symbol.dispose]());
      throw error;
    }
  }

  async #unwrap(owner: string, version: string, { edks, commitment }: WrappedCatalogKey): Promise<DataKey> {
    const key = await this.#options.keyring.unwrap(edks, catalogKeyContext(this.#options.vault, owner, version));
    const whose = owner === VAULT_OWNER ? 'the vault key' : `the catalog key of tenant ${owner}`;
    if (key === null) {
      throw new SealroomError('wrong-key', `none of the keys in the configuration opens ${whose}: name the right ones`);
    }
    if (!constantTimeEqual(commitmentOf(key), commitment)) {
      key[Symbol.dispose]();
      throw new SealroomError('damaged', `${whose} was changed: it is not the key that was committed to`);
    }
    return key;
  }
}

/** The keys that authenticate items. The borrower disposes them. */
export class ItemKeys implements Disposable {
  readonly byVersion: ReadonlyMap<string, DataKey>;
  readonly #current: string;

  constructor(byVersion: ReadonlyMap<string, DataKey>, current: string) {
    this.byVersion = byVersion;
    this.#current = current;
  }

  get current(): ItemKey {
    return { version: this.#current, key: this.byVersion.get(this.#current)! };
  }

  [Symbol.dispose](): void {
    this.byVersion.forEach((key) => key[Symbol.dispose]());
  }
}

/** All items of a small partition. */
export async function allItems(catalog: Catalog, partition: string, { signal }: CallOptions = {}): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | undefined;
  do {
    const page = await catalog.list(partition, { after, limit: 100, signal });
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return items;
}
