/**
 * From a configuration to a vault. Implementations of the ports have names in this folder and nowhere else; each is
 * loaded when a configuration asks for it.
 */
import { keyringFromSpecs } from './keys.ts';
import type { Config } from '../config/config.ts';
import type { BlobStore, CallOptions, Catalog } from '../ports.ts';
import { openVault } from '../vault/vault.ts';
import type { Vault } from '../vault/vault.ts';

export interface ComposeOptions extends CallOptions {
  /** Told the path of each key file that others than its owner may read. */
  readonly onExposed?: ((path: string) => void) | undefined;
}

/** A vault with everything that it was made of; disposing it closes them. */
export interface OpenedVault extends AsyncDisposable {
  readonly vault: Vault;
  /** Paths of the files that the catalog keeps open. */
  readonly ownFiles: readonly string[];
  /** Wipes the keys, waits for writes under way, closes the stores. */
  close(): Promise<void>;
}

/** Opens the vault that a configuration names; never makes one. */
export async function openVaultAt(config: Config, { signal, onExposed }: ComposeOptions = {}): Promise<OpenedVault> {
  await using scope = new AsyncDisposableStack();
  const { folder, keys, oldKeys, id, pins, limits } = config;
  const keyring = scope.use(await keyringFromSpecs({ keys, oldKeys }, { purpose: 'vault', folder, onExposed }));
  const blobs = await openBlobs(config.blobs, {});
  const catalog = scope.use(await openCatalog(config.catalog, {}));
  const vault = scope.use(await openVault({ id, pins, keyring, blobs, catalog, ...limits, signal }));
  const opened = scope.move();
  const close = (): Promise<void> => opened.disposeAsync();
  return { vault, ownFiles: catalogFiles(config.catalog), close, [Symbol.asyncDispose]: close };
}

interface StoreOptions {
  /** Makes the store when it is missing. */
  readonly create?: boolean | undefined;
}

/** Opens the blob store that a configuration names. */
export async function openBlobs({ path }: Config['blobs'], options: StoreOptions): Promise<BlobStore> {
  const { openFsBlobs } = await import('../blobs/fs.ts');
  return openFsBlobs(path, options);
}

/** The files of a catalog: SQLite's database, its log and the index of that, and the journal of an old mode. */
export function catalogFiles({ path }: Config['catalog']): string[] {
  return ['', '-wal', '-shm', '-journal'].map((suffix) => `${path}${suffix}`);
}

/** Opens the catalog that a configuration names. */
export async function openCatalog(
  { path }: Config['catalog'],
  options: StoreOptions,
): Promise<Catalog & AsyncDisposable> {
  const { openSqliteCatalog } = await import('../catalogs/sqlite.ts');
  return openSqliteCatalog(path, options);
}
