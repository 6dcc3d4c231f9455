/** Rows, and what they are shown as. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { timeOrderedId } from '../../../src/vault/identifiers.ts';
import { kindOf } from '../../../web/src/files/kind.ts';
import { filesOf as filesIn, timeOf } from '../../../web/src/files/rows.ts';
import { fileOf } from './listed.ts';

test('an id tells when it was made, also of a record that does not open', () => {
  const time = Date.UTC(2031, 6, 5, 4, 3, 2, 1);
  assert.equal(timeOf(timeOrderedId(time)), time);
});

test('the files of selected rows come in the order of the list, without records that do not open', () => {
  const [one, two] = [fileOf(1), fileOf(2)];
  const rows = [
    { kind: 'file', id: two.id, file: two },
    { kind: 'unreadable', id: 'x', code: 'damaged' },
    { kind: 'file', id: one.id, file: one },
  ] as const;
  assert.deepEqual(filesIn(rows, new Set([one.id, 'x', two.id])), [two, one]);
});

describe('the kind of a file', () => {
  for (const [type, kind] of [
    ['image/svg+xml', 'image'],
    ['Image/PNG', 'image'],
    ['video/mp4', 'video'],
    ['audio/mpeg', 'audio'],
    ['application/pdf', 'pdf'],
    ['text/html', 'web'],
    ['text/csv', 'table'],
    ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'table'],
    ['application/vnd.openxmlformats-officedocument.presentationml.presentation', 'presentation'],
    ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'document'],
    ['application/vnd.oasis.opendocument.text', 'document'],
    ['application/json', 'data'],
    ['application/gzip', 'archive'],
    ['application/x-tar', 'archive'],
    ['text/x-python', 'text'],
    ['application/octet-stream', 'unknown'],
    ['', 'unknown'],
  ] as const) {
    test(`${JSON.stringify(type)} is ${kind}`, () => assert.equal(kindOf(type), kind));
  }
});
