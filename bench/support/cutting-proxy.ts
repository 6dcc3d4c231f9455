/** A line that breaks: between one client and several services, at chosen bytes. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/** Where a line breaks: once so many bytes have gone to the services, or when they answer after that. */
export interface Cut {
  readonly after: number;
  readonly what: 'request' | 'answer';
}

export class CuttingProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #services: readonly { readonly url: string }[];
  readonly #cuts: Cut[];
  readonly #sockets = new Set<Socket>();
  #passed = 0;
  #connections = 0;
  /** How many cuts were made. */
  made = 0;

  private constructor(services: readonly { readonly url: string }[], cuts: readonly Cut[]) {
    this.#services = services;
    this.#cuts = cuts.toSorted((a, b) => a.after - b.after);
    this.#server = createServer((client) => this.#connect(client));
  }

  /** @param services each connection goes to the next of them; they may change */
  static async start(services: readonly { readonly url: string }[], cuts: readonly Cut[]): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(services, cuts);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port');
    return `http://127.0.0.1:${address.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #connect(client: Socket): void {
    const { hostname, port } = new URL(this.#services[this.#connections++ % this.#services.length]!.url);
    const service = connect(Number(port), hostname);
    const end = (): void => {
      client.destroy();
      service.destroy();
    };
    for (const socket of [client, service]) {
      this.#sockets.add(socket);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        end();
      });
      socket.on('error', end);
    }
    client.on('data', (bytes: Buffer) => {
      const left = this.#bytesLeft();
      this.#passed += Math.min(left, bytes.length);
      if (left <= bytes.length) {
        this.#noteCut();
        // What came before the cut arrives, and nothing after it.
        client.pause();
        service.end(bytes.subarray(0, left), end);
      } else if (!service.write(bytes)) {
        client.pause();
        service.once('drain', () => client.resume());
      }
    });
    service.on('data', (bytes: Buffer) => {
      const cut = this.#cuts[0];
      if (cut?.what !== 'answer' || cut.after > this.#passed) return client.write(bytes);
      this.#noteCut();
      return end();
    });
  }

  /** How many bytes go to the services before the next cut. */
  #bytesLeft(): number {
    const cut = this.#cuts[0];
    return cut?.what === 'request' ? Math.max(0, cut.after - this.#passed) : Infinity;
  }

  #noteCut(): void {
    this.#cuts.shift();
    this.made++;
  }
}
