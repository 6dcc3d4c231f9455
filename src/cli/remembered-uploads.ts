/**
 * Uploads that are under way, as the command line remembers them: a private file each, so that they can be gone on with
 * after a kill. They hold what it takes to find the upload and to know the file again, and no token.
 */
import { readFile, readdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFolder, removeFile } from '../durable-file.ts';
import { SealroomError } from '../errors.ts';
import { fileError, systemCode } from '../file-errors.ts';

/** Which file, and where it goes. */
export interface UploadPlace {
  /** Address of the service. */
  readonly service: string;
  /** Where one was named. */
  readonly tenant: string | null;
  /** Of the file on this machine: absolute, without links. */
  readonly path: string;
}

export interface RememberedUpload extends UploadPlace {
  readonly id: string;
  readonly size: number;
  /** When the file was last changed: nanoseconds since 1970, in decimal. */
  readonly modified: string;
  /** When the service gives the upload up: ISO 8601, where it said so. */
  readonly expires: string | null;
}

export class RememberedUploads {
  readonly #folder: string;
  readonly #now: () => number;

  constructor(folder: string, { now = Date.now }: { readonly now?: () => number } = {}) {
    this.#folder = folder;
    this.#now = now;
  }

  async remember(upload: RememberedUpload): Promise<void> {
    const file = this.#fileOf(upload.id);
    try {
      await createFolder(this.#folder);
      await writeFile(file, `${JSON.stringify(upload)}\n`, { mode: 0o600, flag: 'wx', flush: true });
    } catch (error) {
      throw fileError(error, file);
    }
  }

  async forget(id: string): Promise<void> {
    await removeFile(this.#fileOf(id));
  }

  /** Uploads of one file, the newest first. Those whose time has come are forgotten. */
  async of(place: UploadPlace): Promise<readonly RememberedUpload[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw fileError(error, this.#folder);
    });
    const found: RememberedUpload[] = [];
    for (const name of names.filter((each) => each.endsWith(SUFFIX))) {
      const upload = await readUpload(join(this.#folder, name));
      if (upload === undefined) continue;
      if (upload.expires !== null && Date.parse(upload.expires) <= this.#now()) {
        await unlink(join(this.#folder, name)).catch(() => undefined);
      } else if (isOf(upload, place)) found.push(upload);
    }
    // Ids are in the order of time.
    return found.sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** The id is the service's word, and must not lead out of the folder. */
  #fileOf(id: string): string {
    if (!/^[0-9a-f-]{36}$/.test(id)) throw new SealroomError('unexpected', 'the service named an upload by no id');
    return join(this.#folder, `${id}${SUFFIX}`);
  }
}

const SUFFIX = '.json';

function isOf(upload: UploadPlace, { service, tenant, path }: UploadPlace): boolean {
  return upload.service === service && upload.tenant === tenant && upload.path === path;
}

/** Undefined for what is no upload, such as a file that a kill left unfinished. */
async function readUpload(path: string): Promise<RememberedUpload | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isUpload(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isUpload(value: unknown): value is RememberedUpload {
  if (typeof value !== 'object' || value === null) return false;
  const has = (key: string, ...types: readonly string[]): boolean => {
    const field: unknown = Reflect.get(value, key);
    return types.includes(field === null ? 'null' : typeof field);
  };
  return (
    ['service', 'path', 'id', 'modified'].every((key) => has(key, 'string')) &&
    ['tenant', 'expires'].every((key) => has(key, 'string', 'null')) &&
    has('size', 'number')
  );
}
