/** Who may come in, and with what: tokens, links, visits and tickets of a vault, and an identity provider's tokens. */
import type { CallOptions } from '../ports.ts';
import { checkTenantName } from '../vault/identifiers.ts';
import type { Vault } from '../vault/vault.ts';
import type { Links, Tokens } from './access.ts';
import { hasTenant } from './core.ts';
import { linksOf } from './links.ts';
import { accessTokenVerifier, signInFinder } from './oidc.ts';
import type { OidcOptions } from './oidc.ts';
import type { Principal } from './roles.ts';
import type { SignIn } from './sign-in.ts';
import { issueTicket, redeemTicket, ticketVisitor } from './tickets.ts';
import type { NewTicket, RedeemedTicket, TicketHolder, TicketPlace } from './tickets.ts';
import { TOKEN_PREFIX, tokenPrincipal, tokensOf } from './tokens.ts';
import { Turns } from './turns.ts';
import { sharedFile, useLink } from './visits.ts';
import type { SharedFile, Visit } from './visits.ts';

export type { NewTicket, RedeemedTicket, SharedFile, SignIn, TicketHolder, TicketPlace, Visit };

export interface OpenAccessOptions {
  /** The clock, in milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
  /** An identity provider whose access tokens are taken, too. */
  readonly oidc?: OidcOptions | undefined;
  /** How the identity provider is asked. */
  readonly fetch?: typeof fetch | undefined;
}

/**
 * The doors of a vault. Everything is read from the catalog at every call, so that what is revoked is so at once; an
 * item that was not made through here does not exist (F35).
 */
export interface Access {
  readonly tokens: Tokens;
  /** `url` of a new link is null: whoever knows the address of the service fills it in. */
  links(tenant: string): Links;
  /**
   * Who a credential belongs to: `sr_` tokens, and access tokens of the identity provider where one is configured.
   * Null for whatever is no valid credential: malformed, unknown, wrong secret, expired, revoked, no tenant.
   *
   * @throws SealroomError `unavailable` when the store, or the identity provider, did not answer
   */
  authenticate(credential: string, options?: CallOptions): Promise<Principal | null>;
  /**
   * How people get a token of the identity provider from the page. Undefined where there is none, or none for the page.
   *
   * @throws SealroomError `unavailable` when the identity provider did not answer
   */
  signIn(options?: CallOptions): Promise<SignIn | undefined>;
  /**
   * What a link leads to, without using it up. Undefined alike for unknown, expired, used up, revoked, and for a file
   * that is gone. With a valid visit to this link also when it is used up.
   *
   * `visited` is true when the visit is valid: only then is a download free. Otherwise it must be paid for by `use`.
   */
  shared(
    secret: string,
    options?: CallOptions & { readonly visit?: string | undefined },
  ): Promise<(SharedFile & { readonly visited: boolean }) | undefined>;
  /** Counts one use, exactly, and gives a visit. Undefined like `shared`. */
  use(secret: string, options?: CallOptions): Promise<Visit | undefined>;
  /** A ticket: one download of one file, to be started within 60 seconds. Whether the principal may is not asked. */
  issueTicket(place: TicketPlace, options?: CallOptions): Promise<NewTicket>;
  /**
   * Takes a ticket, once, and gives a visit to its file. Undefined for one that is unknown, expired, used, or for another file, and when the token it
   * was issued to is revoked.
   */
  redeemTicket(ticket: string, file: string, options?: CallOptions): Promise<RedeemedTicket | undefined>;
  /** Who visits a file by a ticket that he used. Undefined for a visit that is unknown, over, or to anything else. */
  ticketVisitor(visit: string, file: string, options?: CallOptions): Promise<TicketHolder | undefined>;
}

/** @throws SealroomError `bad-configuration` when the identity provider's options cannot be used */
export function openAccess(vault: Vault, { now = Date.now, oidc, fetch }: OpenAccessOptions = {}): Access {
  const core = { vault, now, turns: new Turns() };
  const verify = oidc && accessTokenVerifier(oidc, { now, fetch });
  const findSignIn = oidc && signInFinder(oidc, { now, fetch });
  return {
    tokens: tokensOf(core),
    links: (tenant) => {
      checkTenantName(tenant);
      return linksOf(core, tenant);
    },
    authenticate: async (credential, options = {}) => {
      if (verify === undefined || credential.startsWith(TOKEN_PREFIX)) return tokenPrincipal(core, credential, options);
      const principal = await verify(credential, options);
      return principal !== null && (await hasTenant(core, principal.tenant, options)) ? principal : null;
    },
    signIn: async (options) => findSignIn?.(options),
    shared: (secret, options) => sharedFile(core, secret, options),
    use: (secret, options) => useLink(core, secret, options),
    issueTicket: (place, options) => issueTicket(core, place, options),
    redeemTicket: (ticket, file, options) => redeemTicket(core, ticket, { ...options, file }),
    ticketVisitor: (visit, file, options) => ticketVisitor(core, visit, { ...options, file }),
  };
}
