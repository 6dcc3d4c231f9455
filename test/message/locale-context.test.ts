import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { decodeContext, encodeContext } from '../../src/message/context.ts';
import { encodeContextByLocale } from '../../src/message/locale-context.ts';
import { anyContext } from '../support/contexts.ts';

describe('a context in the order of a dictionary', () => {
  test('has the names as a dictionary has them', () => {
    assert.deepEqual(order('B', 'a'), ['a', 'B']);
    assert.deepEqual(order('key-1', 'key_1'), ['key_1', 'key-1']);
    assert.deepEqual(order('z', 'ä', 'b'), ['ä', 'b', 'z']);
  });

  test('holds the same pairs in as many bytes', () => {
    fc.assert(
      fc.property(anyContext, (context) => {
        const bytes = encodeContextByLocale(context);
        assert.equal(bytes.length, encodeContext(context).length);
        assert.deepEqual(encodeContext(decodeContext(bytes)), encodeContext(context));
      }),
    );
  });
});

function order(...names: string[]): string[] {
  return Object.keys(decodeContext(encodeContextByLocale(Object.fromEntries(names.map((name) => [name, ''])))));
}
