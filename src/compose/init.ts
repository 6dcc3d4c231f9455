/** Making a vault in a folder. */
import { lstat, mkdir, rmdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { toHex, utf8 } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import { keyringFromSpecs } from './keys.ts';
import { catalogFiles, openBlobs, openCatalog } from './open.ts';
import type { ComposeOptions } from './open.ts';
import { CONFIG_FILE, formatConfig } from '../config/config.ts';
import { createFile, createFolder, removeFile } from '../durable-file.ts';
import { SealroomError, isSealroomError, throwIfCancelled } from '../errors.ts';
import { fileError, systemCode } from '../file-errors.ts';
import { createJwk } from '../key-files/jwk.ts';
import { formatKeySpec, parseKeySpec } from '../key-spec.ts';
import type { KeySpec } from '../key-spec.ts';
import { createVault } from '../vault/vault.ts';

export interface InitOptions extends ComposeOptions {
  /** Keys to use, their paths relative to the current folder; a new one in `master.jwk` unless given. */
  readonly keys?: readonly KeySpec[] | undefined;
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

/**
 * Makes a vault in a folder, which may exist: `blobs`, `master.jwk`, `catalog.db`, and last `sealroom.json`, without
 * which the others are no vault. Overwrites nothing, and on failure removes what it made and nothing else.
 *
 * @throws SealroomError `exists` naming what is in the way
 */
export async function initVault(folder: string, options: InitOptions = {}): Promise<NewVault> {
  const { signal, onExposed } = options;
  const root = resolve(folder);
  const named = options.keys?.map((spec) => ({ ...spec, path: resolve(spec.path) }));
  // Declared in this order, so that files are closed before they are removed.
  await using undo = new AsyncDisposableStack();
  await using open = new AsyncDisposableStack();
  // Named keys are read first: nothing has been made yet when one of them cannot be used.
  const purpose = { purpose: 'vault', folder: root, onExposed } as const;
  const namedKeyring = named === undefined ? undefined : open.use(await keyringFromSpecs({ keys: named }, purpose));

  await makeFolder(root, undo);
  await claim(root, named === undefined, undo);
  const masterKey = named === undefined ? await makeMasterKey(root, undo) : undefined;
  const keys = (named ?? [parseKeySpec(`jwk:${MASTER_KEY}`)]).map((spec) => formatKeySpec(within(root, spec)));
  const keyring = namedKeyring ?? open.use(await keyringFromSpecs({ keys: keys.map(parseKeySpec) }, purpose));

  const blobs = await openBlobs({ kind: 'fs', path: join(root, BLOBS) }, {});
  const database = join(root, CATALOG);
  for (const path of catalogFiles({ kind: 'sqlite', path: database })) undoing(undo, () => removeFile(path));
  const catalog = open.use(await openCatalog({ kind: 'sqlite', path: database }, { create: true }));
  const vault = open.use(await createVault({ keyring, blobs, catalog, signal }));
  const { id, pins } = vault;
  const text = formatConfig({ id, pins, keys, blobs: `fs:${BLOBS}`, catalog: `sqlite:${CATALOG}` });
  await commit(root, text, { signal, undo });
  return masterKey === undefined ? { folder: root, id } : { folder: root, id, masterKey };
}

/** The key with its path as it stays right when the folder is moved: relative when it lies in it. */
function within(root: string, spec: KeySpec): KeySpec {
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
async function claim(root: string, withKey: boolean, undo: AsyncDisposableStack): Promise<void> {
  for (const name of [CONFIG_FILE, ...(withKey ? [MASTER_KEY] : []), CATALOG, BLOBS]) {
    if (await isThere(join(root, name))) throw inTheWay(join(root, name));
  }
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
  const temporary = `.${CONFIG_FILE}.${toHex(cipher.randomBytes(4))}`;
  const thing = join(folder, CONFIG_FILE);
  try {
    await createFile({ folder, name: CONFIG_FILE, temporary, thing, signal }, chunkOf(text));
  } catch (error) {
    // Written, perhaps not durably: then this is a vault, and a vault is not removed.
    if (isSealroomError(error, 'unavailable') && (await isThere(thing))) undo.move();
    throw error;
  }
  undo.move();
}

async function* chunkOf(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield utf8(text);
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
