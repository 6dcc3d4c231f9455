/** The service as it is run: on a port, on a vault on disk. */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { openAccess } from '../../src/access/open.ts';
import { startServer } from '../../src/http/server/server.ts';
import type { RunningServer, ServerOptions } from '../../src/http/server/server.ts';
import type { Stat } from '../../src/vault/files.ts';
import { makeDiskVault } from './disk-vault.ts';
import type { DiskPlace, DiskVault } from './disk-vault.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { WatchedLog } from './watched-log.ts';

export interface RunningService extends AsyncDisposable {
  readonly server: RunningServer;
  readonly disk: DiskVault;
  readonly place: DiskPlace;
  /** Of a writer of `default`. */
  readonly token: string;
}

export type ServiceOptions = Partial<Omit<ServerOptions, 'vault'>>;

/** Starts the service on a vault that is there, on a free port of this machine. */
export function serveVault(disk: DiskVault, options: ServiceOptions = {}): Promise<RunningServer> {
  return startServer({ vault: disk.vault, listen: { host: '127.0.0.1', port: 0 }, ...options });
}

/**
 * Starts the service on a new vault; all of it goes when this is disposed. Its log is watched meanwhile, unless a test
 * has one of its own.
 */
export async function startService(given: ServiceOptions = {}): Promise<RunningService> {
  const log = new WatchedLog();
  const options = { ...given, options: { logger: log.logger, ...given.options } };
  await using scope = new AsyncDisposableStack();
  scope.defer(() => log.check());
  const folder = scope.use(await temporaryFolder());
  const disk = scope.use(await makeDiskVault(folder.path));
  const { token } = await openAccess(disk.vault).tokens.create({ role: 'writer', tenant: 'default' });
  log.mustNotTell(token);
  const server = scope.use(await serveVault({ ...disk, vault: log.watchNames(disk.vault) }, options));
  const opened = scope.move();
  return { server, disk, place: disk.place, token, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

export interface Where {
  readonly url: string;
  readonly token: string;
}

/** Stores bytes by one request. */
export async function upload({ url, token }: Where, name: string, bytes: Uint8Array): Promise<Stat> {
  const response = await fetch(`${url}/v1/files?name=${name}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
    body: Buffer.from(bytes),
  });
  if (response.status !== 201) throw new Error(`an upload was answered with ${response.status}`);
  return (await response.json()) as Stat;
}

/** The bytes of a file; the connection does not stay open. */
export async function download({ url, token }: Where, id: string): Promise<Buffer> {
  const headers = { authorization: `Bearer ${token}`, connection: 'close' };
  const response = await fetch(`${url}/v1/files/${id}/content`, { headers });
  if (response.status !== 200) throw new Error(`a download was answered with ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** An upload of no known length that goes on until it is ended. */
export class SlowUpload {
  readonly #request: ClientRequest;
  /** The status it was answered with, or the code of the error that it ended with. */
  readonly outcome: Promise<number | string>;
  /** Of the answer, once there is one. */
  headers: IncomingHttpHeaders = {};

  constructor({ url, token }: Where, name: string) {
    this.#request = request(`${url}/v1/files?name=${name}`, {
      method: 'POST',
      agent: new Agent({ keepAlive: true }),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
    });
    this.outcome = this.#answered();
  }

  write(bytes: Uint8Array): void {
    this.#request.write(bytes);
  }

  end(): void {
    this.#request.end();
  }

  /** As a client that vanishes. */
  destroy(): void {
    this.#request.destroy();
  }

  async #answered(): Promise<number | string> {
    try {
      const [response] = (await once(this.#request, 'response')) as [IncomingMessage];
      this.headers = response.headers;
      await buffer(response);
      return response.statusCode!;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }
}
