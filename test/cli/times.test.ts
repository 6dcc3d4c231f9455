import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optionalTimeOf, timeOf } from '../../src/cli/times.ts';
import { refusal } from '../../src/testing/rejects.ts';

const now = Date.UTC(2026, 0, 31, 12);

test('a duration counts from now', () => {
  for (const [text, time] of [
    ['30m', '2026-01-31T12:30:00.000Z'],
    ['12h', '2026-02-01T00:00:00.000Z'],
    ['7d', '2026-02-07T12:00:00.000Z'],
    ['4w', '2026-02-28T12:00:00.000Z'],
    ['0d', '2026-01-31T12:00:00.000Z'],
    ['99999w', '3942-08-08T12:00:00.000Z'],
  ] as const) {
    assert.equal(timeOf('--expires', text, now), time);
  }
});

test('a date begins at midnight UTC, and a time has its zone', () => {
  assert.equal(timeOf('--expires', '2030-01-31', now), '2030-01-31T00:00:00.000Z');
  assert.equal(timeOf('--expires', '2030-01-31T12:00:00Z', now), '2030-01-31T12:00:00.000Z');
  assert.equal(timeOf('--expires', '2030-01-31T12:00+02:00', now), '2030-01-31T10:00:00.000Z');
});

test('whatever might be meant otherwise is refused', () => {
  const wrong = ['', '7', 'd', '-1d', '+1d', '1.5h', '7D', '7 d', '1s', '1y', '123456d', 'tomorrow', '31.1.2030'];
  const wrongTimes = [
    '2030-1-31',
    '2030-01-32',
    '2030-02-30',
    '2030-13-01',
    '2030-01-31T12:00',
    '2030-01-31 12:00Z',
    '1900000000',
  ];
  for (const text of [...wrong, ...wrongTimes]) {
    const { message } = refusal(() => timeOf('--retain-until', text, now), 'usage');
    assert.match(message, /^--retain-until is a duration \(30m, 12h, 7d, 4w\) or a time/, text);
  }
});

test('a time that is left out stays so', () => {
  assert.equal(optionalTimeOf('--expires', undefined), undefined);
});
