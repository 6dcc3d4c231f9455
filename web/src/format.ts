/** Sizes and times as people read them, in the language of the browser. */

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;

/** `3.4 MB`: three digits at most, in powers of a thousand as file managers show them. */
export function formatBytes(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  // What rounds up to a thousand belongs to the next unit.
  const rounds = Number((bytes / 1000 ** power).toPrecision(3)) >= 1000 && power < UNITS.length - 1;
  const unit = rounds ? power + 1 : power;
  return new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: UNITS[unit] ?? 'byte',
    unitDisplay: unit === 0 ? 'long' : 'short',
    maximumSignificantDigits: unit === 0 ? 4 : 3,
  }).format(bytes / 1000 ** unit);
}

/** `3.4 MB/s`. */
export function formatSpeed(bytesPerSecond: number): string {
  return `${formatBytes(Math.round(bytesPerSecond))}/s`;
}

export function formatNumber(value: number): string {
  return new Intl.NumberFormat().format(value);
}

/** @param share 0 to 1 */
export function formatPercent(share: number): string {
  return new Intl.NumberFormat(undefined, { style: 'percent' }).format(share);
}

/** The whole of a time: `24 November 2026 at 20:38`. */
export function formatTime(time: string | number | Date): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' }).format(new Date(time));
}

/** Short, for lists: the hour today, the day this year, else the date. */
export function formatShortTime(time: string | number | Date, now: Date = new Date()): string {
  const date = new Date(time);
  if (date.toDateString() === now.toDateString()) {
    return new Intl.DateTimeFormat(undefined, { timeStyle: 'short' }).format(date);
  }
  const sameYear = date.getFullYear() === now.getFullYear();
  return new Intl.DateTimeFormat(
    undefined,
    sameYear ? { day: 'numeric', month: 'short' } : { dateStyle: 'medium' },
  ).format(date);
}

const STEPS = [
  ['year', 365 * 24 * 60 * 60],
  ['month', 30 * 24 * 60 * 60],
  ['day', 24 * 60 * 60],
  ['hour', 60 * 60],
  ['minute', 60],
  ['second', 1],
] as const;

/** `in 3 days`, `2 hours ago`. */
export function formatRelative(time: string | number | Date, now: number = Date.now()): string {
  const seconds = (new Date(time).getTime() - now) / 1000;
  const [unit, length] = STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? STEPS[STEPS.length - 1]!;
  return new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(Math.round(seconds / length), unit);
}

/** `2 min`, `1 hr, 5 min`: the largest two units, for what is left of something. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(Math.ceil(seconds), 1);
  const first = Math.max(
    STEPS.findIndex(([, length]) => whole >= length),
    2,
  );
  let rest = whole;
  const parts = STEPS.slice(first, first + 2).flatMap(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count === 0
      ? []
      : [new Intl.NumberFormat(undefined, { style: 'unit', unit, unitDisplay: 'short' }).format(count)];
  });
  return new Intl.ListFormat(undefined, { type: 'unit', style: 'narrow' }).format(parts);
}
