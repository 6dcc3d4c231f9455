/**
 * From a configuration to a vault. Implementations of the ports have names in this folder and nowhere else; each is
 * loaded when a configuration asks for it.
 */
import { keyringFromSpecs } from './keys.ts';
import type { Config } from '../config/config.ts';
import type { BlobStore, CallOptions, Catalog } from '../ports.ts';
import type { BlobsSpec, CatalogSpec } from '../specs/store-spec.ts';
import { openVault } from '../vault/vault.ts';
import type { Vault } from '../vault/vault.ts';

export interface ComposeOptions extends CallOptions {
  /** Told the path of each key file that others than its owner may read. */
  readonly onExposed?: ((path: string) => void) | undefined;
  /** Told, once, of each thing that a store does less well than it should. */
  readonly onNotice?: ((text: string) => void) | undefined;
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
export async function openVaultAt(config: Config, options: ComposeOptions = {}): Promise<OpenedVault> {
  await using scope = new AsyncDisposableStack();
  const { folder, keys, oldKeys, id, pins, limits } = config;
  const { signal, onExposed, onNotice } = options;
  const keyring = scope.use(await keyringFromSpecs({ keys, oldKeys }, { purpose: 'vault', folder, onExposed }));
  const blobs = await openBlobs(config.blobs, { scope, onNotice });
  const catalog = await openCatalog(config.catalog, { scope });
  const vault = scope.use(await openVault({ id, pins, keyring, blobs, catalog, ...limits, signal }));
  const opened = scope.move();
  const close = (): Promise<void> => opened.disposeAsync();
  return { vault, ownFiles: catalogFiles(config.catalog), close, [Symbol.asyncDispose]: close };
}

interface StoreOptions extends Pick<ComposeOptions, 'onNotice'> {
  /** Closes the store when it is disposed. */
  readonly scope: AsyncDisposableStack;
  /** Makes a store on this machine when it is missing. */
  readonly create?: boolean | undefined;
}

/** Opens the blob store that a configuration names. */
export async function openBlobs(spec: BlobsSpec, { scope, create, onNotice }: StoreOptions): Promise<BlobStore> {
  if (spec.kind === 'fs') {
    const { openFsBlobs } = await import('../blobs/fs.ts');
    return openFsBlobs(spec.path, { create });
  }
  const [{ openS3Blobs }, { withResumedReads }] = await Promise.all([
    import('../blobs/s3.ts'),
    import('../with/retry.ts'),
  ]);
  const { region, ...bucket } = spec;
  return withResumedReads(scope.use(openS3Blobs({ ...bucket, client: { region }, onNotice })));
}

/** The files of a catalog: SQLite's database, its log and the index of that, and the journal of an old mode. */
export function catalogFiles(spec: CatalogSpec): string[] {
  return spec.kind === 'sqlite' ? ['', '-wal', '-shm', '-journal'].map((suffix) => `${spec.path}${suffix}`) : [];
}

/** Opens the catalog that a configuration names. */
export async function openCatalog(
  spec: CatalogSpec,
  { scope, create }: Omit<StoreOptions, 'onNotice'>,
): Promise<Catalog> {
  if (spec.kind === 'sqlite') {
    const { openSqliteCatalog } = await import('../catalogs/sqlite.ts');
    return scope.use(await openSqliteCatalog(spec.path, { create }));
  }
  const { openDynamodbCatalog } = await import('../catalogs/dynamodb.ts');
  return scope.use(openDynamodbCatalog({ table: spec.table, client: { region: spec.region } }));
}
