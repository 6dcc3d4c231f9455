/** Visits: whoever came in by a door that opens once may come in again for a time, with a secret of his own. */
import { toBase64 } from '../base64.ts';
import type { CallOptions } from '../ports.ts';
import type { ItemChange } from '../vault/authentic-items.ts';
import type { JsonObject } from '../vault/encoding.ts';
import { isOver } from './core.ts';
import type { AccessCore } from './core.ts';
import { HASH_LENGTH, newSecret, secretMatches, splitSecret } from './secrets.ts';

const VISITS = 'visit';

/** How long a visit lasts, in milliseconds. */
export const VISIT_TIME: number = 60 * 60 * 1000;

/** A visit as it is when it was just made. */
export interface NewVisit {
  /** For a cookie. */
  readonly visit: string;
  /** Keeps it: goes into the same write as what uses the door up. */
  readonly change: ItemChange;
}

/** @param door the id of what it is a visit to; ids of different kinds of door are never alike */
export function newVisit(
  door: string,
  { expires, ...about }: { readonly expires: string } & Readonly<Record<string, unknown>>,
): NewVisit {
  const { id, text, hash } = newSecret();
  const value = { hash: toBase64(hash), expires, ...about };
  const sort = `${door}/${id}`;
  return {
    visit: text,
    change: { type: 'put', partition: VISITS, sort, value, expect: null, expires: Date.parse(expires) },
  };
}

/** What is kept of a visit to this door; undefined for one that is unknown, over, or to another. */
export async function findVisit(
  { vault, now }: AccessCore,
  door: string,
  { visit, signal }: CallOptions & { readonly visit: string },
): Promise<JsonObject | undefined> {
  const given = splitSecret(visit);
  if (given === undefined) return undefined;
  const item = await vault.items.get(VISITS, `${door}/${given.id}`, { signal });
  const matches = secretMatches(given, item?.value.bytes('hash', HASH_LENGTH));
  return matches && item !== undefined && !isOver(item.value.string('expires'), now()) ? item.value : undefined;
}
