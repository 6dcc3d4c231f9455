/** What a command reads: a file, or stdin. */
import { fstat, read } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { cancellableChunks } from '../cancellable.ts';
import { SealroomError } from '../errors.ts';
import { fileError, systemCode } from '../file-errors.ts';
import type { CallOptions } from '../ports.ts';
import { RereadableFile } from './rereadable-file.ts';

/** Which file it is, whatever name it goes by. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

export interface Input extends AsyncDisposable {
  /** Chunks are lent until the next one is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Bytes that are there to be read, for a regular file. */
  readonly size?: number;
  /** For a regular file. */
  readonly identity?: FileIdentity;
  /** The same bytes, as often as need be: for a regular file that says how long it is, and has a name. */
  readonly again?: RereadableFile;
}

const STDIN = 0;
/** Large enough that the cost of a call disappears beside the copy, small enough to stay in a core's own cache. */
const CHUNK_LENGTH = 512 * 1024;

const readDescriptor = promisify(read);
const statDescriptor = promisify(fstat);

/**
 * Opens a file, or stdin when the path is `-`.
 *
 * @throws SealroomError `not-found`, `usage` for a folder, `permission`
 */
export async function openInput(path: string, { signal }: CallOptions): Promise<Input> {
  return path === '-' ? openStdin(signal) : openFile(path, signal);
}

async function openFile(path: string, signal: AbortSignal | undefined): Promise<Input> {
  try {
    const handle = await open(path, 'r');
    const close = (): Promise<void> => handle.close();
    try {
      const status = await statusOf(handle.fd, path);
      const again = status.isFile() && status.size > 0n ? { again: new RereadableFile(handle, { path, status }) } : {};
      return { ...inputOf(handle.fd, { thing: path, status, signal }), ...again, [Symbol.asyncDispose]: close };
    } catch (error) {
      await close();
      throw error;
    }
  } catch (error) {
    if (systemCode(error) === 'ENOTDIR')
      throw new SealroomError('not-found', `${path}: it is not there`, { cause: error });
    throw fileError(error, path);
  }
}

async function openStdin(signal: AbortSignal | undefined): Promise<Input> {
  const status = await statusOf(STDIN, 'stdin').catch((error: unknown) => {
    throw fileError(error, 'stdin');
  });
  const input = status.isFile()
    ? inputOf(STDIN, { thing: 'stdin', status, signal })
    : { chunks: cancellableChunks(stdinChunks(), signal) };
  // It stays open: it is not this command's to close.
  return { ...input, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function statusOf(descriptor: number, thing: string): Promise<BigIntStats> {
  const status = await statDescriptor(descriptor, { bigint: true });
  if (status.isDirectory()) throw new SealroomError('usage', `${thing}: it is a folder, and a file is wanted`);
  return status;
}

function inputOf(
  descriptor: number,
  { thing, status, signal }: CallOptions & { readonly thing: string; readonly status: BigIntStats },
): Omit<Input, typeof Symbol.asyncDispose> {
  const regular = status.isFile();
  const chunks = cancellableChunks(descriptorChunks(descriptor, { thing, ahead: regular }), signal);
  // A file of the kernel's (/proc) says that it is empty, and is not.
  const size = status.size > 0n ? { size: Number(status.size) } : {};
  return regular ? { chunks, ...size, identity: { dev: status.dev, ino: status.ino } } : { chunks };
}

async function* stdinChunks(): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    // It gives text only to whoever sets an encoding.
    for await (const chunk of process.stdin) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    throw fileError(error, 'stdin');
  }
}

/**
 * Reads on from where a descriptor stands.
 *
 * @param options.ahead reads the next chunk while the one before is worked on; only where no read waits without end,
 *   because the stream cannot be given up while one does
 */
async function* descriptorChunks(
  descriptor: number,
  { thing, ahead }: { readonly thing: string; readonly ahead: boolean },
): AsyncGenerator<Uint8Array, void, undefined> {
  const buffers = [new Uint8Array(CHUNK_LENGTH), new Uint8Array(CHUNK_LENGTH)] as const;
  let turn = 0;
  const readNext = async (): Promise<Uint8Array> => {
    const buffer = buffers[turn++ % 2]!;
    const { bytesRead } = await readDescriptor(descriptor, buffer, 0, buffer.length, null);
    return buffer.subarray(0, bytesRead);
  };
  let next: Promise<Uint8Array> | undefined;
  try {
    for (;;) {
      const chunk = await (next ?? readNext());
      next = undefined;
      if (chunk.length === 0) return;
      if (ahead) {
        next = readNext();
        // Its error is thrown when its turn comes.
        next.catch(() => undefined);
      }
      yield chunk;
    }
  } catch (error) {
    throw fileError(error, thing);
  } finally {
    // The descriptor must not be closed, and given to another file, under a read.
    await next?.catch(() => undefined);
    for (const buffer of buffers) buffer.fill(0);
  }
}
