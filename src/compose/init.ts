/** Making a vault in a folder. */
import { lstat, mkdir, rmdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { toHex } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import { keyringFromSpecs } from './keys.ts';
import { catalogFiles, openBlobs, openCatalog, openVaultAt } from './open.ts';
import type { ComposeOptions } from './open.ts';
import { listUnfinished, removeUnfinished, unfinishedName, writeConfig } from './unfinished.ts';
import { CONFIG_FILE, formatConfig } from '../config/config.ts';
import type { Config } from '../config/config.ts';
import { createFolder, removeFile } from '../durable-file.ts';
import { SealroomError, isSealroomError, throwIfCancelled } from '../errors.ts';
import { fileError, systemCode } from '../file-errors.ts';
import { createJwk } from '../key-files/jwk.ts';
import { formatKeySpec, isKeyFile, parseKeySpec } from '../specs/key-spec.ts';
import type { KeySpec } from '../specs/key-spec.ts';
import { formatStoreSpec } from '../specs/store-spec.ts';
import type { BlobsSpec, CatalogSpec } from '../specs/store-spec.ts';
import type { BlobStore, CallOptions } from '../ports.ts';
import { randomBlobKey } from '../vault/identifiers.ts';
import { createVault } from '../vault/vault.ts';

export interface InitOptions extends ComposeOptions {
  /** Keys to use, their paths relative to the current folder; a new one in `master.jwk` unless given. */
  readonly keys?: readonly KeySpec[] | undefined;
  /** Where the bytes go, a path relative to the current folder; `blobs` in the vault's own folder unless given. */
  readonly blobs?: BlobsSpec | undefined;
  /** Where the records go, a path relative to the current folder; `catalog.db` in the vault's own unless given. */
  readonly catalog?: CatalogSpec | undefined;
}

export interface NewVault {
  readonly folder: string;
  readonly id: string;
  /** Path of the key that was made; absent when keys were named. */
  readonly masterKey?: string;
}

const MASTER_KEY = 'master.jwk';
const CATALOG = 'catalog.db';
const BLOBS = 'blobs';
/** Partitions of DynamoDB take about 1,000 writes a second each. */
const DYNAMODB_SHARDS = 8;

/**
 * Makes a vault in a folder, which may exist: `blobs`, `master.jwk` and `catalog.db`, where they were not named, and
 * last `sealroom.json`, without which the others are no vault. Overwrites nothing, and on failure removes what it made
 * in the folder and nothing else, unless the vault may be in a catalog elsewhere: then the next run finishes it.
 *
 * @throws SealroomError `exists` naming what is in the way
 */
export async function initVault(folder: string, options: InitOptions = {}): Promise<NewVault> {
  const root = resolve(folder);
  const plan = planOf(root, options);
  if (!(await isThere(join(root, CONFIG_FILE)))) {
    const finished = await finish(root, plan, options);
    if (finished !== undefined) return finished;
  }
  return make(root, plan, options);
}

/** What there is to be made: absolute paths, and what of it lies in the vault's own folder. */
interface Plan {
  readonly keys: readonly KeySpec[] | undefined;
  readonly blobs: BlobsSpec;
  readonly catalog: CatalogSpec;
  /** Names of what is made in the folder, before `sealroom.json`. */
  readonly own: readonly string[];
}

function planOf(root: string, { keys, blobs, catalog }: InitOptions): Plan {
  return {
    keys: keys?.map((spec) => (isKeyFile(spec) ? { ...spec, path: resolve(spec.path) } : spec)),
    blobs: absolute(blobs) ?? { kind: 'fs', path: join(root, BLOBS) },
    catalog: absolute(catalog) ?? { kind: 'sqlite', path: join(root, CATALOG) },
    own: [
      ...(keys === undefined ? [MASTER_KEY] : []),
      ...(catalog === undefined ? [CATALOG] : []),
      ...(blobs === undefined ? [BLOBS] : []),
    ],
  };
}

function absolute<Spec extends BlobsSpec | CatalogSpec>(spec: Spec | undefined): Spec | undefined {
  return spec !== undefined && 'path' in spec ? { ...spec, path: resolve(spec.path) } : spec;
}

async function make(root: string, plan: Plan, options: InitOptions): Promise<NewVault> {
  const { signal, onExposed, onNotice } = options;
  // Declared in this order, so that files are closed before they are removed.
  await using undo = new AsyncDisposableStack();
  await using open = new AsyncDisposableStack();
  // Named keys are read first: nothing has been made yet when one of them cannot be used.
  const purpose = { purpose: 'vault', folder: root, onExposed } as const;
  const namedKeyring = plan.keys && open.use(await keyringFromSpecs({ keys: plan.keys }, purpose));

  await makeFolder(root, undo);
  await claim(root, plan, undo);
  const masterKey = plan.keys === undefined ? await makeMasterKey(root, undo) : undefined;
  const keys = plan.keys ?? [parseKeySpec(`jwk:${MASTER_KEY}`)];
  const keyring = namedKeyring ?? open.use(await keyringFromSpecs({ keys }, purpose));

  const blobs = await openBlobs(plan.blobs, { scope: open, create: true, onNotice });
  await proveReachable(plan.blobs, blobs, { signal });
  if (plan.own.includes(CATALOG)) {
    for (const path of catalogFiles(plan.catalog)) undoing(undo, () => removeFile(path));
  }
  const catalog = await openCatalog(plan.catalog, { scope: open, create: true });
  const shards = plan.catalog.kind === 'dynamodb' ? DYNAMODB_SHARDS : undefined;
  const textFor = ({ id, pins }: Pick<Config, 'id' | 'pins'>): string =>
    configText(root, { id, pins, keys, blobs: plan.blobs, catalog: plan.catalog });
  let begun = false;
  const beforeWrite = async (known: Pick<Config, 'id' | 'pins'>): Promise<void> => {
    const name = unfinishedName(known.id);
    undoing(undo, () => removeFile(join(root, name)));
    await writeConfig(root, name, textFor(known), { signal });
    // A catalog of the folder's own goes when this fails. What may be in any other needs all that was made here.
    begun = !plan.own.includes(CATALOG);
  };
  const created = createVault({ keyring, blobs, catalog, shards, beforeWrite, signal });
  const vault = open.use(
    await created.catch((error: unknown) => {
      if (begun && mayBeMade(error)) undo.move();
      throw error;
    }),
  );
  await commit(root, textFor(vault), { signal, undo: begun ? undo.move() : undo });
  return masterKey === undefined ? { folder: root, id: vault.id } : { folder: root, id: vault.id, masterKey };
}

/** True when a vault may be in its catalog all the same: then its key is not removed, without which it never opens. */
function mayBeMade(error: unknown): boolean {
  return !isSealroomError(error) || ['unavailable', 'cancelled', 'unexpected'].includes(error.code);
}

/** Nothing is written to a bucket when a vault is made: that it can be reached is asked now, not at the first file. */
async function proveReachable({ kind }: BlobsSpec, blobs: BlobStore, options: CallOptions): Promise<void> {
  if (kind !== 's3') return;
  try {
    await blobs.get(randomBlobKey(), options);
  } catch (error) {
    if (!isSealroomError(error, 'not-found')) throw error;
  }
}

/** Finishes what an earlier run began and was not there to finish; undefined where there is no such vault. */
async function finish(root: string, plan: Plan, options: InitOptions): Promise<NewVault | undefined> {
  for (const { path, config } of await listUnfinished(root)) {
    if (!(await isVault(config, options))) continue;
    const { id, keys, blobs, catalog } = config;
    const asked = [...(plan.keys ?? []), plan.blobs, plan.catalog];
    const begun = [...(plan.keys === undefined ? [] : keys), blobs, catalog];
    if (!isDeepStrictEqual(asked, begun)) {
      throw new SealroomError(
        'exists',
        `${path}: a vault was begun here with other keys or stores; run the same init again to finish it, or remove this file`,
      );
    }
    await using undo = new AsyncDisposableStack();
    await commit(root, configText(root, config), { signal: options.signal, undo });
    return plan.keys === undefined ? { folder: root, id, masterKey: join(root, MASTER_KEY) } : { folder: root, id };
  }
  return undefined;
}

/** The text of `sealroom.json`. */
function configText(
  root: string,
  { id, pins, keys, blobs, catalog }: Pick<Config, 'id' | 'pins' | 'keys' | 'blobs' | 'catalog'>,
): string {
  return formatConfig({
    id,
    pins,
    keys: keys.map((spec) => formatKeySpec(within(root, spec))),
    blobs: formatStoreSpec(within(root, blobs)),
    catalog: formatStoreSpec(within(root, catalog)),
  });
}

/** True when a configuration opens a vault; false when nothing came of it, or something else is there. */
async function isVault(config: Config, options: InitOptions): Promise<boolean> {
  try {
    const opened = await openVaultAt(config, options);
    await opened.close();
    return true;
  } catch (error) {
    if (isSealroomError(error, 'no-vault') || isSealroomError(error, 'wrong-vault')) return false;
    throw error;
  }
}

/** A key or store with its path as it stays right when the folder is moved: relative when it lies in it. */
function within<Spec extends KeySpec | BlobsSpec | CatalogSpec>(root: string, spec: Spec): Spec {
  if (!('path' in spec)) return spec;
  const path = relative(root, resolve(root, spec.path));
  return path.startsWith('..') || isAbsolute(path) ? spec : { ...spec, path };
}

/** The first error says more than what goes wrong while its traces are removed. */
function undoing(undo: AsyncDisposableStack, remove: () => Promise<unknown>): void {
  undo.defer(() => remove().then(undefined, () => undefined));
}

async function makeFolder(root: string, undo: AsyncDisposableStack): Promise<void> {
  const missing: string[] = [];
  for (let path = root; !(await isThere(path)); path = dirname(path)) missing.push(path);
  // Only when it is empty: others may have put something in it.
  for (const path of missing.toReversed()) undoing(undo, () => rmdir(path));
  try {
    await createFolder(root);
  } catch (error) {
    if (systemCode(error) === 'EEXIST' || systemCode(error) === 'ENOTDIR') {
      throw new SealroomError('exists', `${root}: a file is in the way of the folder`, { cause: error });
    }
    throw fileError(error, root);
  }
}

/** Of two that run at once, mkdir lets one through; the other has made nothing that it would have to remove. */
async function claim(root: string, { own }: Plan, undo: AsyncDisposableStack): Promise<void> {
  for (const name of [CONFIG_FILE, ...own]) {
    if (await isThere(join(root, name))) throw inTheWay(join(root, name));
  }
  if (!own.includes(BLOBS)) return;
  const blobs = join(root, BLOBS);
  try {
    await mkdir(blobs, { mode: 0o700 });
  } catch (error) {
    throw systemCode(error) === 'EEXIST' ? inTheWay(blobs, error) : fileError(error, blobs);
  }
  undoing(undo, () => rmdir(blobs));
}

function inTheWay(path: string, cause?: unknown): SealroomError {
  return new SealroomError('exists', `${path}: it exists already, and nothing is overwritten`, { cause });
}

/** Its name tells it from other vaults' keys, in `inspect` and wherever keys come together. */
async function makeMasterKey(root: string, undo: AsyncDisposableStack): Promise<string> {
  const path = join(root, MASTER_KEY);
  await createJwk(path, `master-${toHex(cipher.randomBytes(4))}`);
  undoing(undo, () => removeFile(path));
  return path;
}

async function commit(
  folder: string,
  text: string,
  { signal, undo }: Pick<InitOptions, 'signal'> & { readonly undo: AsyncDisposableStack },
): Promise<void> {
  throwIfCancelled(signal);
  try {
    await writeConfig(folder, CONFIG_FILE, text, { signal });
  } catch (error) {
    // Written, perhaps not durably: then this is a vault, and a vault is not removed.
    if (isSealroomError(error, 'unavailable') && (await isThere(join(folder, CONFIG_FILE)))) undo.move();
    throw error;
  }
  undo.move();
  await removeUnfinished(folder);
}

/** True for anything with this name, a link to nothing included. */
async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false;
    throw fileError(error, path);
  }
}
