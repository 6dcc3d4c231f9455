/** What keys mean in the list. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf } from '../../../web/src/files/grid-keys.ts';
import type { Action, Key } from '../../../web/src/files/grid-keys.ts';

const place = { current: 5, last: 9, page: 3 };

function press(key: string, held: Partial<Key> = {}, at: typeof place = place): Action | undefined {
  return actionOf({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...held }, at);
}

for (const [key, index] of [
  ['ArrowDown', 6],
  ['ArrowUp', 4],
  ['PageDown', 8],
  ['PageUp', 2],
  ['Home', 0],
  ['End', 9],
] as const) {
  test(`${key} goes to its row, and with shift takes the range along`, () => {
    assert.deepEqual(press(key), { kind: 'go', index, extend: false, ofRow: false });
    assert.deepEqual(press(key, { shiftKey: true }), { kind: 'go', index, extend: true, ofRow: false });
  });
}

test('no key goes beyond the first and the last row', () => {
  const index = (action: Action | undefined): number | undefined => (action?.kind === 'go' ? action.index : undefined);
  assert.equal(index(press('ArrowUp', {}, { ...place, current: 0 })), 0);
  assert.equal(index(press('PageUp', {}, { ...place, current: 1 })), 0);
  assert.equal(index(press('ArrowDown', {}, { ...place, current: 9 })), 9);
  assert.equal(index(press('PageDown', {}, { ...place, current: 8 })), 9);
});

test('space, Enter, Delete and Escape select, open, delete and clear', () => {
  const kinds = [' ', 'Enter', 'Delete', 'Backspace', 'Escape'].map((key) => press(key)?.kind);
  assert.deepEqual(kinds, ['toggle', 'open', 'delete', 'delete', 'clear']);
});

test('what a link or a box within the row does by itself is only for the row', () => {
  assert.deepEqual(
    [' ', 'Enter', 'Delete', 'ArrowDown'].map((key) => press(key)?.ofRow),
    [true, true, false, false],
  );
});

test('Ctrl+A and its like on a Mac select everything', () => {
  assert.equal(press('a', { ctrlKey: true })?.kind, 'select-all');
  assert.equal(press('A', { metaKey: true })?.kind, 'select-all');
});

test('everything else is left to the browser', () => {
  for (const [key, held] of [
    ['a', {}],
    ['r', { ctrlKey: true }],
    ['ArrowLeft', { altKey: true }],
    ['Enter', { ctrlKey: true }],
    ['Tab', {}],
  ] as const) {
    assert.equal(press(key, held), undefined);
  }
});
