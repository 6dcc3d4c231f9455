/** The vault key and the tenants' catalog keys: made, authenticated, kept in memory for a while, wiped (F36). */
import { constantTimeEqual, toHex, utf8 } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import type { DataKey } from '../data-key.ts';
import { orCancelled } from '../cancellable.ts';
import { SealroomError, isSealroomError, throwIfCancelled } from '../errors.ts';
import type { EncryptionContext } from '../message/context.ts';
import { COMMITMENT_LENGTH } from '../message/header.ts';
import type { CallOptions, Catalog, Item, Keyring } from '../ports.ts';
import { decodeCatalogKey, encodeCatalogKey } from './item-kinds.ts';
import { decodeItem, encodeItem, itemKeyOf, readItemBody, itemsOf, splitItem } from './items.ts';
import type { WrappedCatalogKey } from './item-kinds.ts';
import type { ItemKey } from './items.ts';
import { generateChecked } from './records.ts';
import { randomVersion } from './identifiers.ts';

/** The owner of the vault key, which is no tenant's. */
export const VAULT_OWNER = '*';

/** Version of a catalog key when it is made. Fixed width, so that versions sort as numbers. */
export const FIRST_KEY_VERSION = '00000001';

const COMMITMENT_INFO = utf8('sealroom key commitment v1');

function keyPartition(owner: string): string {
  return `key/${owner}`;
}

/** What a catalog key's encrypted data keys are bound to. */
function catalogKeyContext(vault: string, owner: string, version: string): EncryptionContext {
  return { 'sealroom:vault': vault, 'sealroom:tenant': owner, 'sealroom:key': version };
}

/** Commits to a catalog key: two keys never have one commitment. */
function commitmentOf(key: DataKey): Uint8Array {
  return cipher.hkdf('sha512', key, new Uint8Array(0), COMMITMENT_INFO, COMMITMENT_LENGTH).bytes;
}

/** A commitment as the configuration pins it. */
export function pinOf(commitment: Uint8Array): string {
  return toHex(commitment);
}

/** A new catalog key, and the item that keeps it. The caller disposes it. */
export interface MadeCatalogKey extends Disposable {
  readonly key: DataKey;
  readonly commitment: Uint8Array;
  /**
   * Opens the key as whoever reads it later will.
   *
   * @throws SealroomError `wrong-key` when the keyring can wrap and not unwrap
   */
  proveOpens(): Promise<void>;
  /** @param itemKey authenticates the item; the new key itself when it is the vault's */
  item(itemKey: ItemKey): Item;
}

export async function makeCatalogKey(
  keyring: Keyring,
  { vault, owner, signal }: CallOptions & { readonly vault: string; readonly owner: string },
): Promise<MadeCatalogKey> {
  const sort = FIRST_KEY_VERSION;
  const { dataKey, edks } = await generateChecked(keyring, catalogKeyContext(vault, owner, sort), { signal });
  const commitment = commitmentOf(dataKey);
  return {
    key: dataKey,
    commitment,
    proveOpens: async () => {
      using opened = await keyring.unwrap(edks, catalogKeyContext(vault, owner, sort), { signal });
      if (opened === null || !constantTimeEqual(commitmentOf(opened), commitment)) {
        throw new SealroomError(
          'wrong-key',
          'the wrapping keys cannot open what they seal: a vault needs one that can',
        );
      }
    },
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
    const borrow = ({ keys, current }: CachedKeys): BorrowedKey => {
      const version = options.version ?? current;
      const key = keys.get(version)?.clone();
      if (key === undefined) {
        throw new SealroomError(
          'damaged',
          `version ${version} of the catalog key of tenant ${tenant} is not in the catalog`,
        );
      }
      return { key, version, [Symbol.dispose]: () => key[Symbol.dispose]() };
    };
    return this.#borrowed(tenant, { load: () => this.#loadTenantKeys(tenant), borrow, ...options });
  }

  /** @throws SealroomError `no-tenant` for a tenant that was never created */
  async expectTenant(tenant: string, options: CallOptions = {}): Promise<void> {
    using _ = await this.tenantKey(tenant, options);
  }

  /** Wipes every key; none is given out any more. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const owner of this.#cache.keys()) this.#forget(owner);
  }

  /** @param use.borrow copies what it needs of the keys */
  async #borrowed<T extends Disposable>(
    owner: string,
    use: CallOptions & { readonly load: () => Promise<CachedKeys>; readonly borrow: (keys: CachedKeys) => T },
  ): Promise<T> {
    throwIfCancelled(use.signal);
    if (this.#disposed) throw new SealroomError('unexpected', 'a vault was used after it was closed');
    const found = this.#cache.get(owner);
    const fresh = found !== undefined && this.#options.now() < found.until;
    // One step from the keys to the copy: with a step between, another call could forget the keys there.
    const borrowed = (fresh ? found : this.#remember(owner, use.load())).keys.then(use.borrow);
    try {
      // The loading is shared, so it goes on for the others when this caller gives up.
      return await orCancelled(borrowed, use.signal);
    } catch (error) {
      borrowed.then(
        (late) => late[Symbol.dispose](),
        () => {},
      );
      throw error;
    }
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
    const keys = new Map<string, DataKey>();
    let found = false;
    let reason: unknown = new SealroomError(
      'wrong-vault',
      'the vault key in the catalog is not the one that the configuration pins: this is the catalog of another vault',
    );
    try {
      for await (const item of itemsOf(catalog, keyPartition(VAULT_OWNER))) {
        found = true;
        try {
          const wrapped = pinnedKey(item, pins);
          if (wrapped === undefined) continue;
          const key = await this.#unwrap(VAULT_OWNER, item.sort, wrapped);
          keys.set(item.sort, key);
          using itemKey = itemKeyOf(key);
          const place = { vault, partition: item.partition, sort: item.sort };
          if (decodeItem(item.data, place, new Map([[item.sort, itemKey]])) === undefined) {
            throw new SealroomError('damaged', 'the vault key was changed: its authentication is wrong');
          }
        } catch (error) {
          // What does not authenticate does not exist; why is told when nothing is left that does.
          keys.get(item.sort)?.[Symbol.dispose]();
          keys.delete(item.sort);
          if (isSealroomError(error, 'unavailable')) throw error;
          reason = error;
        }
      }
      if (!found) throw new SealroomError('no-vault', 'there is no vault in this catalog: it has no vault key');
      if (keys.size === 0) throw reason;
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
      for await (const item of itemsOf(catalog, keyPartition(tenant))) {
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

/** A version of the vault key as the catalog has it, when the configuration pins its commitment. */
function pinnedKey(item: Item, pins: readonly string[]): WrappedCatalogKey | undefined {
  const what = `version ${item.sort} of the vault key`;
  const wrapped = decodeCatalogKey(readItemBody(splitItem(item.data, what), what));
  return pins.includes(pinOf(wrapped.commitment)) ? wrapped : undefined;
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
