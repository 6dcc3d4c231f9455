import { constants } from 'node:fs';
import { access, mkdir, open, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createFile, createFolder, removeFile, syncFolder } from '../durable-file.ts';
import { SealroomError, throwIfCancelled } from '../errors.ts';
import { fileError, systemCode } from '../file-errors.ts';
import { checkBlobKey, checkBlobRange, type BlobStore } from '../ports.ts';
import { fileChunks } from './file-chunks.ts';

export interface FsBlobsOptions {
  /** Makes the folder when it is missing, with those above it. */
  readonly create?: boolean | undefined;
}

/**
 * Opens a folder as a blob store. A blob is the file `<first two characters of its key>/<key>`; while it is written it
 * is `<key>.part`. Any number of processes may use the folder at once.
 *
 * @throws SealroomError `no-vault` when the folder is missing and is not to be made
 */
export async function openFsBlobs(folder: string, options: FsBlobsOptions = {}): Promise<BlobStore> {
  const root = resolve(folder);
  const thing = `the blob folder ${root}`;
  try {
    if (options.create) await createFolder(root);
    if (!(await stat(root)).isDirectory()) throw new SealroomError('bad-configuration', `${thing}: it is no folder`);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw fileError(error, thing);
    throw new SealroomError('no-vault', `${thing}: it is not there; check the path, or make a new vault`, {
      cause: error,
    });
  }
  return new FsBlobs(root, thing);
}

class FsBlobs implements BlobStore {
  readonly #root: string;
  readonly #thing: string;
  /** Fan-out folders whose names in the root this process knows to be durable. */
  readonly #durable = new Set<string>();

  constructor(root: string, thing: string) {
    this.#root = root;
    this.#thing = thing;
  }

  async put(...[key, chunks, options = {}]: Parameters<BlobStore['put']>): Promise<void> {
    checkBlobKey(key);
    const { signal, size } = options;
    throwIfCancelled(signal);
    const folder = await this.#makeFanOut(key);
    try {
      await createFile({ folder, name: key, temporary: partName(key), thing: this.#thing, size, signal }, chunks);
    } catch (error) {
      // Perhaps somebody took the fan-out folder away: the next put looks again.
      this.#durable.delete(folder);
      throw error;
    }
  }

  async get(...[key, options = {}]: Parameters<BlobStore['get']>): Promise<AsyncIterable<Uint8Array>> {
    checkBlobKey(key);
    const { signal, range } = options;
    checkBlobRange(range);
    throwIfCancelled(signal);
    const handle = await open(join(this.#fanOut(key), key), READ_FILE).catch(async (error: unknown) => {
      if (systemCode(error) === 'ELOOP') throw this.#foreign();
      await this.#expectAbsence(error);
      throw new SealroomError('not-found', `${this.#thing}: a blob is not there`, { cause: error });
    });
    try {
      const status = await handle.stat();
      if (!status.isFile()) throw this.#foreign();
      const { size } = status;
      throwIfCancelled(signal);
      const { start, end } = range ?? { start: 0, end: size };
      return fileChunks(handle, { start, end: Math.min(end, size), thing: this.#thing, signal });
    } catch (error) {
      await handle.close();
      throw fileError(error, this.#thing);
    }
  }

  /**
   * The part first, the blob second. A put that is still writing, perhaps in another process, can then no longer
   * link its part; had it done so just before, the blob is found here. The other way round it could link in between,
   * and a blob would stay that no journal entry names. What is left is a put that has not begun to write yet: for it,
   * a sweeper removes a second time.
   */
  async remove(...[key, options = {}]: Parameters<BlobStore['remove']>): Promise<void> {
    checkBlobKey(key);
    throwIfCancelled(options.signal);
    const folder = this.#fanOut(key);
    try {
      await removeFile(join(folder, partName(key)));
      await removeFile(join(folder, key));
      // Also when nothing was there: whoever removed it may have crashed before this call.
      await syncFolder(folder);
    } catch (error) {
      await this.#expectAbsence(error);
    }
  }

  #fanOut(key: string): string {
    return join(this.#root, key.slice(0, 2));
  }

  async #makeFanOut(key: string): Promise<string> {
    const folder = this.#fanOut(key);
    if (this.#durable.has(folder)) return folder;
    try {
      // Not recursive: where the root is gone, a disk is not mounted, and nothing may be written in its place.
      await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
        if (systemCode(error) !== 'EEXIST') throw error;
      });
      // Also when it was there: the process that made it may not have come this far.
      await syncFolder(this.#root);
    } catch (error) {
      throw systemCode(error) === 'ENOENT' ? this.#gone(error) : fileError(error, this.#thing);
    }
    this.#durable.add(folder);
    return folder;
  }

  /** Returns when an error only says that a file or its fan-out folder is absent. A store that is gone knows nothing. */
  async #expectAbsence(reason: unknown): Promise<void> {
    if (systemCode(reason) !== 'ENOENT') throw fileError(reason, this.#thing);
    await access(this.#root).catch((cause: unknown) => {
      throw this.#gone(cause);
    });
  }

  #foreign(): SealroomError {
    return new SealroomError('damaged', `${this.#thing}: where a blob should be is something that is no file`);
  }

  #gone(cause: unknown): SealroomError {
    return new SealroomError('unavailable', `${this.#thing}: it is gone; is its disk mounted?`, { cause });
  }
}

/** Whoever can write the folder could put a pipe there, and opening it would wait without end, or a link that leads out. */
const READ_FILE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

function partName(key: string): string {
  return `${key}.part`;
}
