/** The app on a port: it listens, renews its certificate, and ends without breaking off what it can finish. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server as TlsServer } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { SealroomError } from '../../errors.ts';
import { fileError, systemCode } from '../../file-errors.ts';
import type { Vault } from '../../vault/vault.ts';
import { createApp } from '../app.ts';
import type { AppOptions } from '../app.ts';
import { ChangesUnderWay } from './changes-under-way.ts';
import { Connections } from './connections.ts';
import { sweepRegularly } from './sweeper.ts';
import { readTls } from './tls.ts';
import type { TlsFiles } from './tls.ts';

export interface ServerOptions {
  readonly vault: Vault;
  readonly options?: Omit<AppOptions, 'tls' | 'ready'> | undefined;
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Makes it HTTPS. */
  readonly tls?: TlsFiles | undefined;
  /**
   * How long it goes on as before once it is to end, in milliseconds, while `/readyz` says so: until whoever watches
   * that sends new requests elsewhere. None unless given.
   */
  readonly shutdownDelay?: number | undefined;
  /** How long requests have to finish after that, in milliseconds; 30 seconds unless given. */
  readonly shutdownGrace?: number | undefined;
  /** From one sweep of the vault to the next, in milliseconds; ten minutes unless given, 0 for none. */
  readonly sweepEvery?: number | undefined;
}

export interface RunningServer extends AsyncDisposable {
  readonly address: AddressInfo;
  /** Where it is on this machine, without a slash at its end. */
  readonly url: string;
  /** Ends it. What is cut off leaves no file and no bytes. The vault stays open. */
  close(): Promise<void>;
  /**
   * Reads certificate and key again; connections that stand keep what they began with.
   *
   * @throws SealroomError when they cannot be used: then it goes on with the old ones
   */
  reloadTls(): Promise<void>;
}

const DEFAULT_GRACE = 30_000;
const DEFAULT_SWEEP_EVERY = 10 * 60 * 1000;
/** A change whose client was cut off is given up at once, unless the store is silent: then the next sweep does it. */
const PATIENCE_WITH_CHANGES = 5000;

/** Starts the service; resolves once it listens. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { vault, listen, tls, shutdownDelay = 0, shutdownGrace = DEFAULT_GRACE } = options;
  const changes = new ChangesUnderWay(vault);
  let ready = true;
  const secure = tls && (await readTls(tls));
  const app = await createApp(changes.vault, { ...options.options, tls: secure, ready: () => ready });
  const connections = new Connections(app.server);
  const address = await listenOn(app, listen);

  const every = options.sweepEvery ?? DEFAULT_SWEEP_EVERY;
  const sweeping = new AbortController();
  const swept =
    every === 0
      ? undefined
      : sweepRegularly({ vault, every, logger: options.options?.logger, signal: sweeping.signal });

  const end = async (): Promise<void> => {
    ready = false;
    sweeping.abort();
    await sleep(shutdownDelay);
    await connections.end(shutdownGrace);
    const done = Promise.all([changes.settled(), swept]);
    await Promise.race([done, sleep(PATIENCE_WITH_CHANGES, undefined, { ref: false })]);
    await app.close();
  };
  let ended: Promise<void> | undefined;
  const close = (): Promise<void> => (ended ??= end());
  const reloadTls = async (): Promise<void> => {
    const { server } = app;
    if (tls !== undefined && server instanceof TlsServer) server.setSecureContext(await readTls(tls));
  };
  return { address, url: urlOf(address, tls !== undefined), close, reloadTls, [Symbol.asyncDispose]: close };
}

async function listenOn(app: FastifyInstance, { host, port }: ServerOptions['listen']): Promise<AddressInfo> {
  const { server } = app;
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (error) {
    await app.close();
    throw listenError(error, `${host}:${port}`);
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('it listens on no port');
  return address;
}

/** What the system refuses, in the words of addresses. */
function listenError(error: unknown, place: string): SealroomError {
  const code = systemCode(error);
  const told = (reason: string): SealroomError => new SealroomError('usage', `${place}: ${reason}`, { cause: error });
  if (code === 'EADDRINUSE') return told('another program listens there; choose another port, or 0 for a free one');
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return told('it is no address of this machine');
  return fileError(error, place);
}

function urlOf({ address, family, port }: AddressInfo, secure: boolean): string {
  // Whoever listens on every address is found on this machine by its own name.
  const host = address === '0.0.0.0' || address === '::' ? 'localhost' : address;
  return `${secure ? 'https' : 'http'}://${family === 'IPv6' && host !== 'localhost' ? `[${host}]` : host}:${port}`;
}
