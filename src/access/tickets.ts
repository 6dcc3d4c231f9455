/**
 * Tickets: one download of one file, for a page that cannot send its token along with a plain address. Whoever uses one
 * gets a visit to this file, so that a player can ask for further ranges, and a download that broke off goes on.
 */
import { toBase64 } from '../base64.ts';
import { isSealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import type { JsonObject } from '../vault/encoding.ts';
import { isFileId } from '../vault/identifiers.ts';
import { isOver, timeAfter } from './core.ts';
import type { AccessCore } from './core.ts';
import type { Principal } from './roles.ts';
import { HASH_LENGTH, newSecret, secretMatches, splitSecret } from './secrets.ts';
import { stillGranted } from './tokens.ts';
import { VISIT_TIME, findVisit, newVisit } from './visit-items.ts';

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

/** Who may read a file by a ticket that he was given. */
export interface TicketHolder {
  readonly tenant: string;
  readonly principal: Pick<Principal, 'id' | 'name'>;
}

/** A ticket that was used. */
export interface RedeemedTicket extends TicketHolder {
  /** For a cookie: within its time, this file opens by it again. */
  readonly visit: string;
  /** ISO 8601: an hour from now. */
  readonly visitExpires: string;
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
  const principal = principalIn(value);
  if (!(await stillGranted(core, principal.id, { signal }))) return undefined;
  // Marked, not removed: of several who remove an item, each finds it gone afterwards and would take it for his work.
  const used = { hash: toBase64(value.bytes('hash')), tenant, file, principal, expires, used: true };
  const put = { type: 'put', partition: TICKETS, sort: given.id, value: used, expect: version } as const;
  const visitExpires = timeAfter(core.now(), VISIT_TIME);
  const { visit, change } = newVisit(file, { expires: visitExpires, tenant, principal });
  try {
    await core.vault.items.write([change, { ...put, expires: Date.parse(expires) }], { signal });
  } catch (error) {
    if (isSealroomError(error, 'conflict')) return undefined;
    throw error;
  }
  return { tenant, principal, visit, visitExpires };
}

/** Who visits a file; undefined also once the token that the ticket was issued to is revoked. */
export async function ticketVisitor(
  core: AccessCore,
  visit: string,
  { file, signal }: CallOptions & { readonly file: string },
): Promise<TicketHolder | undefined> {
  // Else it could be the id of a link, whose visits are to that link alone.
  if (!isFileId(file)) return undefined;
  const value = await findVisit(core, file, { visit, signal });
  if (value === undefined) return undefined;
  const holder = { tenant: value.string('tenant'), principal: principalIn(value) };
  return (await stillGranted(core, holder.principal.id, { signal })) ? holder : undefined;
}

function principalIn(value: JsonObject): TicketHolder['principal'] {
  const principal = value.object('principal');
  return { id: principal.string('id'), name: principal.string('name') };
}
