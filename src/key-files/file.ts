/** Files that hold keys: read whole and small, created once, readable by their owner only. */
import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fromUtf8 } from '../bytes.ts';
import { syncFolder } from '../durable-file.ts';
import { SealroomError } from '../errors.ts';
import { fileError, systemCode } from '../file-errors.ts';

export interface KeyFile {
  readonly text: string;
  /** True when others than its owner may read the file, which whoever keeps a secret in it should be warned of. */
  readonly exposed: boolean;
}

/** No key file comes near it; whoever names a disk image by mistake gets an error at once. */
const MAX_LENGTH = 64 * 1024;
const GROUP_AND_OTHERS = 0o077;
/** For files that hold a secret. */
export const PRIVATE_MODE = 0o600;
/** For files that hold a public key. */
export const PUBLIC_MODE = 0o644;

/** @throws SealroomError `bad-key` naming the file when it cannot be read, or is no text of 64 KiB at most */
export async function readKeyFile(path: string): Promise<KeyFile> {
  const content = Buffer.alloc(MAX_LENGTH + 1);
  try {
    await using file = await open(path, 'r');
    const { mode } = await file.stat();
    const length = await readUpTo(file, content);
    if (length > MAX_LENGTH) throw badKeyFile(path, 'it is too large for a key');
    // Windows keeps its permissions elsewhere and shows the same mode for every file.
    const exposed = process.platform !== 'win32' && (mode & GROUP_AND_OTHERS) !== 0;
    return { text: textOf(path, content.subarray(0, length)), exposed };
  } catch (error) {
    if (error instanceof SealroomError) throw error;
    const code = systemCode(error) ?? 'an unexpected error';
    throw badKeyFile(path, readFailures[code] ?? `it cannot be read (${code})`, error);
  } finally {
    content.fill(0);
  }
}

async function readUpTo(file: FileHandle, target: Buffer): Promise<number> {
  let length = 0;
  while (length < target.length) {
    // No position, so that a pipe can be read too.
    const { bytesRead } = await file.read(target, length, target.length - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

function textOf(path: string, bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    throw badKeyFile(path, 'it is not text');
  }
}

export interface NewKeyFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/**
 * Creates files that do not exist yet, all of them or none, and makes them durable: data that is sealed under a key
 * must not outlive it.
 *
 * @throws SealroomError `exists` when one of them is there already
 */
export async function createKeyFiles(files: readonly NewKeyFile[]): Promise<void> {
  const created: string[] = [];
  for (const { path, text, mode } of files) {
    try {
      await using file = await open(path, 'wx', mode);
      created.push(path);
      await file.writeFile(text);
      await file.sync();
      await syncFolder(dirname(path));
    } catch (error) {
      await Promise.allSettled(created.map((file) => rm(file, { force: true })));
      throw cannotCreate(path, error);
    }
  }
}

/** The error for a key file whose content cannot be used. The reason must not quote the content. */
export function badKeyFile(path: string, reason: string, cause?: unknown): SealroomError {
  return new SealroomError('bad-key', `${path}: ${reason}`, { cause });
}

const readFailures: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'the system does not let it be read',
  EPERM: 'the system does not let it be read',
};

function cannotCreate(path: string, error: unknown): SealroomError {
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return badKeyFile(path, 'its folder does not exist', error);
  return fileError(error, path);
}
