import { Readable } from 'node:stream';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { SealroomError, throwIfCancelled } from '../errors.ts';
import { awsError } from './failure.ts';

/** The body of an answer, as the SDK gives it. */
export interface S3Body {
  readonly stream: GetObjectCommandOutput['Body'];
  /** Bytes that must come, where the store says so. */
  readonly length: number | undefined;
}

export interface BodyOptions {
  /** What to call the store in an error. */
  readonly thing: string;
  /** Milliseconds for which the store may be silent while a chunk is asked for; none for ever. */
  readonly silence: number;
  /** What an error of the stream is, where that is more than that it broke. */
  readonly failure?: ((error: unknown) => SealroomError | undefined) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The body of an answer, chunk by chunk as it comes. One that breaks, or is shorter than announced, fails with
 * `unavailable`. `return` gives up the connection, also when nothing was read: no generator, because the `finally` of
 * one that never started never runs. Whoever reads slowly may: time counts only while a chunk is asked for.
 */
export function bodyChunks(
  { stream, length }: S3Body,
  { thing, silence, failure, signal }: BodyOptions,
): AsyncIterableIterator<Uint8Array, undefined> {
  if (!(stream instanceof Readable)) throw new SealroomError('unexpected', `${thing}: the SDK gave no stream`);
  // One that breaks before anybody reads it would end the process.
  stream.on('error', () => undefined);
  const chunks = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  let received = 0;
  let done = false;

  const broken = (reason: string): SealroomError =>
    new SealroomError('unavailable', `${thing}: ${reason}; try again`, { cause: signal?.reason });

  const end = (): IteratorReturnResult<undefined> => {
    done = true;
    stream.destroy();
    return { done: true, value: undefined };
  };

  return {
    next: async () => {
      if (done) return end();
      const late = setTimeout(() => stream.destroy(broken('it was silent for too long')), silence);
      try {
        throwIfCancelled(signal);
        const next = await chunks.next();
        throwIfCancelled(signal);
        if (!next.done) {
          received += next.value.length;
          return next;
        }
        if (length !== undefined && received !== length) throw broken('the connection broke off');
        return end();
      } catch (error) {
        // Not when it was given up meanwhile, which is what broke it.
        if (done) return end();
        end();
        throw failure?.(error) ?? awsError(error, { thing, signal });
      } finally {
        clearTimeout(late);
      }
    },
    return: async () => end(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** A blob of which nothing lies in the range. */
export async function* noChunks(): AsyncGenerator<Uint8Array, void, undefined> {
  // Nothing comes.
}
