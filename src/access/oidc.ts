/** A second door: access tokens of an identity provider (OpenID Connect, RFC 9068), verified by its published keys. */
import type { JWTPayload, JWTVerifyResult } from 'jose';
import { toHex } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import { SealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import { encodeFields } from '../vault/encoding.ts';
import { isLabel } from './labels.ts';
import { isSafeAddress } from './provider.ts';
import { ProviderKeys } from './provider-keys.ts';
import { ProviderSignIn } from './sign-in.ts';
import type { SignIn } from './sign-in.ts';
import { isTenantName } from '../vault/identifiers.ts';
import { OPERATOR, ROLES } from './roles.ts';
import type { Principal, Role } from './roles.ts';

/** Which identity provider is trusted, with what, and how its tokens are read. */
export interface OidcOptions {
  /** Exactly as in its tokens (`iss`). https, or http on this machine. */
  readonly issuer: string;
  /** Exactly as in its tokens (`aud`): what the provider calls this service. */
  readonly audience: string;
  /** Where its keys are; found by the provider's discovery document unless given. */
  readonly jwksUri?: string | undefined;
  /** Signatures to accept, of those in `OIDC_ALGORITHMS`: all of them unless given. */
  readonly algorithms?: readonly string[] | undefined;
  /** The claim that names the tenant; `tenant` unless given. A token without it is none. */
  readonly tenantClaim?: string | undefined;
  /** Whether the tenant claim may be `*`; false unless given. */
  readonly operator?: boolean | undefined;
  /** The claim that holds the role: text, or texts in a list or between spaces; `role` unless given. */
  readonly roleClaim?: string | undefined;
  /** Values of that claim, and the role that each is; the roles' own names unless given. The highest one counts. */
  readonly roles?: Readonly<Record<string, Role>> | undefined;
  /**
   * Whether tokens must say that they are access tokens (`typ` of `at+jwt`); true unless given. For providers that do
   * not say it: then whatever shows itself to be another kind of token is refused.
   */
  readonly requireAccessTokenType?: boolean | undefined;
  /** How long the provider may take to answer, in milliseconds; 5 seconds unless given. */
  readonly timeout?: number | undefined;
  /** What the provider calls the page: a public client. People sign in there by way of the provider where it is given. */
  readonly clientId?: string | undefined;
  /** What the page asks the provider for; `openid` unless given, and never without it. */
  readonly scope?: string | undefined;
}

/** Verifies an access token: null for whatever is none that is valid. */
export type AccessTokenVerifier = (token: string, options?: CallOptions) => Promise<Principal | null>;

/** Public-key signatures only: a symmetric one, or `none`, could be made by whoever knows the public key. */
export const OIDC_ALGORITHMS: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Seconds by which the provider's clock may differ from ours. */
const CLOCK_TOLERANCE = 30;
const DEFAULT_TIMEOUT = 5000;
const LONGEST_TIMEOUT = 60_000;
const LONGEST_TOKEN = 16 * 1024;
/** RFC 6749, section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Claims that ID tokens and logout tokens have, and access tokens have not. */
const CLAIMS_OF_OTHERS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'];

const OWN_NAMES: Readonly<Record<Role, Role>> = { reader: 'reader', writer: 'writer', admin: 'admin' };

/** @throws SealroomError `bad-configuration` */
export function accessTokenVerifier(
  options: OidcOptions,
  {
    now,
    fetch = globalThis.fetch,
  }: { readonly now: () => number; readonly fetch?: typeof globalThis.fetch | undefined },
): AccessTokenVerifier {
  const checked = checkOptions(options);
  const keys = new ProviderKeys({ ...checked, now, fetch });
  return async (token, { signal } = {}) => {
    if (token.length > LONGEST_TOKEN || !COMPACT_JWS.test(token)) return null;
    const { errors, jwtVerify } = await import('jose');
    try {
      const verified = await jwtVerify(token, (header, jws) => keys.keyOf(header, jws, { signal }), {
        issuer: checked.issuer,
        audience: checked.audience,
        algorithms: [...checked.algorithms],
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE,
        currentDate: new Date(now()),
      });
      return isAccessToken(verified, checked) ? principalOf(verified.payload, checked) : null;
    } catch (error) {
      if (error instanceof SealroomError) throw error;
      if (error instanceof errors.JOSEError) return null;
      // The token chose a published key that is malformed or too weak: whether the token is good, nobody can tell.
      throw new SealroomError('unavailable', 'a key of the identity provider cannot be used', { cause: error });
    }
  };
}

/**
 * How people sign in from the page; undefined where the page has no client id.
 *
 * @throws SealroomError `bad-configuration`
 */
export function signInFinder(
  options: OidcOptions,
  {
    now,
    fetch = globalThis.fetch,
  }: { readonly now: () => number; readonly fetch?: typeof globalThis.fetch | undefined },
): ((options?: CallOptions) => Promise<SignIn>) | undefined {
  const { issuer, clientId, scope, timeout } = checkOptions(options);
  if (clientId === undefined) return undefined;
  const signIn = new ProviderSignIn({ issuer, clientId, scope, timeout, now, fetch });
  return ({ signal } = {}) => signIn.find({ signal });
}

interface CheckedOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string | undefined;
  readonly algorithms: readonly string[];
  readonly tenantClaim: string;
  readonly operator: boolean;
  readonly roleClaim: string;
  readonly roles: ReadonlyMap<string, Role>;
  readonly requireAccessTokenType: boolean;
  readonly timeout: number;
  readonly clientId: string | undefined;
  readonly scope: string;
}

