/**
 * What a vault offers beside its files, on the vault itself (`accessOf`) or over HTTP (the client): the same verbs, so
 * that no command asks which it has.
 */
import type { CallOptions } from '../ports.ts';
import type { Files } from '../vault/files.ts';
import type { Quota, Tenant } from '../vault/item-kinds.ts';
import type { SweepReport } from '../vault/sweep.ts';
import type { Role } from './roles.ts';

/** A token as it is listed. Times are ISO 8601, UTC. */
export interface TokenInfo {
  /** 16 characters of base32. */
  readonly id: string;
  readonly name: string | null;
  /** A tenant, or `*`. */
  readonly tenant: string;
  readonly role: Role;
  readonly createdAt: string;
  readonly createdBy: string | null;
  readonly expires: string;
}

export interface NewToken extends TokenInfo {
  /** `sr_<id>_<secret>`: told once, and kept nowhere. */
  readonly token: string;
}

export interface TokenRequest extends CallOptions {
  readonly role: Role;
  /** A tenant that exists, or `*`. */
  readonly tenant: string;
  /** For people; 1 to 128 characters without control characters. */
  readonly name?: string | undefined;
  /** ISO 8601; 90 days from now unless given, at most ten years. */
  readonly expires?: string | undefined;
  readonly createdBy?: string | null | undefined;
}

export interface Tokens {
  /** @throws SealroomError `no-tenant`, `usage` */
  create(request: TokenRequest): Promise<NewToken>;
  /** Those of one tenant (or of `*`), expired ones left out; of all of them unless one is named. */
  list(options?: CallOptions & { readonly tenant?: string | undefined }): Promise<TokenInfo[]>;
  /**
   * From then on it is not taken any more.
   *
   * @param options.tenant only if it is of this tenant; another's is `not-found`
   * @throws SealroomError `not-found`
   */
  revoke(id: string, options?: CallOptions & { readonly tenant?: string | undefined }): Promise<void>;
}

/** A share link as it is listed. */
export interface LinkInfo {
  readonly id: string;
  readonly file: string;
  readonly createdAt: string;
  readonly createdBy: string | null;
  readonly expires: string;
  /** How often it may be used; null for any number of times. */
  readonly downloads: number | null;
  readonly used: number;
}

export interface NewLink extends LinkInfo {
  /** What follows `/s/`: told once, and kept nowhere. */
  readonly secret: string;
  /** The whole address, where the address of the service is known. */
  readonly url: string | null;
}

export interface LinkRequest extends CallOptions {
  /** ISO 8601, in the future, at most a year from now. */
  readonly expires: string;
  /** 1 to 1,000,000; any number of times unless given. */
  readonly downloads?: number | undefined;
  readonly createdBy?: string | null | undefined;
}

/** Links to the files of one tenant. */
export interface Links {
  /** @throws SealroomError `not-found` when there is no such file */
  create(file: string, request: LinkRequest): Promise<NewLink>;
  /** Those in force: to one file, or to all of the tenant. */
  list(options?: CallOptions & { readonly file?: string | undefined }): Promise<LinkInfo[]>;
  /** @throws SealroomError `not-found` */
  revoke(id: string, options?: CallOptions): Promise<void>;
}

/** Everything that the command line asks of a vault, wherever that is. */
export interface VaultVerbs {
  tenant(name: string): Files;
  links(tenant: string): Links;
  readonly tokens: Tokens;
  createTenant(name: string, options?: CallOptions & { readonly quota?: Quota | null | undefined }): Promise<Tenant>;
  tenants(options?: CallOptions): Promise<Tenant[]>;
  setQuota(name: string, quota: Quota | null, options?: CallOptions): Promise<Tenant>;
  sweep(options?: CallOptions & { readonly grace?: number | undefined }): Promise<SweepReport>;
}
