import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatDuration, formatRelative, formatShortTime } from '../../web/src/format.ts';

/** In the language of whoever runs the tests, as the page is in that of whoever sees it. */
function inUnit(value: number, unit: string, unitDisplay: 'short' | 'long' = 'short'): string {
  return new Intl.NumberFormat(undefined, { style: 'unit', unit, unitDisplay, maximumSignificantDigits: 4 }).format(
    value,
  );
}

test('sizes have three digits at most, in the unit that people say', () => {
  const cases: readonly (readonly [bytes: number, expected: string])[] = [
    [0, inUnit(0, 'byte', 'long')],
    [1, inUnit(1, 'byte', 'long')],
    [999, inUnit(999, 'byte', 'long')],
    [1000, inUnit(1, 'kilobyte')],
    [1234, inUnit(1.23, 'kilobyte')],
    [999_400, inUnit(999, 'kilobyte')],
    // Never 1,000 kB.
    [999_600, inUnit(1, 'megabyte')],
    [300 * 1024 ** 2, inUnit(315, 'megabyte')],
    [5 * 1024 ** 4, inUnit(5.5, 'terabyte')],
    [Number.MAX_SAFE_INTEGER, inUnit(9.01, 'petabyte')],
  ];
  for (const [bytes, expected] of cases) assert.equal(formatBytes(bytes), expected, String(bytes));
});

test('what is left of something is told in its two largest units, and never as nothing', () => {
  const list = (...parts: readonly string[]): string =>
    new Intl.ListFormat(undefined, { type: 'unit', style: 'narrow' }).format(parts);
  assert.equal(formatDuration(0), list(inUnit(1, 'second')));
  assert.equal(formatDuration(0.2), list(inUnit(1, 'second')));
  assert.equal(formatDuration(59.2), list(inUnit(1, 'minute')));
  assert.equal(formatDuration(61), list(inUnit(1, 'minute'), inUnit(1, 'second')));
  assert.equal(formatDuration(3600), list(inUnit(1, 'hour')));
  assert.equal(formatDuration(3600 + 5 * 60 + 10), list(inUnit(1, 'hour'), inUnit(5, 'minute')));
  assert.equal(formatDuration(25 * 3600), list(inUnit(1, 'day'), inUnit(1, 'hour')));
});

test('times are told from now, in the largest unit that fits', () => {
  const now = Date.UTC(2026, 0, 2, 12);
  const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
  assert.equal(formatRelative(now, now), relative.format(0, 'second'));
  assert.equal(formatRelative(now - 90_000, now), relative.format(-1, 'minute'));
  assert.equal(formatRelative(now + 3 * 86_400_000, now), relative.format(3, 'day'));
  assert.equal(formatRelative(now + 400 * 86_400_000, now), relative.format(1, 'year'));
});

test('a time of today is an hour, one of this year a day, any other a date', () => {
  const now = new Date(2026, 5, 15, 20);
  const told = (date: Date, options: Intl.DateTimeFormatOptions): void =>
    assert.equal(formatShortTime(date, now), new Intl.DateTimeFormat(undefined, options).format(date));
  told(new Date(2026, 5, 15, 8), { timeStyle: 'short' });
  told(new Date(2026, 5, 14, 22), { day: 'numeric', month: 'short' });
  told(new Date(2025, 5, 15, 20), { dateStyle: 'medium' });
});
