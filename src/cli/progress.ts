/** A line that shows how far a piece of work is. */

/** The part of a terminal's stream that it uses. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ProgressOptions {
  readonly label: string;
  /** Bytes in all, where that is known. */
  readonly total?: number | undefined;
  readonly shown: boolean;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: (() => number) | undefined;
}

/** Work that is done sooner shows nothing. */
const PATIENCE = 1000;
const REDRAW = 100;
const ERASE_LINE = '\r\u001b[2K';
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

export class Progress implements Disposable {
  readonly #stream: ProgressStream;
  readonly #options: ProgressOptions;
  readonly #now: () => number;
  readonly #start: number;
  readonly #timer: NodeJS.Timeout | undefined;
  #done = 0;
  /** What was done before this began. */
  #before: number | undefined;
  #drawn = false;

  constructor(stream: ProgressStream, options: ProgressOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#now = options.now ?? ((): number => performance.now());
    this.#start = this.#now();
    if (options.shown && stream.isTTY) this.#timer = setInterval(() => this.draw(), REDRAW).unref();
  }

  /** Counts bytes as done. */
  add(bytes: number): void {
    this.#done += bytes;
  }

  /** Says how far the work is; what it begins with was done before. */
  reach(bytes: number): void {
    this.#before ??= bytes;
    this.#done = bytes;
  }

  /** Counts the bytes of a stream as they pass. */
  async *count(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of chunks) {
      yield chunk;
      this.add(chunk.length);
    }
  }

  /** Draws the line as it is now, unless it is too early. */
  draw(): void {
    const elapsed = this.#now() - this.#start;
    if (this.#timer === undefined || elapsed < PATIENCE) return;
    this.#stream.write(`${ERASE_LINE}${this.#line(elapsed)}`);
    this.#drawn = true;
  }

  /** Takes the line away until it is drawn again, so that something else can be written there. */
  hide(): void {
    if (this.#drawn) this.#stream.write(ERASE_LINE);
    this.#drawn = false;
  }

  /** Takes the line away. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.hide();
  }

  #line(elapsed: number): string {
    const { label, total } = this.#options;
    const speed = `${formatSize((Math.max(0, this.#done - (this.#before ?? 0)) / elapsed) * 1000)}/s`;
    // The last column stays free: some terminals would go to the next line.
    const width = (this.#stream.columns || 80) - 1;
    if (!total) return fitted(label, ` ${formatSize(this.#done)} ${speed}`, width);
    const part = Math.min(1, this.#done / total);
    const cells = 20;
    const filled = Math.round(part * cells);
    const bar = `${'='.repeat(filled)}${' '.repeat(cells - filled)}`;
    return fitted(label, ` [${bar}] ${Math.floor(part * 100)}% ${speed}`, width);
  }
}

/** A line that keeps what moves; the label gives way. */
function fitted(label: string, rest: string, width: number): string {
  const room = Math.max(0, width - rest.length);
  return `${label.length <= room ? label : label.slice(0, Math.max(0, room - 3)).padEnd(room, '.')}${rest}`.slice(
    0,
    width,
  );
}

/** `1.5 MiB`, for people. */
export function formatSize(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`;
}
