/** What somebody chose for a link, and what is asked of the service for it. */
import type { LinkRequest } from '../../../src/access/access.ts';

export type Expiry = 'hour' | 'day' | 'week' | 'month' | 'date';
export type Count = 'any' | 'once' | 'some';

export interface ShareChoice {
  readonly expiry: Expiry;
  /** The last day, as `2026-12-31`, where a date is chosen. */
  readonly date: string;
  readonly count: Count;
  /** How often, where a number is chosen. */
  readonly number: string;
}

export const FIRST_CHOICE: ShareChoice = { expiry: 'week', date: '', count: 'any', number: '' };

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const lifetimes: Readonly<Record<Exclude<Expiry, 'date'>, number>> = {
  hour: HOUR,
  day: DAY,
  week: 7 * DAY,
  month: 30 * DAY,
};
/** What the service takes, and the number of days that is surely within it. */
const MOST_DOWNLOADS = 1_000_000;
const MOST_DAYS = 365;

/** The first and the last day that can be chosen, where somebody is. */
export function choosableDays(now: Date): { readonly min: string; readonly max: string } {
  const last = new Date(now.getFullYear(), now.getMonth(), now.getDate() + MOST_DAYS);
  return { min: dayOf(now), max: dayOf(last) };
}

/** What of a choice cannot be used. */
export function wrongIn(choice: ShareChoice, now: Date): { readonly date: boolean; readonly number: boolean } {
  const { min, max } = choosableDays(now);
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(choice.date) && choice.date >= min && choice.date <= max;
  const count = Number(choice.number);
  const isNumber = /^\d{1,7}$/.test(choice.number.trim()) && count >= 1 && count <= MOST_DOWNLOADS;
  return { date: choice.expiry === 'date' && !isDay, number: choice.count === 'some' && !isNumber };
}

/** The request for a choice that is not wrong. */
export function requestOf(choice: ShareChoice, now: Date): Pick<LinkRequest, 'expires' | 'downloads'> {
  const { expiry, date, count, number } = choice;
  // To the end of the day, where somebody is.
  const expires = expiry === 'date' ? new Date(`${date}T23:59:59`) : new Date(now.getTime() + lifetimes[expiry]);
  const downloads = { any: undefined, once: 1, some: Number(number) }[count];
  return { expires: expires.toISOString(), downloads };
}

function dayOf(date: Date): string {
  const month = String(date.getMonth() + 1).padStart(2, '0');
  return `${date.getFullYear()}-${month}-${String(date.getDate()).padStart(2, '0')}`;
}
