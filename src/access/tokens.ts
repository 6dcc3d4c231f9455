/** Bearer tokens: `sr_<id>_<secret>`, each of one role in one tenant, for a time. */
import { toBase64 } from '../base64.ts';
import { SealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import type { JsonObject } from '../vault/encoding.ts';
import { checkTenantName } from '../vault/identifiers.ts';
import { checkMetadata } from '../vault/metadata.ts';
import { checkedTime } from '../vault/times.ts';
import type { NewToken, TokenInfo, TokenRequest, Tokens } from './access.ts';
import { hasTenant, isOver, timeAfter } from './core.ts';
import type { AccessCore } from './core.ts';
import { isLabel } from './labels.ts';
import { OPERATOR, ROLES } from './roles.ts';
import type { Principal, Role } from './roles.ts';
import { HASH_LENGTH, isSecretId, newSecret, secretMatches, splitSecret } from './secrets.ts';

/** What a token begins with, so that people and scanners of leaked secrets know it. */
export const TOKEN_PREFIX = 'sr_';

const TOKENS = 'token';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const LIFETIMES = { least: MINUTE, most: 3653 * DAY, usual: 90 * DAY } as const;
const MOST_NAME_CHARACTERS = 128;

interface Token extends TokenInfo {
  readonly hash: Uint8Array;
}

export function tokensOf(core: AccessCore): Tokens {
  return {
    create: (request) => createToken(core, request),
    list: (options) => listTokens(core, options),
    revoke: (id, options) => revokeToken(core, id, options),
  };
}

async function createToken(core: AccessCore, request: TokenRequest): Promise<NewToken> {
  const { role, tenant, name = null, createdBy = null, signal } = request;
  checkRequest(request);
  const now = core.now();
  const expires = checkedLifetime(request.expires, now);
  if (!(await hasTenant(core, tenant, { signal }))) {
    throw new SealroomError('no-tenant', `there is no tenant ${tenant}: create it first`);
  }
  const { id, text, hash } = newSecret();
  const token = { tenant, role, name, createdAt: timeAfter(now, 0), createdBy, expires };
  const value = { hash: toBase64(hash), ...token };
  await core.vault.items.write(
    [{ type: 'put', partition: TOKENS, sort: id, value, expect: null, expires: Date.parse(expires) }],
    { signal },
  );
  return { id, ...token, token: TOKEN_PREFIX + text };
}

function checkRequest({ role, tenant, name, createdBy }: TokenRequest): void {
  if (!ROLES.includes(role)) throw new SealroomError('usage', `a role is one of ${ROLES.join(', ')}`);
  if (tenant !== OPERATOR) checkTenantName(tenant);
  if (name !== undefined && !(isLabel(name) && name.length <= MOST_NAME_CHARACTERS)) {
    throw new SealroomError(
      'usage',
      `a token's name has 1 to ${MOST_NAME_CHARACTERS} characters, 256 bytes at most, without control characters`,
    );
  }
  checkMetadata({ createdBy });
}

function checkedLifetime(expires: string | undefined, now: number): string {
  if (expires === undefined) return timeAfter(now, LIFETIMES.usual);
  const time = checkedTime('expires', expires);
  const lifetime = Date.parse(time) - now;
  if (lifetime < LIFETIMES.least || lifetime > LIFETIMES.most) {
    throw new SealroomError('usage', 'a token expires in a minute at the earliest, and in ten years at the latest');
  }
  return time;
}

async function listTokens(
  core: AccessCore,
  { tenant, signal }: CallOptions & { readonly tenant?: string | undefined } = {},
): Promise<TokenInfo[]> {
  const tokens: TokenInfo[] = [];
  for await (const { sort, value } of core.vault.items.list(TOKENS, { signal })) {
    const { hash: _, ...info } = decodeToken(sort, value);
    if ((tenant === undefined || info.tenant === tenant) && !isOver(info.expires, core.now())) tokens.push(info);
  }
  return tokens.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}

async function revokeToken(
  core: AccessCore,
  id: string,
  { tenant, signal }: CallOptions & { readonly tenant?: string | undefined } = {},
): Promise<void> {
  const found = await findToken(core, id, { signal });
  if (found === undefined || (tenant !== undefined && found.token.tenant !== tenant)) {
    throw new SealroomError('not-found', `there is no token with the id ${JSON.stringify(id.slice(0, 80))}`);
  }
  // Nothing changes a token, so whoever came in between has revoked it, too.
  const { version } = found;
  await core.vault.items.write([{ type: 'remove', partition: TOKENS, sort: id, expect: version }], { signal });
}

/** Who a token belongs to; null for whatever is none that is valid. */
export async function tokenPrincipal(
  core: AccessCore,
  credential: string,
  options: CallOptions = {},
): Promise<Principal | null> {
  if (!credential.startsWith(TOKEN_PREFIX)) return null;
  const given = splitSecret(credential.slice(TOKEN_PREFIX.length));
  if (given === undefined) return null;
  const found = await findToken(core, given.id, options);
  if (!secretMatches(given, found?.token.hash) || found === undefined) return null;
  const { id, name, tenant, role } = found.token;
  return { id, name: name ?? `token ${id}`, tenant, role };
}

/** False once a token is revoked or expired; true for the principals that are no token's. */
export async function stillGranted(core: AccessCore, principalId: string, options: CallOptions = {}): Promise<boolean> {
  return !isSecretId(principalId) || (await findToken(core, principalId, options)) !== undefined;
}

/** A token that has not expired. */
async function findToken(
  core: AccessCore,
  id: string,
  { signal }: CallOptions,
): Promise<{ readonly token: Token; readonly version: string } | undefined> {
  if (!isSecretId(id)) return undefined;
  const item = await core.vault.items.get(TOKENS, id, { signal });
  if (item === undefined) return undefined;
  const token = decodeToken(id, item.value);
  // The store's own expiry is not authenticated: whoever writes it can put it off.
  return isOver(token.expires, core.now()) ? undefined : { token, version: item.version };
}

function decodeToken(id: string, value: JsonObject): Token {
  return {
    hash: value.bytes('hash', HASH_LENGTH),
    id,
    name: value.nullableString('name'),
    tenant: value.string('tenant'),
    role: decodeRole(value.string('role')),
    createdAt: value.string('createdAt'),
    createdBy: value.nullableString('createdBy'),
    expires: value.string('expires'),
  };
}

function decodeRole(text: string): Role {
  const role = ROLES.find((known) => known === text);
  if (role === undefined) throw new SealroomError('damaged', 'a token has a role that is none');
  return role;
}
