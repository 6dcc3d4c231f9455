/** `serve`: the HTTP service on a vault. */
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import { openAccess } from '../../access/open.ts';
import type { Access } from '../../access/open.ts';
import { OPERATOR } from '../../access/roles.ts';
import { isLoopback } from '../../addresses.ts';
import { initVault } from '../../compose/init.ts';
import { openVaultAt } from '../../compose/open.ts';
import { loadConfig, vaultFolder } from '../../config/config.ts';
import type { Config } from '../../config/config.ts';
import { PRIVATE_NETWORKS, isProxy } from '../../config/http.ts';
import type { HttpConfig } from '../../config/http.ts';
import { SealroomError, isSealroomError } from '../../errors.ts';
import { createLogger } from '../../http/observe/log.ts';
import { startServer } from '../../http/server/server.ts';
import type { RunningServer, ServerOptions } from '../../http/server/server.ts';
import { usage } from '../arguments.ts';
import { printFields } from '../fields.ts';
import { HintedError } from '../hints.ts';
import { warnings } from '../open.ts';
import type { Session } from '../session.ts';
import { noteMasterKey } from './init.ts';

export interface ServeArguments {
  readonly host?: string;
  readonly port?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecureHttp?: boolean;
  /** True where no list was given. */
  readonly trustProxy?: string | true;
  readonly init?: boolean;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 8080;
/** What a balancer that looks every second or two needs to see that it is to send nothing more. */
const DEFAULT_SHUTDOWN_DELAY = 5000;

export async function serve(session: Session, given: ServeArguments): Promise<void> {
  const { terminal, signal } = session;
  const config = await configOf(session, given.init === true);
  const { http } = config;
  const { listen, tls } = placeOf(given, http);
  const trustProxy = proxiesOf(given.trustProxy) ?? http.trustProxy;
  const logger = createLogger({ level: terminal.quiet ? 'warn' : 'info' });
  const { onExposed } = warnings(terminal);
  // A store may say it at any time: it belongs with what else is said meanwhile.
  const onNotice = (text: string): void => logger.warn(text);
  await using opened = await openVaultAt(config, { signal, onExposed, onNotice });
  const { vault } = opened;
  const access = openAccess(vault, { oidc: http.oidc });
  const { publicUrl, corsOrigins, rateLimit, maxFileSize, idleTimeout } = http;
  await using server = await startServer({
    vault,
    options: { access, logger, publicUrl, corsOrigins, trustProxy, rateLimit, maxFileSize, idleTimeout },
    listen,
    tls,
    shutdownDelay: http.shutdownDelay ?? (process.stderr.isTTY || isLoopback(listen.host) ? 0 : DEFAULT_SHUTDOWN_DELAY),
    shutdownGrace: http.shutdownGrace,
    sweepEvery: http.sweepEvery,
  });
  session.runAsService({ onHangUp: tls && (() => void renewCertificate(server, logger)) });
  await announce(session, publicUrl ?? server.url, given.init === true ? await firstToken(access) : undefined);
  logger.info({ url: server.url }, 'listening');
  if (!signal.aborted) await once(signal, 'abort');
  logger.info('stopping');
  await server.close();
  logger.info('stopped');
}

/** The configuration of the vault, which is made where it is absent and that is wanted. */
async function configOf({ terminal, signal, vault }: Session, init: boolean): Promise<Config> {
  const folder = vaultFolder(vault);
  try {
    return await loadConfig(folder);
  } catch (error) {
    if (!init || !isSealroomError(error, 'no-vault')) throw error;
  }
  noteMasterKey(terminal, await initVault(folder, { signal }));
  return loadConfig(folder);
}

/** @throws SealroomError `usage` for an address that others than this machine reach, unless it is by TLS or that is wanted */
function placeOf(given: ServeArguments, http: HttpConfig): Pick<ServerOptions, 'listen' | 'tls'> {
  const { tlsCert, tlsKey, host = http.host ?? DEFAULT_HOST, port = http.port ?? DEFAULT_PORT } = given;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw usage('--tls-cert and --tls-key are given together');
  if (port > 65_535) throw usage('--port is a number up to 65535');
  const named = tlsCert !== undefined && tlsKey !== undefined;
  const tls = named ? { cert: resolve(tlsCert), key: resolve(tlsKey) } : http.tls;
  if (tls === undefined && given.insecureHttp !== true && !isLoopback(host)) {
    throw new HintedError(
      'usage',
      `${host}: what is sent to this address without TLS can be read on the way, tokens too`,
      '--tls-cert and --tls-key make it HTTPS; --insecure-http allows it as it is, behind a proxy that does TLS, too',
    );
  }
  return { listen: { host, port }, tls };
}

function proxiesOf(given: ServeArguments['trustProxy']): readonly string[] | undefined {
  if (given === undefined) return undefined;
  if (given === true) return PRIVATE_NETWORKS;
  const proxies = given.split(',').map((proxy) => proxy.trim());
  if (proxies.every(isProxy)) return proxies;
  throw usage('--trust-proxy takes addresses and ranges such as 10.0.0.0/8, with commas between them');
}

/** One that may do everything, where nobody has such a token: without it, a vault of its own could not be used. */
async function firstToken({ tokens }: Access): Promise<string | undefined> {
  if ((await tokens.list({ tenant: OPERATOR })).length > 0) return undefined;
  return (await tokens.create({ tenant: OPERATOR, role: 'admin', name: 'operator' })).token;
}

async function announce({ terminal }: Session, url: string, token: string | undefined): Promise<void> {
  if (terminal.json) return terminal.printJson(token === undefined ? { url } : { url, token });
  await printFields(terminal, [
    ['address', url],
    ['token', token ?? null],
  ]);
  terminal.note('Open the address in a browser for the page; programs take it as SEALROOM_URL.');
  if (token !== undefined) {
    terminal.note(
      'The token is shown this once. Whoever has it may do everything with this vault; see sealroom token.',
    );
  }
}

/** A file that cannot be used, or of a pair only one that is new, leaves what is in use; another signal tries again. */
async function renewCertificate(server: RunningServer, logger: FastifyBaseLogger): Promise<void> {
  try {
    await server.reloadTls();
    logger.info('certificate read again');
  } catch (error) {
    const { code, message } = error instanceof SealroomError ? error : { code: 'unexpected', message: undefined };
    logger.error({ code, message }, 'the old certificate stays in use');
  }
}