function checkOptions(options: OidcOptions): CheckedOptions {
  const checked = {
    issuer: options.issuer,
    audience: options.audience,
    jwksUri: options.jwksUri,
    algorithms: options.algorithms ?? OIDC_ALGORITHMS,
    tenantClaim: options.tenantClaim ?? 'tenant',
    operator: options.operator ?? false,
    roleClaim: options.roleClaim ?? 'role',
    roles: new Map(Object.entries(options.roles ?? OWN_NAMES)),
    requireAccessTokenType: options.requireAccessTokenType ?? true,
    timeout: options.timeout ?? DEFAULT_TIMEOUT,
    clientId: options.clientId,
    scope: options.scope ?? 'openid',
  };
  const { issuer, audience, jwksUri, algorithms, tenantClaim, roleClaim, roles, timeout, clientId, scope } = checked;
  demand(isSafeAddress(issuer) && !issuer.includes('?'), 'issuer', 'is an https address without a query');
  demand(audience !== '', 'audience', 'is what the provider calls this service');
  demand(jwksUri === undefined || isSafeAddress(jwksUri), 'jwksUri', 'is an https address');
  const known = algorithms.length > 0 && algorithms.every((name) => OIDC_ALGORITHMS.includes(name));
  demand(known, 'algorithms', `are some of ${OIDC_ALGORITHMS.join(', ')}`);
  demand(tenantClaim !== '', 'tenantClaim', 'names a claim');
  demand(roleClaim !== '', 'roleClaim', 'names a claim');
  const usable = [...roles].every(([value, role]) => /^\S+$/.test(value) && ROLES.includes(role));
  demand(roles.size > 0 && usable, 'roles', `give values without spaces one of the roles ${ROLES.join(', ')}`);
  demand(Number.isInteger(timeout) && timeout > 0 && timeout <= LONGEST_TIMEOUT, 'timeout', 'is a minute at most');
  demand(clientId !== '', 'clientId', 'is what the provider calls the page');
  demand(clientId !== undefined || options.scope === undefined, 'scope', 'is for a page that has a clientId');
  // Without it there is no ID token, whose nonce ties what comes back to the tab that asked.
  demand(
    SCOPE.test(scope) && scope.split(' ').includes('openid'),
    'scope',
    'has words with spaces between, openid too',
  );
  return checked;
}

function demand(holds: boolean, name: string, what: string): void {
  if (!holds) throw new SealroomError('bad-configuration', `oidc: ${name} ${what}`);
}

function isAccessToken(
  { payload, protectedHeader }: JWTVerifyResult,
  { requireAccessTokenType }: CheckedOptions,
): boolean {
  // Bound to a key of the client (RFC 9449, RFC 8705): taken without its proof, a stolen one would do.
  if (payload['cnf'] !== undefined) return false;
  // RFC 7515 section 4.1.9: the type may leave out "application/".
  const type = protectedHeader.typ?.toLowerCase().replace(/^application\//, '');
  // RFC 9068 section 4.
  if (type === 'at+jwt') return true;
  if (requireAccessTokenType) return false;
  return (type === undefined || type === 'jwt') && !CLAIMS_OF_OTHERS.some((claim) => Object.hasOwn(payload, claim));
}

function principalOf(payload: JWTPayload, options: CheckedOptions): Principal | null {
  const { sub } = payload;
  const tenant = payload[options.tenantClaim];
  const role = roleOf(payload[options.roleClaim], options.roles);
  if (!isLabel(sub) || role === undefined || typeof tenant !== 'string') return null;
  if (tenant === OPERATOR ? !options.operator : !isTenantName(tenant)) return null;
  // A subject may be somebody's name or address, and ids stand in logs.
  const subject = toHex(cipher.sha256([encodeFields([options.issuer, sub])]).subarray(0, 16));
  return { id: `oidc-${subject}`, name: sub, tenant, role };
}

/** The highest of the roles that a claim names. */
function roleOf(claim: unknown, roles: ReadonlyMap<string, Role>): Role | undefined {
  const values: readonly unknown[] = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  const named = new Set(values.map((value) => (typeof value === 'string' ? roles.get(value) : undefined)));
  return ROLES.findLast((role) => named.has(role));
}
