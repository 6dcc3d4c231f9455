/** What somebody chooses for a link, and what is asked for. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FIRST_CHOICE, choosableDays, requestOf, wrongIn } from '../../../web/src/files/share-request.ts';

/** A local time, as a browser has it. */
const now = new Date(2026, 10, 24, 13, 30);
const DAY = 24 * 60 * 60 * 1000;

describe('how long a link works', () => {
  for (const [expiry, lifetime] of [
    ['hour', DAY / 24],
    ['day', DAY],
    ['week', 7 * DAY],
    ['month', 30 * DAY],
  ] as const) {
    test(`a ${expiry} is counted from now`, () => {
      const { expires } = requestOf({ ...FIRST_CHOICE, expiry }, now);
      assert.equal(Date.parse(expires) - now.getTime(), lifetime);
    });
  }

  test('until a date is to the end of that day, where somebody is', () => {
    const { expires } = requestOf({ ...FIRST_CHOICE, expiry: 'date', date: '2026-11-30' }, now);
    assert.deepEqual(new Date(expires), new Date(2026, 10, 30, 23, 59, 59));
  });

  test('a date is within a year, and the service takes the last one', () => {
    const { min, max } = choosableDays(now);
    assert.deepEqual({ min, max }, { min: '2026-11-24', max: '2027-11-24' });
    const { expires } = requestOf({ ...FIRST_CHOICE, expiry: 'date', date: max }, now);
    assert.ok(Date.parse(expires) - now.getTime() <= 366 * DAY);
    for (const date of [min, max]) {
      assert.equal(wrongIn({ ...FIRST_CHOICE, expiry: 'date', date }, now).date, false);
    }
  });

  for (const date of ['', '2026-11-23', '2027-11-25', '2026-11', 'tomorrow']) {
    test(`${JSON.stringify(date)} is no such date`, () => {
      assert.equal(wrongIn({ ...FIRST_CHOICE, expiry: 'date', date }, now).date, true);
      assert.equal(wrongIn({ ...FIRST_CHOICE, expiry: 'day', date }, now).date, false);
    });
  }
});

describe('how often a link works', () => {
  test('is any number of times, once, or a number', () => {
    const downloads = (['any', 'once', 'some'] as const).map(
      (count) => requestOf({ ...FIRST_CHOICE, count, number: ' 12 ' }, now).downloads,
    );
    assert.deepEqual(downloads, [undefined, 1, 12]);
  });

  for (const number of ['1', '12', '1000000']) {
    test(`${number} is such a number`, () => {
      assert.equal(wrongIn({ ...FIRST_CHOICE, count: 'some', number }, now).number, false);
    });
  }

  for (const number of ['', '0', '-1', '1.5', '1e3', '1000001', 'many']) {
    test(`${JSON.stringify(number)} is no such number`, () => {
      assert.equal(wrongIn({ ...FIRST_CHOICE, count: 'some', number }, now).number, true);
      assert.equal(wrongIn({ ...FIRST_CHOICE, count: 'any', number }, now).number, false);
    });
  }
});
