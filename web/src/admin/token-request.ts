/** What somebody chose for a token, and what is asked of the service for it. */
import type { TokenRequest } from '../../../src/access/access.ts';
import type { Role } from '../../../src/access/roles.ts';

export type Lifetime = 'day' | 'week' | 'month' | 'quarter' | 'year' | 'date';

export interface TokenChoice {
  readonly name: string;
  /** Whether it is for the one tenant, or for all. */
  readonly where: 'tenant' | 'vault';
  readonly role: Role;
  readonly lifetime: Lifetime;
  /** The last day, as `2026-12-31`, where a date is chosen. */
  readonly date: string;
}

export const FIRST_CHOICE: TokenChoice = { name: '', where: 'tenant', role: 'writer', lifetime: 'quarter', date: '' };

const DAY = 24 * 60 * 60 * 1000;
const lifetimes: Readonly<Record<Exclude<Lifetime, 'date'>, number>> = {
  day: DAY,
  week: 7 * DAY,
  month: 30 * DAY,
  quarter: 90 * DAY,
  year: 365 * DAY,
};
/** What the service takes, and a day less: its clock need not be this one. */
const LONGEST = 3652 * DAY;
const LONGEST_NAME = 128;

/** What of a choice cannot be used. */
export function wrongIn(choice: TokenChoice, now: Date): { readonly name: boolean; readonly date: boolean } {
  const left = endOf(choice, now).getTime() - now.getTime();
  // Written so that a date that is none is wrong.
  return { name: choice.name.trim().length > LONGEST_NAME, date: !(left > 0 && left <= LONGEST) };
}

/** The request for a choice that is not wrong. */
export function requestOf(
  choice: TokenChoice,
  { now, tenant }: { readonly now: Date; readonly tenant: string },
): Pick<TokenRequest, 'name' | 'role' | 'tenant' | 'expires'> {
  const name = choice.name.trim();
  return {
    name: name === '' ? undefined : name,
    role: choice.role,
    tenant: choice.where === 'vault' ? '*' : tenant,
    expires: endOf(choice, now).toISOString(),
  };
}

function endOf({ lifetime, date }: TokenChoice, now: Date): Date {
  // To the end of the day, where somebody is.
  return lifetime === 'date' ? new Date(`${date}T23:59:59`) : new Date(now.getTime() + lifetimes[lifetime]);
}
