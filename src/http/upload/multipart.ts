/**
 * Parts of a `multipart` body (RFC 2046, 5.1), read as a stream.
 *
 * Strict, and by pulling: a part that is malformed is refused where lenient parsers pass over it, text that is no UTF-8
 * is not mended, and nothing is read that its reader has not asked for.
 */
import { fromUtf8 } from '../../bytes.ts';
import { SealroomError } from '../../errors.ts';

export interface Part {
  /** By names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** To be read to its end before the next part is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** Most bytes that the headers of one part have. */
const HEADERS_LIMIT = 16 * 1024;

const CRLF = Buffer.from('\r\n');
const BLANK_LINE = Buffer.from('\r\n\r\n');
const DASHES = Buffer.from('--');
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;

/** @throws SealroomError `usage` for a body that is malformed, `limit` for headers that are too long */
export async function* partsOf(
  body: AsyncIterable<Uint8Array>,
  boundary: string,
): AsyncGenerator<Part, void, undefined> {
  if (!BOUNDARY.test(boundary)) throw malformed('its boundary is none');
  const bytes = new Held(body);
  try {
    const delimiter = Buffer.from(`\r\n--${boundary}`);
    // Before the first delimiter stands nothing, or a preamble that means nothing.
    for await (const _ of bytes.until(delimiter));
    while (!(await bytes.skip(DASHES))) {
      const headers = await readHeaders(bytes);
      let read = false;
      const content = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        yield* bytes.until(delimiter);
        read = true;
      };
      yield { headers, content: content() };
      if (!read) throw new SealroomError('unexpected', 'a part was not read to its end');
    }
    // What follows the last delimiter means nothing either, but the body has to arrive to its end.
    await bytes.drain();
  } finally {
    await bytes.close();
  }
}

async function readHeaders(bytes: Held): Promise<ReadonlyMap<string, string>> {
  // The line break that ends the delimiter is left in front, so that a part without headers begins with a blank line.
  if (!(await bytes.startsWith(CRLF))) throw malformed('something stands behind a boundary');
  const block = await bytes.takeUntil(BLANK_LINE, HEADERS_LIMIT);
  const headers = new Map<string, string>();
  for (const line of headerLines(block)) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined || CONTROL.test(value)) {
      throw malformed('a header of a part is none');
    }
    if (headers.has(name.toLowerCase())) throw malformed('a part has a header twice');
    headers.set(name.toLowerCase(), value);
  }
  return headers;
}

/** No folded lines, which nobody sends. Greedy: a lazy value takes the square of the white space within it. */
const HEADER = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*((?:.*[^ \t])?)[ \t]*$/s;
/** All control characters but the tabulator. */
const CONTROL = /[^\P{Cc}\t]/u;

function headerLines(block: Uint8Array): string[] {
  try {
    return fromUtf8(block).split('\r\n').slice(1);
  } catch {
    throw malformed('a header of a part is not UTF-8');
  }
}

function malformed(what: string): SealroomError {
  return new SealroomError('usage', `the form is malformed: ${what}`);
}

/** Bytes that have arrived and were not taken. */
class Held {
  readonly #source: AsyncIterator<Uint8Array>;
  /** A line break in front, so that the first delimiter, at the very beginning, is found as all others are. */
  #bytes: Buffer = CRLF;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#source = body[Symbol.asyncIterator]();
  }

  /** Everything up to a mark, which is taken too. */
  async *until(mark: Buffer): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const at = this.#bytes.indexOf(mark);
      if (at !== -1) {
        const last = this.#take(at);
        this.#take(mark.length);
        if (last.length > 0) yield last;
        return;
      }
      const free = this.#take(this.#bytes.length - this.#begun(mark));
      if (free.length > 0) yield free;
      await this.#more();
    }
  }

  /** How many bytes at the end may be the beginning of a mark: it has one line break only, its first two bytes. */
  #begun(mark: Buffer): number {
    const end = this.#bytes.subarray(-(mark.length - 1));
    const at = end.lastIndexOf(mark[0]!);
    return at !== -1 && end.subarray(at).equals(mark.subarray(0, end.length - at)) ? end.length - at : 0;
  }

  /** What stands before a mark; the mark is taken too. */
  async takeUntil(mark: Buffer, limit: number): Promise<Uint8Array> {
    for (;;) {
      const at = this.#bytes.indexOf(mark);
      if (at > limit || (at === -1 && this.#bytes.length > limit)) {
        throw new SealroomError('limit', `the headers of a part have at most ${limit} bytes`);
      }
      if (at !== -1) {
        const found = this.#take(at);
        this.#take(mark.length);
        return found;
      }
      await this.#more();
    }
  }

  async startsWith(mark: Buffer): Promise<boolean> {
    while (this.#bytes.length < mark.length) await this.#more();
    return this.#bytes.subarray(0, mark.length).equals(mark);
  }

  /** Takes a mark if it comes next. */
  async skip(mark: Buffer): Promise<boolean> {
    const found = await this.startsWith(mark);
    if (found) this.#take(mark.length);
    return found;
  }

  async drain(): Promise<void> {
    while (!(await this.#source.next()).done);
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  async #more(): Promise<void> {
    const next = await this.#source.next();
    if (next.done) throw malformed('it ends before its last boundary');
    const { buffer, byteOffset, length } = next.value;
    const arrived = Buffer.from(buffer, byteOffset, length);
    this.#bytes = this.#bytes.length === 0 ? arrived : Buffer.concat([this.#bytes, arrived]);
  }
}
