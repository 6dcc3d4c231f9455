import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FieldCollector, dispositionName, queryOf } from '../../../src/http/upload/fields.ts';
import { refusal } from '../../../src/testing/rejects.ts';

test('a query is what a form or a URL object wrote', () => {
  const text = fc.string({ unit: 'grapheme' }).filter((value) => value.isWellFormed());
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name }), (pairs) => {
      const filled = pairs.filter(([name, value]) => name !== '' || value !== '');
      const byForm = `/v1/files?${new URLSearchParams(filled).toString()}`;
      const byHand = `/?${filled.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')}`;
      assert.deepEqual([...queryOf(byForm)], filled);
      assert.deepEqual([...queryOf(byHand)], filled);
    }),
    { numRuns: 200 },
  );
});

test('names without a value have an empty one, and empty pairs are none', () => {
  assert.deepEqual(
    [...queryOf('/v1/files?a&b=&&c=1=2&')],
    [
      ['a', ''],
      ['b', ''],
      ['c', '1=2'],
    ],
  );
  assert.deepEqual([...queryOf('/v1/files')], []);
  assert.deepEqual([...queryOf('/v1/files?')], []);
});

test('a query that is no percent-encoded UTF-8 is refused and not mended', () => {
  const bad = [
    'a=%',
    'a=%f',
    'a=%zz',
    'a=%ff',
    '%ff=a',
    'a=%c3',
    'a=%ed%a0%80',
    'a=%f8%88%80%80%80',
    'a=\xc3\xbc',
    'a=\xff',
    'a=b c',
  ];
  for (const query of bad) refusal(() => queryOf(`/v1/files?${query}`), 'usage');
});

test('a name that is given twice is refused, however it is written', () => {
  for (const query of ['a=1&a=1', 'a=1&%61=2', 'a&a']) refusal(() => queryOf(`/?${query}`), 'usage');
});

test('fields find their places', () => {
  const collector = new FieldCollector();
  const given: [string, string][] = [
    ['name', 'n'],
    ['type', 't/x'],
    ['expires', 'e'],
    ['retainUntil', 'r'],
    ['tag.a', '1'],
    ['tag.b.c', ''],
    ['tag.', 'empty'],
    ['metadata.a', '2'],
    ['context.a', '3'],
  ];
  for (const [name, value] of given) collector.add(name, value);
  assert.deepEqual(collector.fields, {
    name: 'n',
    type: 't/x',
    tags: { a: '1', 'b.c': '', '': 'empty' },
    metadata: { a: '2' },
    context: { a: '3' },
    expires: 'e',
    retainUntil: 'r',
  });
});

test('names that mean something to objects are names like any other', () => {
  const collector = new FieldCollector();
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  for (const name of names) collector.add(`tag.${name}`, name);
  const { tags } = collector.fields;
  assert.deepEqual(
    Object.entries(tags),
    names.map((name) => [name, name]),
  );
  assert.equal(Object.getPrototypeOf(tags), Object.prototype);
});

test('unknown fields, and fields given twice, are refused without repeating what was sent', () => {
  for (const name of ['', 'Name', 'tags.a', 'tag', 'file', '__proto__', 'createdBy']) {
    const { message } = refusal(() => new FieldCollector().add(name, 'secret'), 'usage');
    assert.doesNotMatch(message, /secret|Name|__proto__/);
  }
  const collector = new FieldCollector();
  collector.add('tag.a', '1');
  refusal(() => collector.add('tag.a', '1'), 'usage');
});

test('a name comes from Content-Disposition, the extended one first', () => {
  const cases: [string, string | undefined][] = [
    ['attachment; filename="a b.txt"', 'a b.txt'],
    ['attachment; filename=a.txt', 'a.txt'],
    ['ATTACHMENT; FILENAME=a.txt', 'a.txt'],
    ['inline; filename="a\\"b\\\\.txt"', 'a"b\\.txt'],
    [`attachment; filename="x"; filename*=UTF-8''%e2%82%ac%20rates`, '€ rates'],
    [`attachment; filename*=UTF-8'en'%C3%BC; filename="x"`, 'ü'],
    [`attachment; filename*=iso-8859-1''%FC`, 'ü'],
    ['attachment; filename="../../etc/passwd"', '../../etc/passwd'],
    ['attachment; filename="C:\\\\boot.ini"', 'C:\\boot.ini'],
    [Buffer.from('attachment; filename="ü.txt"').toString('latin1'), 'ü.txt'],
    ['attachment', undefined],
    ['attachment; name=a', undefined],
  ];
  for (const [header, name] of cases) assert.equal(dispositionName(header), name, header);
  assert.equal(dispositionName(undefined), undefined);
});

test('a name in Content-Disposition that cannot be read is refused and not guessed', () => {
  const bad = [
    `attachment; filename*=UTF-8''%ff; filename="x"`,
    `attachment; filename*=shift-jis''%83`,
    'attachment; filename*=x',
    'attachment; filename="\xfc.txt"',
  ];
  for (const header of bad) refusal(() => dispositionName(header), 'usage');
});
