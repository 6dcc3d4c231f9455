/** Where the bytes of a file that is put come from. */
import { chunksOf } from '../bytes.ts';
import type { Bytes } from '../bytes.ts';
import { SealroomError } from '../errors.ts';
import { readerChunks } from './download.ts';

/** Bytes that can be read as often as need be, from any of them on. */
export interface Rereadable {
  readonly size: number;
  /**
   * The bytes from `start` up to `end`, which is exclusive: the same each time, or an error. A chunk is lent until the
   * next one is asked for.
   */
  slice(start: number, end: number): AsyncIterable<Uint8Array>;
}

/** What can be put: a `File` of a page is a Blob. */
export type Source = Bytes | Blob | Rereadable;

/** What can be sent once more. */
export type Replayable = Uint8Array<ArrayBuffer> | Blob | Rereadable;

/** Whether it can be sent once more. */
export function isReplayable(source: Source): source is Replayable {
  if (source instanceof Uint8Array || source instanceof Blob) return true;
  const isStream = typeof source !== 'object' || Symbol.asyncIterator in source || Symbol.iterator in source;
  return !isStream && typeof source.size === 'number' && typeof source.slice === 'function';
}

export function sizeOf(source: Replayable): number {
  return source instanceof Uint8Array ? source.length : source.size;
}

/**
 * A part of a source, and never more or less: a request says how long it is before it is sent.
 *
 * @throws SealroomError `usage` where the source has another length than it said
 */
export async function* partOf(
  source: Replayable,
  { start, end }: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = end - start;
  for await (const chunk of sliceOf(source, start, end)) {
    left -= chunk.length;
    if (left < 0) break;
    yield chunk;
  }
  if (left !== 0) {
    const some = left > 0 ? 'fewer' : 'more';
    throw new SealroomError('usage', `a source of ${sizeOf(source)} bytes was announced, and ${some} came`);
  }
}

function sliceOf(source: Replayable, start: number, end: number): AsyncIterable<Uint8Array> {
  if (source instanceof Uint8Array) return chunksOf(source.subarray(start, end));
  return source instanceof Blob ? readerChunks(source.slice(start, end).stream()) : source.slice(start, end);
}
