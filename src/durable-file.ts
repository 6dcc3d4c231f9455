/** Files and folders that are still there, and whole, after the power went. */
import { link, mkdir, open, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cancellableChunks } from './cancellable.ts';
import { SealroomError, throwIfCancelled } from './errors.ts';
import { fileError, systemCode } from './file-errors.ts';

export interface NewFile {
  readonly folder: string;
  readonly name: string;
  /** Name under which it grows, in the same folder. */
  readonly temporary: string;
  /** What to call the file in an error. */
  readonly thing: string;
  /** Length in bytes where it is known. */
  readonly size?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes a file, all of it or none, and never in the place of another. Durable when it resolves:
 *
 *     open(temporary, O_CREAT | O_EXCL)   write ...   fsync   link(temporary, name)   unlink(temporary)   fsync(folder)
 *
 * - link(2), unlike rename(2), fails when the name is taken, whoever took it: there is no moment between a look and a
 *   change.
 * - The bytes are on disk before the name is, so no crash shows a part of them.
 * - Whoever removes the temporary name stops the file from appearing: link(2) has nothing to link any more.
 * - It needs a file system with hard links.
 *
 * @throws SealroomError `exists`, `no-space`, `permission`, `cancelled`: the file is absent; `interrupted`: the
 *   temporary name was removed meanwhile, the file is absent; `usage`: the source has another length than `size`;
 *   `unavailable`: it may be there, in full. An error of the source passes through unchanged.
 */
export async function createFile(file: NewFile, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const { folder, thing, signal } = file;
  const name = join(folder, file.name);
  const temporary = join(folder, file.temporary);
  const handle = await open(temporary, 'wx', 0o600).catch((error: unknown) => {
    throw openError(error, thing);
  });
  try {
    await writeAll(handle, cancellableChunks(chunks, signal), file);
    await system(handle.sync(), thing);
    await system(handle.close(), thing);
    throwIfCancelled(signal);
    await link(temporary, name).catch((error: unknown) => {
      throw linkError(error, thing);
    });
  } catch (error) {
    // The first error says more than these could. What stays has a name under which it can be found again.
    await handle.close().catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  try {
    await removeFile(temporary);
    await syncFolder(folder);
  } catch (error) {
    throw new SealroomError('unavailable', `${thing}: written, but the system did not confirm that it is durable`, {
      cause: error,
    });
  }
}

async function writeAll(handle: FileHandle, chunks: AsyncIterable<Uint8Array>, file: NewFile): Promise<void> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (file.size !== undefined && length > file.size) break;
    // write(2) may take less than it was given.
    for (let offset = 0; offset < chunk.length;) {
      offset += (await system(handle.write(chunk, offset), file.thing)).bytesWritten;
    }
  }
  if (file.size !== undefined && length !== file.size) {
    throw new SealroomError('usage', `a source of ${file.size} bytes was announced, and it has another length`);
  }
}

function openError(error: unknown, thing: string): SealroomError {
  if (systemCode(error) !== 'ENOENT') return fileError(error, thing);
  return new SealroomError('unavailable', `${thing}: a folder in it is gone`, { cause: error });
}

function linkError(error: unknown, thing: string): SealroomError {
  const code = systemCode(error);
  if (code === 'ENOENT') {
    return new SealroomError('interrupted', `${thing}: a file was removed while it was written`, { cause: error });
  }
  // exFAT and some network file systems, each with an answer of its own.
  if (code === 'EPERM' || code === 'ENOSYS' || code === 'ENOTSUP' || code === 'EOPNOTSUPP') {
    return new SealroomError('permission', `${thing}: needs a file system with hard links, such as ext4, XFS or NTFS`, {
      cause: error,
    });
  }
  return fileError(error, thing);
}

/** Removes a file; one that is absent is no error. */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
  });
}

/** Makes the names in a folder durable. Windows has no call for it and keeps them in its journal. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder, and those above it that are missing, for its owner only. Durable when it resolves. */
export async function createFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

async function system<T>(call: Promise<T>, thing: string): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw fileError(error, thing);
  }
}
