/** The connections of a server that is to end: those that carry nothing go first, and some time later all of them. */
import type { Server, ServerResponse } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

/** How long a client may think before it asks for something, once the server is to end. */
const SILENCE = 1000;
/** How often connections that carry nothing are looked for, in milliseconds. */
const LOOK_EVERY = 100;

export class Connections {
  readonly #server: Server;
  readonly #all = new Set<Socket>();
  /** Those that never asked for anything, and since when: for Node they are in the middle of a request. */
  readonly #silent = new Map<Socket, number>();
  readonly #answers = new Set<ServerResponse>();
  #ending = false;

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => follow(this.#all, socket));
    server.on(server instanceof HttpsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#silent.set(socket, performance.now());
      socket.once('close', () => this.#silent.delete(socket));
    });
    // Before whoever answers.
    server.prependListener('request', ({ socket }, response: ServerResponse) => {
      this.#silent.delete(socket);
      follow(this.#answers, response);
      if (this.#ending) response.shouldKeepAlive = false;
    });
  }

  /** Takes no new connection, lets each end with the answer that it carries, and cuts what is left after the grace time. */
  async end(grace: number): Promise<void> {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    this.#ending = true;
    this.#server.close(() => resolve());
    for (const response of this.#answers) if (!response.headersSent) response.shouldKeepAlive = false;
    const looking = setInterval(() => this.#endIdle(), LOOK_EVERY);
    const late = setTimeout(() => this.#cut(), grace);
    await closed;
    clearInterval(looking);
    clearTimeout(late);
  }

  /** Again and again: a connection may become idle, or be opened, after the server was closed. */
  #endIdle(): void {
    this.#server.closeIdleConnections();
    const longAgo = performance.now() - SILENCE;
    for (const [socket, since] of this.#silent) if (since < longAgo) socket.destroy();
  }

  #cut(): void {
    this.#server.closeAllConnections();
    // Those that are still agreeing on keys, too.
    for (const socket of this.#all) socket.destroy();
  }
}

function follow<T extends Socket | ServerResponse>(things: Set<T>, thing: T): void {
  things.add(thing);
  thing.once('close', () => things.delete(thing));
}
