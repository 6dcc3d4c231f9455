/** `token`: who may come in by the service. */
import type { TokenInfo } from '../../access/access.ts';
import { ROLES } from '../../access/roles.ts';
import { usage } from '../arguments.ts';
import { forEach } from '../each.ts';
import { openVerbs } from '../open.ts';
import type { Session } from '../session.ts';
import { optionalTimeOf } from '../times.ts';

export interface TokenCreateArguments {
  readonly role: string;
  readonly name?: string;
  readonly expires?: string;
}

export async function createToken(session: Session, options: TokenCreateArguments): Promise<void> {
  const { terminal, signal } = session;
  const role = ROLES.find((known) => known === options.role);
  if (role === undefined) throw usage(`--role is one of ${ROLES.join(', ')}`);
  const expires = optionalTimeOf('--expires', options.expires);
  await using opened = await openVerbs(session);
  const made = await opened.createToken({ role, name: options.name, expires, signal });
  if (terminal.json) await terminal.printJson(made);
  else await terminal.print(made.token);
  terminal.note(`token ${made.id}: ${made.role} in ${made.tenant} until ${made.expires}; it is shown only this once`);
}

export async function listTokens(session: Session): Promise<void> {
  const { terminal, signal, tenant } = session;
  await using opened = await openVerbs(session);
  const tokens = await opened.vault.tokens.list({ tenant, signal });
  if (terminal.json) await terminal.printJson({ tokens });
  else await terminal.print(...tokens.map(lineOf));
}

function lineOf({ id, role, tenant, expires, name }: TokenInfo): string {
  return `${id}  ${role.padEnd(6)}  ${expires.slice(0, 19)}Z  ${tenant}${name === null ? '' : `  ${name}`}`;
}

export async function revokeTokens(session: Session, tokens: readonly string[]): Promise<void> {
  const { terminal, signal } = session;
  await using opened = await openVerbs(session);
  const revoked: string[] = [];
  try {
    await forEach(session, tokens.map(idOf), async (id) => {
      await opened.vault.tokens.revoke(id, { signal });
      revoked.push(id);
    });
  } finally {
    if (terminal.json) await terminal.printJson({ revoked });
  }
}

/** Of a whole token, too, which is what somebody has who found one: its secret goes no further. */
function idOf(token: string): string {
  return /^sr_([^_]+)_/.exec(token)?.[1] ?? token;
}
