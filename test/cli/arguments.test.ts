import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRange, recordOf, repeated, repeatedPair, wholeNumber } from '../../src/cli/arguments.ts';
import { refusal } from '../../src/testing/rejects.ts';

describe('a range', () => {
  test('has a first and a last byte, both included; the last may be left out, or a number of bytes at the end given', () => {
    assert.deepEqual(parseRange('0-0'), { start: 0, end: 1 });
    assert.deepEqual(parseRange('5-10'), { start: 5, end: 11 });
    assert.deepEqual(parseRange('5-'), { start: 5 });
    assert.deepEqual(parseRange('-5'), { suffix: 5 });
  });

  for (const text of [
    '',
    '-',
    '5',
    '5-4',
    '-0',
    'a-b',
    '0-1,3-4',
    '1.5-2',
    ' 0-1',
    '0x1-2',
    '99999999999999999-',
    '--5',
  ]) {
    test(`is not ${JSON.stringify(text)}`, () => void refusal(() => parseRange(text), 'usage'));
  }
});

describe('a pair', () => {
  const collect = repeatedPair('--tag');

  test('is divided by the first equals sign, and may have an empty value', () => {
    assert.deepEqual(recordOf(collect('c=', collect('a=b=c'))), { a: 'b=c', c: '' });
  });

  test('named __proto__ is a pair like any other', () => {
    assert.deepEqual(Object.entries(recordOf(collect('__proto__=x'))), [['__proto__', 'x']]);
  });

  test('has a name, a value and no twin', () => {
    for (const text of ['', 'a', '=b']) refusal(() => collect(text), 'usage');
    refusal(() => collect('a=2', collect('a=1')), 'usage');
  });
});

test('an option that is given again is added to what was given', () => {
  assert.deepEqual(repeated('b', repeated('a')), ['a', 'b']);
});

test('a whole number is digits, and not too small', () => {
  assert.equal(wholeNumber('--n', 0)('0'), 0);
  assert.equal(wholeNumber('--n', 1)('42'), 42);
  for (const text of ['', '-1', '1e3', '1.0', '0x10', '99999999999999999999']) {
    refusal(() => wholeNumber('--n', 0)(text), 'usage');
  }
  refusal(() => wholeNumber('--n', 1)('0'), 'usage');
});
