/** Bodies of answers: never shorter than they should be without an error. */
import { SealroomError, cancelled } from '../errors.ts';
import { networkFailure } from './failures.ts';

/** The chunks of a web stream; not every browser can iterate one. */
export async function* readerChunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      ended = done;
      if (done) return;
      yield value;
    }
  } finally {
    if (!ended) await reader.cancel().catch(() => undefined);
  }
}

export interface DownloadOptions {
  /** Bytes that have to come; unknown where nobody said. */
  readonly expected: number | undefined;
  /** What the addresses of the service begin with. */
  readonly base: string;
  readonly signal: AbortSignal | undefined;
}

/** The bytes of an answer. Its connection is held until they are read, or `return` is called on their iterator. */
export class Download implements AsyncIterable<Uint8Array> {
  readonly #response: Response;
  readonly #options: DownloadOptions;

  constructor(response: Response, options: DownloadOptions) {
    this.#response = response;
    this.#options = options;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return new DownloadIterator(this.#response, this.#options);
  }
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** By hand and not a generator: one whose `return` is called before its `next` would never let go of the connection. */
class DownloadIterator implements AsyncIterator<Uint8Array, undefined> {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #options: DownloadOptions;
  #received = 0;
  #done = false;

  constructor({ body }: Response, options: DownloadOptions) {
    this.#reader = body?.getReader();
    this.#options = options;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#done) return END;
    try {
      return await this.#read();
    } catch (error) {
      await this.return();
      throw error;
    }
  }

  async #read(): Promise<IteratorResult<Uint8Array, undefined>> {
    const { expected = Infinity, signal } = this.#options;
    if (signal?.aborted) throw cancelled(signal);
    const chunk = await this.#reader?.read().catch((error: unknown) => {
      throw this.#broken(error);
    });
    if (chunk === undefined || chunk.done) {
      if (expected !== Infinity && this.#received < expected) throw this.#endedEarly();
      this.#done = true;
      return END;
    }
    this.#received += chunk.value.length;
    if (this.#received > expected) {
      throw new SealroomError('trailing-bytes', `more came than the ${expected} bytes that were to come`);
    }
    return { done: false, value: chunk.value };
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    if (!this.#done) {
      this.#done = true;
      await this.#reader?.cancel().catch(() => undefined);
    }
    return END;
  }

  /** The service breaks an answer off when what follows does not open, so it may be either. */
  #broken(error: unknown): SealroomError {
    const { base, expected, signal } = this.#options;
    if (signal?.aborted) return networkFailure(error, base, signal);
    const of = expected === undefined ? '' : ` of ${expected}`;
    return new SealroomError(
      'unavailable',
      `the connection broke after ${this.#received}${of} bytes: try again; if it breaks there again, verify the file`,
      { cause: error },
    );
  }

  #endedEarly(): SealroomError {
    return new SealroomError(
      'truncated',
      `the answer ended after ${this.#received} of ${this.#options.expected} bytes: something on the way cut it short`,
    );
  }
}

/** How long an answer says that it is; undefined where it does not, or counts bytes of another encoding. */
export function statedLength({ headers }: Response): number | undefined {
  const length = headers.get('content-length') ?? '';
  const encoding = headers.get('content-encoding') ?? 'identity';
  return encoding === 'identity' && /^\d{1,16}$/.test(length) ? Number(length) : undefined;
}
