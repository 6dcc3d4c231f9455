/** A connection on which anything can be said, HTTP or not. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Server, Socket } from 'node:net';
import { portOf } from './loopback.ts';

export interface RawAnswer {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export class RawClient implements AsyncDisposable {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  readonly #waiting = new Set<() => void>();
  /** Resolves once the server has said that nothing more comes from it, or is gone. */
  readonly ended: Promise<void>;
  /** Resolves once the connection is gone, in both directions. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const { promise, resolve: over } = Promise.withResolvers<void>();
    this.ended = promise;
    this.closed = new Promise((resolve) => void socket.once('close', () => resolve()));
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    // A server that has said all it has to say may reset the connection: `close` follows.
    socket.on('error', () => {});
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.#ended = true;
        this.#wake();
        over();
      });
    }
  }

  static async connect(server: Server): Promise<RawClient> {
    const socket = connect({ port: await portOf(server), host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Resolves once the system has taken it; at once when the connection is closed. */
  send(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) resolve();
      else this.#socket.write(data, () => resolve());
    });
  }

  /** Hears nothing until it is told to listen. */
  stopListening(): void {
    this.#socket.pause();
  }

  listen(): void {
    this.#socket.resume();
  }

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  /** Says that nothing more comes, and goes on listening. */
  finish(): void {
    this.#socket.end();
  }

  /** Is gone, without a word. */
  vanish(): void {
    this.#socket.resetAndDestroy();
  }

  /** Everything that came and was not taken as an answer. */
  get received(): string {
    return this.#received.toString('latin1');
  }

  /** The next answer; fails when the connection ends before it is complete. */
  async answer(): Promise<RawAnswer> {
    const head = await this.#until(() => this.#received.indexOf('\r\n\r\n'));
    const [statusLine = '', ...lines] = this.#received.subarray(0, head).toString('latin1').split('\r\n');
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const length = Number(headers.get('content-length') ?? 0);
    const start = head + 4;
    await this.#until(() => (this.#received.length >= start + length ? start : -1));
    const body = this.#received.subarray(start, start + length).toString();
    this.#received = this.#received.subarray(start + length);
    return { status: Number(statusLine.split(' ')[1]), headers, body };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  async #until(found: () => number): Promise<number> {
    for (;;) {
      const at = found();
      if (at !== -1) return at;
      if (this.#ended) throw new Error(`the connection ended before the answer did: ${JSON.stringify(this.received)}`);
      await new Promise<void>((resolve) => void this.#waiting.add(resolve));
    }
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
