/** A quota as it is filled in, and as the service takes it. */
import type { Quota } from '../../../src/vault/item-kinds.ts';

export type Unit = 'MB' | 'GB' | 'TB';

/** From the smallest; powers of a thousand, as sizes are shown. */
export const UNITS: readonly Unit[] = ['MB', 'GB', 'TB'];

/** How many decimal places of a unit are whole bytes. */
const places: Readonly<Record<Unit, number>> = { MB: 6, GB: 9, TB: 12 };

/** Decimal places that are easy to read. */
const EASY = 3;

/** What stands in the fields; empty for no limit. */
export interface QuotaForm {
  /** As a field of numbers gives it: with a point, whatever the language. */
  readonly amount: string;
  readonly unit: Unit;
  readonly files: string;
}

export const NO_QUOTA: QuotaForm = { amount: '', unit: 'GB', files: '' };

export type ReadQuota =
  | { readonly quota: Quota | null }
  | { readonly wrong: { readonly amount: boolean; readonly files: boolean } };

/** The quota that is meant; null where nothing is filled in. */
export function quotaOf({ amount, unit, files }: QuotaForm): ReadQuota {
  const bytes = limitOf(amount, places[unit]);
  const count = limitOf(files, 0);
  if (bytes === undefined || count === undefined) {
    return { wrong: { amount: bytes === undefined, files: count === undefined } };
  }
  return { quota: bytes === null && count === null ? null : { bytes, files: count } };
}

/** Null where nothing is filled in; undefined where no limit can be made of it. */
function limitOf(text: string, decimals: number): number | null | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const [, whole = '', fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(trimmed) ?? [];
  if (whole === '' || fraction.length > decimals) return undefined;
  // By its digits: a product of numbers would be some bytes off where they are large.
  const limit = Number(whole + fraction.padEnd(decimals, '0'));
  return Number.isSafeInteger(limit) ? limit : undefined;
}

/** The form that means a quota, to the byte, in the largest unit that is easy to read. */
export function formOf(quota: Quota | null): QuotaForm {
  if (quota === null) return NO_QUOTA;
  const { bytes, files } = quota;
  const count = files === null ? '' : String(files);
  if (bytes === null) return { ...NO_QUOTA, files: count };
  const unit = UNITS.findLast((each) => isEasy(bytes, places[each])) ?? 'MB';
  return { amount: amountOf(bytes, places[unit]), unit, files: count };
}

function isEasy(bytes: number, decimals: number): boolean {
  return bytes >= 10 ** decimals && bytes % 10 ** (decimals - EASY) === 0;
}

function amountOf(bytes: number, decimals: number): string {
  const digits = String(bytes).padStart(decimals + 1, '0');
  const whole = digits.slice(0, -decimals);
  const fraction = digits.slice(-decimals).replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
