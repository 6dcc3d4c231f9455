/** Servers that are measured, each in a process of its own. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** How long a server may take to end, in milliseconds. */
const PATIENCE = 60_000;
/** What is kept of its standard error, to be told when it fails. */
const LINES_KEPT = 20;
/** From this level on, a line of its log says that it was wrong itself. */
const ERROR_LEVEL = 50;

/** A server that runs. It is killed when this is disposed. */
export class ServerProcess implements AsyncDisposable {
  /** Where it listens, without a slash at its end. */
  readonly url: string;
  /** Empty for a server that takes none. */
  readonly token: string;
  readonly #running: Running;

  private constructor(running: Running, { url, token = '' }: Announced) {
    this.url = url;
    this.token = token;
    this.#running = running;
  }

  /**
   * Starts a server.
   *
   * @param command its first line of output says where it is: `{"url": …, "token": …}`
   */
  static async start(command: readonly string[]): Promise<ServerProcess> {
    const running = new Running(command);
    try {
      return new ServerProcess(running, await running.announced());
    } catch (error) {
      await running.kill();
      throw error;
    }
  }

  get pid(): number {
    return this.#running.pid;
  }

  /** Lines of its log that report an error of its own. */
  get errors(): readonly string[] {
    return this.#running.errors;
  }

  /** Ends it as a service manager does, and throws unless it ends well. */
  stop(): Promise<void> {
    return this.#running.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#running.kill();
  }
}

interface Announced {
  readonly url: string;
  readonly token?: string;
}

class Running {
  readonly errors: string[] = [];
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #closed: Promise<unknown>;
  readonly #lastLines: string[] = [];

  constructor([program = '', ...words]: readonly string[]) {
    this.#child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#closed = once(this.#child, 'close');
    createInterface({ input: this.#child.stderr }).on('line', (line) => this.#note(line));
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('the server did not start');
    return pid;
  }

  async announced(): Promise<Announced> {
    const lines = createInterface({ input: this.#child.stdout });
    const [line] = await Promise.race([once(lines, 'line'), this.#closed.then(() => [undefined])]);
    if (typeof line !== 'string') throw new Error(`a server ended before it listened:\n${this.#lastLines.join('\n')}`);
    const announced: unknown = JSON.parse(line);
    if (!isAnnounced(announced)) throw new Error(`a server began with ${line}`);
    return announced;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE);
    await this.#closed;
    clearTimeout(late);
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== 0) {
      throw new Error(`a server ended with ${exitCode ?? signalCode}:\n${this.#lastLines.join('\n')}`);
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed.catch(() => undefined);
  }

  #note(line: string): void {
    this.#lastLines.push(line);
    if (this.#lastLines.length > LINES_KEPT) this.#lastLines.shift();
    if (levelOf(line) >= ERROR_LEVEL) this.errors.push(line);
  }
}

function isAnnounced(value: unknown): value is Announced {
  return typeof value === 'object' && value !== null && 'url' in value && typeof value.url === 'string';
}

/** Of a line of a structured log; lines of another kind, such as hints, are no errors. */
function levelOf(line: string): number {
  return Number(/^\{"level":(\d+),/.exec(line)?.[1] ?? 0);
}
