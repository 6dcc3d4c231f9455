/** Tickets: one download of one file, for a page that cannot send its token along with a plain address. */
import { toBase64 } from '../base64.ts';
import { isSealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import { isOver, timeAfter } from './core.ts';
import type { AccessCore } from './core.ts';
import type { Principal } from './roles.ts';
import { HASH_LENGTH, newSecret, secretMatches, splitSecret } from './secrets.ts';
import { stillGranted } from './tokens.ts';

const TICKETS = 'ticket';
const TICKET_TIME = 60_000;

/** What a ticket is good for. */
export interface TicketPlace {
  readonly tenant: string;
  /** The file's id. */
  readonly file: string;
  readonly principal: Principal;
}

export interface NewTicket {
  readonly ticket: string;
  /** ISO 8601. */
  readonly expires: string;
}

/** What a ticket was good for. */
export interface RedeemedTicket {
  readonly tenant: string;
  readonly principal: Pick<Principal, 'id' | 'name'>;
}

export async function issueTicket(
  { vault, now }: AccessCore,
  { tenant, file, principal: { id, name } }: TicketPlace,
  { signal }: CallOptions = {},
): Promise<NewTicket> {
  const { id: sort, text, hash } = newSecret();
  const expires = timeAfter(now(), TICKET_TIME);
  const value = { hash: toBase64(hash), tenant, file, principal: { id, name }, expires, used: false };
  await vault.items.write(
    [{ type: 'put', partition: TICKETS, sort, value, expect: null, expires: Date.parse(expires) }],
    { signal },
  );
  return { ticket: text, expires };
}

/** Takes a ticket, once. */
export async function redeemTicket(
  core: AccessCore,
  ticket: string,
  { file, signal }: CallOptions & { readonly file: string },
): Promise<RedeemedTicket | undefined> {
  const given = splitSecret(ticket);
  if (given === undefined) return undefined;
  const item = await core.vault.items.get(TICKETS, given.id, { signal });
  if (!secretMatches(given, item?.value.bytes('hash', HASH_LENGTH)) || item === undefined) return undefined;
  const { value, version } = item;
  const expires = value.string('expires');
  if (value.boolean('used') || isOver(expires, core.now()) || value.string('file') !== file) return undefined;
  const tenant = value.string('tenant');
  const principal = { id: value.object('principal').string('id'), name: value.object('principal').string('name') };
  if (!(await stillGranted(core, principal.id, { signal }))) return undefined;
  // Marked, not removed: of several who remove an item, each finds it gone afterwards and would take it for his work.
  const used = { hash: toBase64(value.bytes('hash')), tenant, file, principal, expires, used: true };
  const put = { type: 'put', partition: TICKETS, sort: given.id, value: used, expect: version } as const;
  try {
    await core.vault.items.write([{ ...put, expires: Date.parse(expires) }], { signal });
  } catch (error) {
    if (isSealroomError(error, 'conflict')) return undefined;
    throw error;
  }
  return { tenant, principal };
}
