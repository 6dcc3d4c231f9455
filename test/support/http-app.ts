/** The service over a vault in memory, with tokens of every role at hand. */
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { openAccess } from '../../src/access/open.ts';
import type { Access } from '../../src/access/open.ts';
import type { Role } from '../../src/access/roles.ts';
import { createApp } from '../../src/http/app.ts';
import type { AppOptions } from '../../src/http/app.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { memoryVault } from './memory-vault.ts';
import type { World, WorldOptions } from './memory-vault.ts';
import { WatchedLog } from './watched-log.ts';

/** A page of a few lines, so that no test depends on whether the real one is built. */
export const builtPage: string = resolve(import.meta.dirname, 'built-page');

/** Who calls: `writer` is one of the tenant `default`, `other-admin` of the tenant `other`, `operator` of `*`. */
export type CallerName =
  | 'reader'
  | 'writer'
  | 'admin'
  | 'other-reader'
  | 'other-writer'
  | 'other-admin'
  | 'operator'
  | 'monitor';

const callers: Readonly<Record<CallerName, { readonly role: Role; readonly tenant: string }>> = {
  reader: { role: 'reader', tenant: 'default' },
  writer: { role: 'writer', tenant: 'default' },
  admin: { role: 'admin', tenant: 'default' },
  'other-reader': { role: 'reader', tenant: 'other' },
  'other-writer': { role: 'writer', tenant: 'other' },
  'other-admin': { role: 'admin', tenant: 'other' },
  operator: { role: 'admin', tenant: '*' },
  monitor: { role: 'reader', tenant: '*' },
};

export interface HttpAppOptions extends AppOptions {
  readonly world?: WorldOptions | undefined;
  /** What the service gets in place of the vault: one that fails, for example. */
  readonly replace?: ((vault: Vault) => Vault) | undefined;
}

/** The service, and everything behind it. */
export class TestService implements AsyncDisposable {
  readonly world: World;
  readonly vault: Vault;
  readonly access: Access;
  readonly app: FastifyInstance;
  /** Whole tokens, by who has them. */
  readonly tokens: Readonly<Record<CallerName, string>>;
  readonly #log: WatchedLog | undefined;

  constructor(
    parts: Pick<TestService, 'world' | 'vault' | 'access' | 'app' | 'tokens'> & {
      readonly log?: WatchedLog | undefined;
    },
  ) {
    this.world = parts.world;
    this.vault = parts.vault;
    this.access = parts.access;
    this.app = parts.app;
    this.tokens = parts.tokens;
    this.#log = parts.log;
  }

  /** The header by which somebody calls. */
  as(caller: CallerName): { readonly authorization: string } {
    return bearer(this.tokens[caller]);
  }

  /** A request without a connection. */
  inject(caller: CallerName | undefined, { headers, ...options }: InjectOptions): Promise<LightMyRequestResponse> {
    return this.app.inject({ ...options, headers: { ...(caller && this.as(caller)), ...headers } });
  }

  /** Listens on a free port of this machine; returns the address, without a slash at its end. */
  async listen(): Promise<string> {
    const { server } = this.app;
    server.listen({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Fastify closes only what it has opened itself.
    this.app.server.close();
    this.app.server.closeAllConnections();
    await this.app.close();
    this.vault[Symbol.dispose]();
    this.#log?.check();
  }
}

export function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/**
 * A new service on a new vault, with the tenants `default` and `other`. Its clock stands still: `world.clock`. Whatever
 * a test does with it, its log tells none of the secrets that it gave out: that is looked at when it is disposed.
 *
 * `await using service = await httpApp()`
 */
export async function httpApp({
  world: worldOptions,
  replace = (vault) => vault,
  ...options
}: HttpAppOptions = {}): Promise<TestService> {
  const { world, vault } = await memoryVault(worldOptions);
  await vault.createTenant('other');
  const { now } = world.clock;
  const log = new WatchedLog();
  const access = log.watch(options.access ?? openAccess(vault, { now, oidc: options.oidc }));
  const made = Object.entries(callers).map(async ([name, { role, tenant }]) => {
    const { token } = await access.tokens.create({ role, tenant, name });
    return [name, token] as const;
  });
  const tokens = Object.fromEntries(await Promise.all(made)) as Record<CallerName, string>;
  const app = await createApp(log.watchNames(replace(vault)), {
    now,
    logger: log.logger,
    pageFolder: builtPage,
    ...options,
    access,
  });
  return new TestService({ world, vault, access, app, tokens, log });
}
