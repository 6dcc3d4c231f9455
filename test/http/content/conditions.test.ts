/** Conditional requests, by RFC 9110, section 13. */
import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, test } from 'node:test';
import { evaluateConditions, rangeApplies } from '../../../src/http/content/conditions.ts';
import type { Verdict } from '../../../src/http/content/conditions.ts';
import { formatHttpDate, parseHttpDate } from '../../../src/http/content/http-date.ts';

const NOW = Date.UTC(2026, 5, 1);
const TIME = Date.UTC(2026, 0, 2, 3, 4, 5);
const validators = { etag: '"abc"', lastModified: TIME };

const BEFORE = 'Fri, 02 Jan 2026 03:04:04 GMT';
const EXACTLY = 'Fri, 02 Jan 2026 03:04:05 GMT';
const AFTER = 'Fri, 02 Jan 2026 03:04:06 GMT';

/** Sections of RFC 9110 -> request headers and the verdict. */
const table: Readonly<Record<string, readonly (readonly [IncomingHttpHeaders, Verdict])[]>> = {
  'no condition': [[{}, 'met']],
  'If-Match compares strongly (13.1.1)': [
    [{ 'if-match': '*' }, 'met'],
    [{ 'if-match': '"abc"' }, 'met'],
    [{ 'if-match': '"x", "abc"' }, 'met'],
    [{ 'if-match': '"x","y" , "abc" , "z"' }, 'met'],
    [{ 'if-match': ',, "abc",' }, 'met'],
    [{ 'if-match': '"a,b", "abc"' }, 'met'],
    [{ 'if-match': 'W/"abc"' }, 'failed'],
    [{ 'if-match': '"x"' }, 'failed'],
    [{ 'if-match': '"ABC"' }, 'failed'],
    [{ 'if-match': 'abc' }, 'failed'],
    [{ 'if-match': '' }, 'failed'],
    [{ 'if-match': '"abc' }, 'failed'],
    [{ 'if-match': '"x""abc"' }, 'failed'],
    [{ 'if-match': '"x" "abc"' }, 'failed'],
    [{ 'if-match': '"x", *' }, 'failed'],
    [{ 'if-match': '"x,"abc",y"' }, 'failed'],
  ],
  'If-None-Match compares weakly (13.1.2)': [
    [{ 'if-none-match': '*' }, 'not-modified'],
    [{ 'if-none-match': '"abc"' }, 'not-modified'],
    [{ 'if-none-match': 'W/"abc"' }, 'not-modified'],
    [{ 'if-none-match': '"x", W/"abc"' }, 'not-modified'],
    [{ 'if-none-match': '"x"' }, 'met'],
    [{ 'if-none-match': 'w/"abc"' }, 'met'],
    [{ 'if-none-match': 'W/ "abc"' }, 'met'],
    [{ 'if-none-match': 'abc' }, 'met'],
    [{ 'if-none-match': '' }, 'met'],
  ],
  'If-Modified-Since (13.1.3)': [
    [{ 'if-modified-since': BEFORE }, 'met'],
    [{ 'if-modified-since': EXACTLY }, 'not-modified'],
    [{ 'if-modified-since': AFTER }, 'not-modified'],
    [{ 'if-modified-since': 'yesterday' }, 'met'],
    [{ 'if-modified-since': '2027-01-01T00:00:00Z' }, 'met'],
  ],
  'If-Unmodified-Since (13.1.4)': [
    [{ 'if-unmodified-since': BEFORE }, 'failed'],
    [{ 'if-unmodified-since': EXACTLY }, 'met'],
    [{ 'if-unmodified-since': AFTER }, 'met'],
    [{ 'if-unmodified-since': 'yesterday' }, 'met'],
  ],
  'the order of 13.2.2': [
    [{ 'if-match': '"abc"', 'if-unmodified-since': BEFORE }, 'met'],
    [{ 'if-match': '"x"', 'if-unmodified-since': AFTER }, 'failed'],
    [{ 'if-none-match': '"x"', 'if-modified-since': AFTER }, 'met'],
    [{ 'if-none-match': '"abc"', 'if-modified-since': BEFORE }, 'not-modified'],
    [{ 'if-match': '"x"', 'if-none-match': '"abc"' }, 'failed'],
    [{ 'if-match': '"abc"', 'if-none-match': '"abc"' }, 'not-modified'],
    [{ 'if-unmodified-since': BEFORE, 'if-none-match': '"abc"' }, 'failed'],
    [{ 'if-unmodified-since': AFTER, 'if-modified-since': AFTER }, 'not-modified'],
  ],
};

