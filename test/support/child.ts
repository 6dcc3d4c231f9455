import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface ChildOptions {
  /** User and group to run as. */
  readonly uid?: number;
  /** Options for Node. */
  readonly execArgv?: readonly string[];
}

/** A script of this folder in a process of its own, on the same Node. It is killed when this is disposed. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #errors: Promise<string>;
  readonly #closed: Promise<unknown>;

  constructor(script: string, values: readonly string[], { uid, execArgv = [] }: ChildOptions = {}) {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const env = { ...process.env };
    // A test runner that finds this reports to its parent in a form of its own.
    delete env['NODE_TEST_CONTEXT'];
    this.#process = spawn(process.execPath, [...execArgv, path, ...values], {
      env,
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    this.#errors = text(this.#process.stderr);
    this.#closed = once(this.#process, 'close');
  }

  /** The next line of its standard output. */
  async line(): Promise<string> {
    const next = await this.#lines.next();
    if (!next.done) return next.value;
    throw new Error(`a child ended before it said what it was to say: ${await this.#errors}`);
  }

  /** What is left of its standard output. */
  async rest(): Promise<string[]> {
    const lines: string[] = [];
    for (let next = await this.#lines.next(); !next.done; next = await this.#lines.next()) lines.push(next.value);
    return lines;
  }

  /** Writes a line to its standard input. */
  tell(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
