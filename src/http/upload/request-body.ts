/** The body of a request, as it comes from the socket. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { SealroomError, cancelled } from '../../errors.ts';

export interface BodyOptions {
  /** Most bytes to take. */
  readonly limit: number;
  /** Longest silence of the client, in milliseconds. It counts only while the client is waited for. */
  readonly idleTimeout: number;
  readonly signal?: AbortSignal | undefined;
  /** Called before the client is first waited for. */
  readonly onBegin?: (() => void) | undefined;
}

/**
 * The body as chunks that are the reader's own. Nothing is read before the first one is asked for, and no more than a
 * socket's buffer is read ahead. A body that does not arrive as its headers say fails; it never ends early.
 *
 * It leaves the request as it is when its reader stops: the answer is still to be written, on the same connection.
 *
 * @throws SealroomError `limit` at once when the headers say that there is more than the limit. Its chunks fail with
 *   `limit`, `timed-out`, `cancelled` when the client went away, `usage` when its length is not the one in its header
 */
export function requestBody(request: IncomingMessage, options: BodyOptions): AsyncIterable<Uint8Array> {
  const declared = declaredLength(request.headers);
  if (declared !== undefined && declared > options.limit) throw tooLong(options.limit);
  return { [Symbol.asyncIterator]: () => new BodyIterator(request, declared, options) };
}

/** What `Content-Length` says; undefined where the end of the body is not known before it is there. */
export function declaredLength(headers: IncomingHttpHeaders): number | undefined {
  const length = headers['content-length'];
  if (length === undefined) return undefined;
  if (!/^\d{1,15}$/.test(length)) throw new SealroomError('usage', 'Content-Length is a number of bytes');
  return Number(length);
}

function tooLong(limit: number): SealroomError {
  return new SealroomError('limit', `a body has at most ${limit} bytes here`);
}

/**
 * By hand and not the request's own iterator: that one destroys the connection when its reader stops, and the answer
 * with it.
 */
class BodyIterator implements AsyncIterator<Uint8Array, undefined> {
  readonly #request: IncomingMessage;
  readonly #declared: number | undefined;
  readonly #options: BodyOptions;
  #received = 0;
  #ended = false;
  #failure: SealroomError | undefined;
  /** Goes on with a reader that waits for the client. */
  #wake: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #state: 'new' | 'reading' | 'done' = 'new';

  constructor(request: IncomingMessage, declared: number | undefined, options: BodyOptions) {
    this.#request = request;
    this.#declared = declared;
    this.#options = options;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#state === 'new') this.#begin();
    while (this.#state === 'reading') {
      if (this.#failure !== undefined) throw this.#failed(this.#failure);
      // Memory of its own for each chunk, which nobody writes again: it need not be copied.
      const chunk: Buffer | null = this.#request.read();
      if (chunk !== null) return { done: false, value: this.#counted(chunk) };
      if (this.#ended) this.#finish();
      else await this.#more();
    }
    return END;
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#letGo();
    return Promise.resolve(END);
  }

  #begin(): void {
    this.#state = 'reading';
    const { signal, onBegin } = this.#options;
    this.#request.on('readable', this.#woken).on('end', this.#end).on('error', this.#gone).on('close', this.#gone);
    signal?.addEventListener('abort', this.#abort);
    if (signal?.aborted) this.#abort();
    else if (this.#request.destroyed) this.#gone();
    else onBegin?.();
  }

  #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    // Only now: a store that is slow is not the client's fault.
    this.#timer = setTimeout(this.#silent, this.#options.idleTimeout);
    return promise;
  }

  #counted(chunk: Buffer): Uint8Array {
    this.#received += chunk.length;
    if (this.#received > this.#options.limit) throw this.#failed(tooLong(this.#options.limit));
    return chunk;
  }

  #finish(): void {
    if (this.#declared !== undefined && this.#received !== this.#declared) {
      throw this.#failed(
        new SealroomError('usage', `the body has ${this.#received} bytes, and Content-Length says ${this.#declared}`),
      );
    }
    this.#letGo();
  }

  #failed(error: SealroomError): SealroomError {
    this.#letGo();
    return error;
  }

  #letGo(): void {
    this.#state = 'done';
    this.#request.off('readable', this.#woken).off('end', this.#end).off('close', this.#gone).off('error', this.#gone);
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#woken();
  }

  #fail(error: SealroomError): void {
    this.#failure ??= error;
    this.#woken();
  }

  readonly #woken = (): void => {
    clearTimeout(this.#timer);
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  };

  readonly #end = (): void => {
    this.#ended = true;
    this.#woken();
  };

  /** The connection broke, or what came was no HTTP; after the end, it means nothing. */
  readonly #gone = (): void => {
    if (!this.#ended) {
      this.#fail(new SealroomError('cancelled', 'the client went away before the whole body had arrived'));
    }
  };

  readonly #silent = (): void => {
    this.#fail(new SealroomError('timed-out', `nothing arrived for ${this.#options.idleTimeout / 1000} seconds`));
  };

  readonly #abort = (): void => {
    const { signal } = this.#options;
    if (signal !== undefined) this.#fail(cancelled(signal));
  };
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };
