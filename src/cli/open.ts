/**
 * Where a command works: on a vault of this machine, or through a service that stands for one. Only here is it asked
 * which.
 */
import type { NewToken, TokenRequest, VaultVerbs } from '../access/access.ts';
import type { Client } from '../client/connect.ts';
import type { RemoteFiles } from '../client/files.ts';
import type { AddressedLinks } from '../client/links.ts';
import type { ComposeOptions, OpenedVault } from '../compose/open.ts';
import { loadConfig, remoteService, tenantName, vaultFolder } from '../config/config.ts';
import type { Config, RemoteService } from '../config/config.ts';
import { SealroomError } from '../errors.ts';
import type { Files } from '../vault/files.ts';
import { HintedError } from './hints.ts';
import type { Session } from './session.ts';
import type { Terminal } from './terminal.ts';

/** The files of the tenant that `--tenant` or the environment names. */
export interface OpenedFiles extends AsyncDisposable {
  readonly files: Files;
  /** Paths of files that are open meanwhile, and must not be read or replaced. */
  readonly ownFiles: readonly string[];
  /** The service that they are in. */
  readonly service?: OpenedService;
}

/** A service, as what is under way there is remembered. */
export interface OpenedService {
  readonly address: string;
  /** Where one was named. */
  readonly tenant: string | undefined;
  readonly files: RemoteFiles;
}

/** Everything else. */
export interface OpenedVerbs extends AsyncDisposable {
  readonly vault: VaultVerbs;
  /** Links of the tenant. */
  links(address?: string): AddressedLinks;
  /** Makes a token for the tenant. */
  createToken(request: Omit<TokenRequest, 'tenant'>): Promise<NewToken>;
}

/** Opens the vault that `--vault` or the environment names, and in it the files of a tenant; the caller disposes it. */
export async function openFiles(session: Session): Promise<OpenedFiles> {
  const service = serviceOf(session);
  if (service !== undefined) {
    const [client, { serviceAddress }] = await Promise.all([connectTo(service), import('../client/address.ts')]);
    const tenant = session.tenant ?? service.tenant;
    const files = client.tenant(tenant);
    const address = serviceAddress(service.url, service);
    return { files, ownFiles: [], service: { address, tenant, files }, ...nothingToClose };
  }
  const { opened } = await openLocal(session);
  try {
    return { ...opened, files: opened.vault.tenant(tenantName(session.tenant)) };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Opens the vault that `--vault` or the environment names, with all that it offers; the caller disposes it. */
export async function openVerbs(session: Session): Promise<OpenedVerbs> {
  const service = serviceOf(session);
  return service === undefined ? localVerbs(session) : remoteVerbs(session, service);
}

async function localVerbs(session: Session): Promise<OpenedVerbs> {
  const [{ openAccess }, { addressedLinks, unaddressedLinks }] = await Promise.all([
    import('../access/open.ts'),
    import('./link-address.ts'),
  ]);
  const { config, opened } = await openLocal(session);
  const access = openAccess(opened.vault);
  const tenant = tenantName(session.tenant);
  return {
    vault: { ...opened.vault, tokens: access.tokens, links: (name) => access.links(name) },
    links: (address = config.http.publicUrl) =>
      address === undefined ? unaddressedLinks(access.links(tenant)) : addressedLinks(access.links(tenant), address),
    createToken: (request) => access.tokens.create({ ...request, tenant }),
    [Symbol.asyncDispose]: () => opened.close(),
  };
}

async function remoteVerbs(session: Session, service: RemoteService): Promise<OpenedVerbs> {
  const { addressedLinks } = await import('./link-address.ts');
  const client = await connectTo(service);
  const tenant = session.tenant ?? service.tenant;
  return {
    vault: client,
    links: (address) => (address === undefined ? client.links(tenant) : addressedLinks(client.links(tenant), address)),
    createToken: (request) => client.tokens.create({ ...request, tenant }),
    ...nothingToClose,
  };
}

const nothingToClose: AsyncDisposable = { [Symbol.asyncDispose]: () => Promise.resolve() };

/** The service to speak to; a vault that is named on the command line counts more. */
export function serviceOf({ vault }: Session): RemoteService | undefined {
  return vault === undefined ? remoteService() : undefined;
}

async function connectTo(service: RemoteService): Promise<Client> {
  const { connect } = await import('../client/connect.ts');
  try {
    return connect(service);
  } catch (error) {
    if (!(error instanceof SealroomError)) throw error;
    const hint = 'SEALROOM_URL and SEALROOM_TOKEN name it; SEALROOM_INSECURE_HTTP=1 takes plain http, too';
    throw new HintedError(error.code, error.message, hint, { cause: error });
  }
}

async function openLocal({
  terminal,
  signal,
  vault,
}: Session): Promise<{ readonly config: Config; readonly opened: OpenedVault }> {
  const { openVaultAt } = await import('../compose/open.ts');
  const config = await loadConfig(vaultFolder(vault));
  return { config, opened: await openVaultAt(config, { signal, ...warnings(terminal) }) };
}

/** What the user should know of keys and stores, whatever the command does with them. */
export function warnings(terminal: Terminal): Required<Pick<ComposeOptions, 'onExposed' | 'onNotice'>> {
  return {
    onExposed: (path) => terminal.warn(`${path} can be read by others than you: chmod 600 it`),
    onNotice: (text) => terminal.warn(text),
  };
}
