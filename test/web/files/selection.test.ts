/** Selecting rows, by keys and pointers. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  NOTHING_SELECTED,
  clear,
  extendTo,
  keepOnly,
  moveTo,
  selectAll,
  toggle,
} from '../../../web/src/files/selection.ts';
import type { Selection } from '../../../web/src/files/selection.ts';

const order = ['a', 'b', 'c', 'd', 'e', 'f'];
const selected = (selection: Selection): string => [...selection.selected].sort().join('');

describe('a range', () => {
  test('goes from the row that was selected last to the one that is named, both included', () => {
    const selection = extendTo(toggle(NOTHING_SELECTED, 'b'), 'd', order);
    assert.equal(selected(selection), 'bcd');
    assert.equal(selection.current, 'd');
  });

  test('lets go of what it grew over when it becomes smaller, also to the other side', () => {
    let selection = extendTo(toggle(NOTHING_SELECTED, 'c'), 'f', order);
    selection = extendTo(selection, 'd', order);
    assert.equal(selected(selection), 'cd');
    selection = extendTo(selection, 'a', order);
    assert.equal(selected(selection), 'abc');
  });

  test('keeps what was selected before it', () => {
    let selection = toggle(toggle(NOTHING_SELECTED, 'a'), 'c');
    selection = extendTo(selection, 'e', order);
    selection = extendTo(selection, 'c', order);
    assert.equal(selected(selection), 'ac');
  });

  test('begins where the keyboard is when nothing was selected', () => {
    assert.equal(selected(extendTo(moveTo(NOTHING_SELECTED, 'b'), 'c', order)), 'bc');
  });

  test('is the row alone when there is nowhere to begin', () => {
    assert.equal(selected(extendTo(NOTHING_SELECTED, 'c', order)), 'c');
    assert.equal(selected(extendTo(moveTo(NOTHING_SELECTED, 'gone'), 'c', order)), 'c');
  });

  test('has every row between its ends, whichever way it was drawn', () => {
    const index = fc.nat({ max: order.length - 1 });
    fc.assert(
      fc.property(index, fc.array(index, { minLength: 1 }), (begin, ends) => {
        let selection = toggle(NOTHING_SELECTED, order[begin]!);
        for (const end of ends) selection = extendTo(selection, order[end]!, order);
        const end = ends.at(-1)!;
        assert.equal(selected(selection), order.slice(Math.min(begin, end), Math.max(begin, end) + 1).join(''));
      }),
    );
  });
});

describe('a selection', () => {
  test('takes a row in and lets it go, and leaves the others alone', () => {
    let selection = toggle(toggle(NOTHING_SELECTED, 'a'), 'b');
    assert.equal(selected(selection), 'ab');
    selection = toggle(selection, 'a');
    assert.equal(selected(selection), 'b');
  });

  test('stays while the keyboard moves', () => {
    assert.equal(selected(moveTo(toggle(NOTHING_SELECTED, 'a'), 'f')), 'a');
  });

  test('of everything is everything, and can be cleared with the keyboard where it was', () => {
    const all = selectAll(moveTo(NOTHING_SELECTED, 'c'), order);
    assert.equal(selected(all), 'abcdef');
    const none = clear(all);
    assert.equal(selected(none), '');
    assert.equal(none.current, 'c');
  });
});

describe('when rows go', () => {
  test('they are not selected any more, and the others are', () => {
    const selection = selectAll(NOTHING_SELECTED, order);
    assert.equal(selected(keepOnly(selection, order, ['a', 'c', 'f'])), 'acf');
  });

  for (const [current, left, next] of [
    ['c', ['a', 'b', 'd', 'e', 'f'], 'd'],
    ['c', ['a', 'b', 'f'], 'f'],
    ['f', ['a', 'b', 'c'], 'c'],
    ['b', ['a'], 'a'],
    ['b', ['b'], 'b'],
    ['b', [], undefined],
  ] as const) {
    test(`the keyboard goes from ${current} to ${next ?? 'nowhere'} where ${left.join('') || 'nothing'} is left`, () => {
      assert.equal(keepOnly(moveTo(NOTHING_SELECTED, current), order, left).current, next);
    });
  }

  test('a range that began there begins anew', () => {
    const gone = keepOnly(toggle(NOTHING_SELECTED, 'c'), order, ['a', 'b', 'd', 'e', 'f']);
    assert.equal(selected(extendTo(gone, 'f', ['a', 'b', 'd', 'e', 'f'])), 'def');
  });
});
