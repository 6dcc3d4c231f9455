/** What a command writes: a file that appears when it is complete, or stdout, or a device. */
import { fstat } from 'node:fs';
import { link, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { toHex } from '../bytes.ts';
import { cancellableChunks } from '../cancellable.ts';
import { cipher } from '../cipher/index.ts';
import { SealroomError, throwIfCancelled } from '../errors.ts';
import { fileError, systemCode } from '../file-errors.ts';
import { usage } from './arguments.ts';
import { HintedError } from './hints.ts';
import type { FileIdentity } from './input.ts';
import type { Session } from './session.ts';

export interface Output {
  /** True when results for people or programs have to go elsewhere. */
  readonly isStdout: boolean;
  /**
   * Takes a stream, whose chunks stay as they are until the next but one is asked for, and the last until this
   * resolves. What fails leaves no file.
   */
  write(chunks: AsyncIterable<Uint8Array>): Promise<void>;
}

export interface OutputOptions {
  /** Replace a file that is there. */
  readonly force?: boolean | undefined;
  /** What is read meanwhile, and must not be what is written. */
  readonly input?: FileIdentity | undefined;
}

const STDOUT = 1;
const statDescriptor = promisify(fstat);

/**
 * Looks at where output is to go, before any work is done for it. Stdout is `-`, or no path at all.
 *
 * @throws SealroomError `exists`, `usage`, `not-found`, `permission`
 */
export async function openOutput(
  session: Session,
  path: string | undefined,
  options: OutputOptions = {},
): Promise<Output> {
  if (path === undefined || path === '-') return stdoutOutput(session, options);
  const status = await stat(path, { bigint: true }).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw fileError(error, path);
  });
  if (status?.isDirectory()) throw usage(`${path}: it is a folder; -o names a file`);
  if (status !== undefined && !status.isFile()) {
    return { isStdout: false, write: (chunks) => writeDevice(session, path, chunks) };
  }
  if (status !== undefined) refuseInput(status, path, options.input);
  if (status !== undefined && options.force !== true) throw alreadyThere(path);
  return { isStdout: false, write: (chunks) => writeFile(session, path, { ...options, chunks }) };
}

async function stdoutOutput({ terminal }: Session, { input }: OutputOptions): Promise<Output> {
  if (isatty(STDOUT)) throw binaryToTerminal();
  const status = await statDescriptor(STDOUT, { bigint: true }).catch((error: unknown) => {
    throw fileError(error, 'stdout');
  });
  if (status.isFile()) refuseInput(status, 'stdout', input);
  return {
    isStdout: true,
    write: async (chunks) => {
      for await (const chunk of chunks) await terminal.write(chunk);
    },
  };
}

function binaryToTerminal(): SealroomError {
  return new HintedError('usage', 'the bytes of a file do not go to a terminal', '-o FILE, or a pipe, takes them');
}

/** Written over, the input would be gone; appended to, it would never end. */
function refuseInput(output: FileIdentity, path: string, input: FileIdentity | undefined): void {
  if (input !== undefined && input.dev === output.dev && input.ino === output.ino) {
    throw usage(`${path}: it is the file that is read, too`);
  }
}

function alreadyThere(path: string, cause?: unknown): SealroomError {
  return new HintedError('exists', `${path}: it exists already, and nothing is overwritten`, '--force replaces it', {
    cause,
  });
}

async function writeDevice({ signal }: Session, path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(path, 'w').catch((error: unknown) => {
    throw fileError(error, path);
  });
  try {
    if (isatty(handle.fd)) throw binaryToTerminal();
    await writeAll(handle, path, cancellableChunks(chunks, signal));
  } finally {
    await handle.close();
  }
}

/** Grows under another name beside the file that it becomes. */
async function writeFile(
  { signal }: Session,
  path: string,
  { chunks, force }: OutputOptions & { readonly chunks: AsyncIterable<Uint8Array> },
): Promise<void> {
  // Of a link that is replaced by force, what it points at is replaced, as a shell's redirection would do.
  const target = force ? await realpath(path).catch(() => resolve(path)) : resolve(path);
  const temporary = join(dirname(target), `.${basename(target).slice(0, 40)}.${randomSuffix()}.part`);
  const handle = await open(temporary, 'wx', await modeOf(target)).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw fileError(error, path);
    throw new SealroomError('not-found', `${path}: its folder is not there`, { cause: error });
  });
  try {
    await writeAhead(handle, path, cancellableChunks(chunks, signal));
    // Without it, a machine that stops now could show the name with nothing behind it.
    await handle.sync();
    await handle.close();
    throwIfCancelled(signal);
    await (force ? rename(temporary, target) : appear(temporary, target, path));
  } catch (error) {
    await handle.close().catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    throw fileError(error, path);
  }
}

/** Of a file that is replaced: what only its owner could read stays so. */
async function modeOf(target: string): Promise<number | undefined> {
  const status = await stat(target).catch(() => undefined);
  return status === undefined ? undefined : status.mode & 0o777;
}

function randomSuffix(): string {
  return toHex(cipher.randomBytes(6));
}

/** Gives a finished file its name, unless the name was taken in the meantime. */
async function appear(temporary: string, target: string, path: string): Promise<void> {
  try {
    await link(temporary, target);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') throw alreadyThere(path, error);
    if (code === undefined || !WITHOUT_LINKS.has(code)) throw error;
    await claimName(target, path);
    await rename(temporary, target);
    return;
  }
  await unlink(temporary);
}

/** What file systems without hard links answer, those of memory sticks among them. */
const WITHOUT_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK']);

/** Takes a name with an empty file, which only one can do, so that a rename replaces nobody else's. */
async function claimName(target: string, path: string): Promise<void> {
  try {
    await (await open(target, 'wx')).close();
  } catch (error) {
    throw systemCode(error) === 'EEXIST' ? alreadyThere(path, error) : error;
  }
}

async function writeAll(handle: FileHandle, path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) {
    await writeChunk(handle, path, chunk);
  }
}

/** Writes a chunk while the next one is made. */
async function writeAhead(handle: FileHandle, path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  let writing = Promise.resolve();
  try {
    for await (const chunk of chunks) {
      await writing;
      writing = writeChunk(handle, path, chunk);
      // Its error is thrown when it is waited for.
      writing.catch(() => undefined);
    }
    await writing;
  } finally {
    // The memory must not be wiped, nor the file closed and its number given to another, under a write.
    await writing.catch(() => undefined);
  }
}

async function writeChunk(handle: FileHandle, path: string, chunk: Uint8Array): Promise<void> {
  // write(2) may take less than it was given.
  for (let offset = 0; offset < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, offset).catch((error: unknown) => {
      throw fileError(error, path);
    });
    offset += bytesWritten;
  }
}
