/**
 * The manners of the command line:
 *
 * - Results go to stdout, one thing a line, or with `--json` as one document. All else goes to stderr.
 * - An error is one line, `sealroom: what happened, to which thing`; what to do about it is a line apart, `hint: ...`.
 *   With `--json` it is `{"code","message"}`. The exit code is that of the first error.
 * - Of several things, one that fails does not keep the others from being done.
 * - A name never reaches a terminal with control characters in it, and neither does anything else that others chose.
 * - Bytes of a file are never written to a terminal.
 * - Nothing is overwritten without `--force`. An output file appears when it is complete, or not at all.
 * - Work of more than a second shows how far it is, on a terminal; `--quiet` silences this, and notes.
 * - A signal stops the work, takes away what is unfinished, and exits with 130. A second one does not wait.
 * - When whoever reads stdout has gone, output ends without a word; work that changes a vault is finished first.
 */
import { debuglog, styleText } from 'node:util';
import { SealroomError, cancelled, errorTable } from '../errors.ts';
import { fileError, systemCode } from '../file-errors.ts';
import { hintFor } from './hints.ts';
import { printable, printableJson } from './printable.ts';
import { Progress } from './progress.ts';

export interface TerminalOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Fires when nothing more is wanted. */
  readonly signal: AbortSignal;
}

/** Whoever reads stdout has gone: no error, but no reason to go on with a stream either. */
export class ReaderGone extends Error {}

/** stdout and stderr, and the exit code that comes of what is told there. */
export class Terminal {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly #signal: AbortSignal;
  #exitCode = 0;
  #readerGone = false;

  constructor({ json, quiet, signal }: TerminalOptions) {
    this.#signal = signal;
    this.json = json;
    this.quiet = quiet;
    // Each write has its own callback; without a listener, the event of the same error would end the process.
    process.stdout.on('error', () => undefined);
    process.stderr.on('error', () => undefined);
  }

  /** Of the first error that was reported; 0 when there was none. */
  get exitCode(): number {
    return this.#exitCode;
  }

  /** True once a write found that nobody reads stdout any more. */
  get readerGone(): boolean {
    return this.#readerGone;
  }

  /** Writes lines of results. */
  async print(...lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.printText(lines.map((line) => `${printable(line)}\n`).join(''));
  }

  /** Writes a document, or part of one. */
  async printJson(value: unknown): Promise<void> {
    await this.printText(`${printableJson(value)}\n`);
  }

  /** Writes text as it is. A reader who has gone misses it. */
  async printText(text: string): Promise<void> {
    try {
      await this.write(text);
    } catch (error) {
      if (!(error instanceof ReaderGone)) throw error;
    }
  }

  /**
   * Writes to stdout; resolves once it was taken, so that memory that was lent may be used again.
   *
   * @throws ReaderGone, and SealroomError when it cannot be written or the signal fires before it is
   */
  async write(data: string | Uint8Array): Promise<void> {
    if (this.#readerGone) throw new ReaderGone();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => reject(cancelled(this.#signal));
    this.#signal.addEventListener('abort', abort, { once: true });
    process.stdout.write(data, (error) => (error ? reject(error) : resolve()));
    try {
      await promise;
    } catch (error) {
      if (systemCode(error) !== 'EPIPE') throw fileError(error, 'stdout');
      this.#readerGone = true;
      throw new ReaderGone();
    } finally {
      this.#signal.removeEventListener('abort', abort);
    }
  }

  /** Something worth knowing that is no result. */
  note(text: string): void {
    if (!this.quiet) process.stderr.write(`${printable(text)}\n`);
  }

  /** Something that may be a mistake. */
  warn(text: string): void {
    if (!this.quiet) process.stderr.write(`${this.#styled('yellow', 'warning:')} ${printable(text)}\n`);
  }

  /** Tells an error, and remembers the exit code of the first one. */
  report(reason: unknown, thing?: string): void {
    const error = asSealroomError(reason);
    this.#exitCode ||= errorTable[error.code].exit;
    // The whole error with what caused it, for whoever looks for a fault: NODE_DEBUG=sealroom.
    debuglog('sealroom')('%O', reason);
    const message = thing === undefined || error.message.includes(thing) ? error.message : `${thing}: ${error.message}`;
    if (this.json) {
      process.stderr.write(`${printableJson({ code: error.code, message })}\n`);
      return;
    }
    process.stderr.write(`${this.#styled('red', 'sealroom:')} ${printable(message)}\n`);
    const hint = hintFor(error);
    if (hint !== undefined) process.stderr.write(`${this.#styled('dim', 'hint:')} ${printable(hint)}\n`);
  }

  /** Shows how far a piece of work is, where somebody looks. */
  progress(label: string, total: number | undefined): Progress {
    return new Progress(process.stderr, { label: printable(label), total, shown: !this.quiet && !this.json });
  }

  /** Resolves once everything was handed to the system; results only while somebody wants them. */
  async flush(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const flushErrors = (): unknown => process.stderr.write('', () => resolve());
    if (this.#signal.aborted) flushErrors();
    else process.stdout.write('', flushErrors);
    await promise;
  }

  #styled(format: 'red' | 'yellow' | 'dim', text: string): string {
    return styleText(format, text, { stream: process.stderr });
  }
}

function asSealroomError(reason: unknown): SealroomError {
  if (reason instanceof SealroomError) return reason;
  if (systemCode(reason) !== undefined) return fileError(reason, 'the system refused');
  const message = reason instanceof Error ? reason.message : String(reason);
  return new SealroomError('unexpected', `an unexpected error: ${message}`, { cause: reason });
}
