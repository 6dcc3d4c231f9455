import type { FileHandle } from 'node:fs/promises';
import { throwIfCancelled } from '../errors.ts';
import { fileError } from '../file-errors.ts';

/** Large enough that the cost of a call disappears beside the copy, small enough to stay in a core's own cache. */
const CHUNK_LENGTH = 512 * 1024;

export interface FilePart {
  readonly start: number;
  readonly end: number;
  /** What to call the file in an error. */
  readonly thing: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A part of an open file, chunk by chunk; every chunk is lent and lies in the same memory. The handle is taken over
 * and closed at the end, at an error and by `return`, also when nothing was read: no generator, because the `finally`
 * of one that never started never runs.
 */
export function fileChunks(handle: FileHandle, part: FilePart): AsyncIterableIterator<Uint8Array> {
  const { end, thing, signal } = part;
  let position = part.start;
  let buffer: Uint8Array | undefined;
  let closed: Promise<void> | undefined;

  // FileHandle.close waits for a read that is under way.
  const close = (): Promise<void> => (closed ??= handle.close());

  const finish = async (): Promise<IteratorReturnResult<undefined>> => {
    await close();
    return { done: true, value: undefined };
  };

  const read = async (): Promise<Uint8Array> => {
    throwIfCancelled(signal);
    buffer ??= new Uint8Array(Math.min(CHUNK_LENGTH, end - position));
    const length = Math.min(buffer.length, end - position);
    const { bytesRead } = await handle.read(buffer, 0, length, position);
    position += bytesRead;
    return buffer.subarray(0, bytesRead);
  };

  return {
    next: async () => {
      if (closed !== undefined || position >= end) return finish();
      try {
        const chunk = await read();
        return chunk.length === 0 ? await finish() : { done: false, value: chunk };
      } catch (error) {
        await close();
        throw fileError(error, thing);
      }
    },
    return: finish,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