describe('conditions', () => {
  for (const [name, rows] of Object.entries(table)) {
    test(name, () => {
      for (const [headers, verdict] of rows) {
        assert.equal(evaluateConditions(headers, validators, NOW), verdict, JSON.stringify(headers));
      }
    });
  }

  test('If-Range takes the very entity tag or the very date, and nothing weak (13.1.5)', () => {
    const rows: readonly (readonly [string | string[] | undefined, boolean])[] = [
      [undefined, true],
      ['"abc"', true],
      ['W/"abc"', false],
      ['"x"', false],
      ['"abc", "x"', false],
      ['*', false],
      ['abc', false],
      ['', false],
      [['"abc"', '"abc"'], false],
      [EXACTLY, true],
      [BEFORE, false],
      [AFTER, false],
      ['Friday, 02-Jan-26 03:04:05 GMT', true],
    ];
    for (const [ifRange, applies] of rows) {
      const headers = ifRange === undefined ? {} : { 'if-range': ifRange };
      assert.equal(rangeApplies(headers, validators, NOW), applies, String(ifRange));
    }
  });

  test('a list of 100,000 entity tags, or of commas, is read in one pass', () => {
    for (const one of ['"x"', '', '"', 'W/']) {
      const list = Array.from({ length: 100_000 }, () => one).join(', ');
      assert.equal(evaluateConditions({ 'if-none-match': list }, validators, NOW), 'met');
    }
  });
});

describe('dates', () => {
  test('all three formats are read, and the first is written (5.6.7)', () => {
    const time = Date.UTC(1994, 10, 6, 8, 49, 37);
    for (const text of [
      'Sun, 06 Nov 1994 08:49:37 GMT',
      'Sunday, 06-Nov-94 08:49:37 GMT',
      'Sun Nov  6 08:49:37 1994',
    ]) {
      assert.equal(parseHttpDate(text, NOW), time, text);
    }
    assert.equal(formatHttpDate(time + 999), 'Sun, 06 Nov 1994 08:49:37 GMT');
    assert.equal(parseHttpDate('Wed Nov 16 08:49:37 1994', NOW), Date.UTC(1994, 10, 16, 8, 49, 37));
  });

  test('two digits of a year are at most 50 years in the future', () => {
    assert.equal(parseHttpDate('Monday, 01-Jan-76 00:00:00 GMT', NOW), Date.UTC(2076, 0, 1));
    assert.equal(parseHttpDate('Monday, 01-Jan-77 00:00:00 GMT', NOW), Date.UTC(1977, 0, 1));
    assert.equal(parseHttpDate('Monday, 01-Jan-05 00:00:00 GMT', NOW), Date.UTC(2005, 0, 1));
  });

  test('what is no date is none', () => {
    for (const text of [
      '',
      '0',
      'Sun, 6 Nov 1994 08:49:37 GMT',
      'Sun, 06 Nov 1994 08:49:37',
      'Sun, 06 Nov 1994 08:49:37 +0000',
      'Sun, 06 Nov 1994 25:49:37 GMT',
      'Sun, 31 Feb 1994 08:49:37 GMT',
      'Sun, 06 Foo 1994 08:49:37 GMT',
      'sun, 06 nov 1994 08:49:37 gmt',
      ' Sun, 06 Nov 1994 08:49:37 GMT',
      '1994-11-06T08:49:37Z',
    ]) {
      assert.equal(parseHttpDate(text, NOW), undefined, text);
    }
  });
});
