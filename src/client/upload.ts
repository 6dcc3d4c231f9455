/** Bodies of requests that carry a file or a part of one. */
import { ByteReader, chunksOf, copyOf } from '../bytes.ts';
import type { Bytes } from '../bytes.ts';
import { cancellableChunks } from '../cancellable.ts';
import type { CallOptions } from '../ports.ts';
import type { Form } from './form.ts';

/** Told how many bytes the network has taken so far; they have not all arrived, and are not yet durable. */
export type OnProgress = (bytes: number) => void;

/** What `fetch` takes for a body; said here because the types of browsers do not know `duplex`. */
export interface Body {
  readonly body?: Blob | ReadableStream<Uint8Array>;
  readonly duplex?: 'half';
}

/** One attempt to send a file. */
export interface Upload extends AsyncDisposable {
  readonly init: Body;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the file that were sent. */
  readonly sent: number;
  /** False while the source has more than was sent. */
  readonly complete: boolean;
  /** What the source, or whoever is told of progress, failed with: `fetch` tells only that it did. */
  readonly failure: unknown;
}

/** Gathers a stream where none can be sent; a browser keeps large Blobs on disk. */
export async function gathered(source: Bytes, { signal }: CallOptions): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of cancellableChunks(chunksOf(source), signal)) parts.push(copyOf(chunk));
  return new Blob(parts);
}

/** Bytes that are all at hand, which `fetch` sends by itself. */
export function wholeUpload(source: Uint8Array<ArrayBuffer> | Blob, { contentType, head, tail }: Form): Upload {
  return {
    init: { body: new Blob([head, source, tail]) },
    headers: { 'content-type': contentType },
    sent: source instanceof Blob ? source.size : source.length,
    complete: true,
    failure: undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

export interface StreamOptions {
  readonly form: Form;
  /** Bytes that come, where that is known. */
  readonly length?: number | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** Large enough that the cost of a chunk disappears, small enough that progress moves. */
const CHUNK_LENGTH = 128 * 1024;

/** Sends bytes as they come, no faster than the network takes them. */
export class StreamedUpload implements Upload {
  readonly init: Upload['init'];
  readonly headers: Upload['headers'];
  readonly #reader: ByteReader;
  readonly #givenUp = new AbortController();
  #complete = false;
  #failure: unknown;

  constructor(source: Bytes, { form, length, onProgress }: StreamOptions) {
    this.#reader = new ByteReader(cancellableChunks(chunksOf(source), this.#givenUp.signal));
    const bytes = this.#bytes(form, onProgress);
    const pull = async (controller: ReadableStreamDefaultController): Promise<void> => {
      const { done, value } = await bytes.next();
      if (done) controller.close();
      else controller.enqueue(value);
    };
    // Nothing is taken from the source before it can be sent.
    this.init = { body: new ReadableStream({ pull }, { highWaterMark: 0 }), duplex: 'half' };
    const around = form.head.length + form.tail.length;
    this.headers = {
      'content-type': form.contentType,
      ...(length === undefined ? {} : { 'content-length': String(length + around) }),
    };
  }

  get sent(): number {
    return this.#reader.position;
  }

  get complete(): boolean {
    return this.#complete;
  }

  get failure(): unknown {
    return this.#failure;
  }

  async *#bytes({ head, tail }: Form, onProgress: OnProgress = () => undefined): AsyncGenerator<Uint8Array, void> {
    if (head.length > 0) yield head;
    try {
      for (;;) {
        const chunk = await this.#reader.readSome(CHUNK_LENGTH);
        if (chunk.length === 0) break;
        // A chunk is lent until the next one is asked for, and the network may still hold it then.
        yield copyOf(chunk);
        onProgress(this.sent);
      }
    } catch (error) {
      if (!this.#givenUp.signal.aborted) this.#failure = error;
      throw error;
    }
    this.#complete = true;
    if (tail.length > 0) yield tail;
  }

  /** Lets go of the source, also of one that is silent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#givenUp.abort();
    await this.#reader[Symbol.asyncDispose]();
  }
}
