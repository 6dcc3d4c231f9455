import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { keyAfter, keyBefore, sortRange } from '../../src/catalogs/sort-range.ts';

const HIGHEST = '~'.repeat(1024);

/** Keys that differ in their first or last few characters, the longest included. */
const key = fc
  .tuple(
    fc.string({ unit: fc.constantFrom('!', '"', 'A', '}', '~'), minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '!'.repeat(1018), 'A'.repeat(1018), '~'.repeat(1018), '~'.repeat(1015)),
    fc.string({ unit: fc.constantFrom('!', 'A', '~'), maxLength: 3 }),
  )
  .map((parts) => parts.join(''));
const prefix = fc.oneof(fc.constant(undefined), fc.constant(''), key);

describe('sortRange', () => {
  test('holds exactly the keys that belong on a page', () => {
    fc.assert(
      fc.property(
        fc.record({ prefix, after: fc.option(key, { nil: undefined }), reverse: fc.boolean() }),
        fc.array(key, { minLength: 1, maxLength: 20 }),
        (options, keys) => {
          const { after, reverse } = options;
          const range = sortRange(options);
          // What lies close to the ends is where a wrong range would show.
          const near = [after, options.prefix].filter((end) => end !== undefined && end !== '');
          const closest = near.flatMap((end) => [end!, keyAfter(end!), keyBefore(end!)]);
          for (const candidate of [...keys, ...closest].filter((sort) => sort !== undefined)) {
            const follows = after === undefined || (reverse ? candidate < after : candidate > after);
            const belongs = candidate.startsWith(options.prefix ?? '') && follows;
            const within = range !== undefined && candidate >= range.from && candidate <= range.to;
            assert.equal(within, belongs, JSON.stringify(candidate));
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('has ends that are keys, the lower one first', () => {
    fc.assert(
      fc.property(
        fc.record({ prefix, after: fc.option(key, { nil: undefined }), reverse: fc.boolean() }),
        (options) => {
          const range = sortRange(options);
          if (range === undefined) return;
          for (const end of [range.from, range.to]) assert.match(end, /^[\x21-\x7e]{1,1024}$/);
          assert.ok(range.from <= range.to);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('reaches from the lowest key to the highest when nothing is asked for', () => {
    assert.deepEqual(sortRange({}), { from: '!', to: HIGHEST });
    assert.deepEqual(sortRange({ prefix: '', reverse: true }), { from: '!', to: HIGHEST });
  });

  test('is one key for a prefix that is as long as a key can be', () => {
    const longest = 'a'.repeat(1024);
    assert.deepEqual(sortRange({ prefix: longest }), { from: longest, to: longest });
    assert.equal(sortRange({ prefix: longest, after: longest }), undefined);
    assert.equal(sortRange({ prefix: longest, after: longest, reverse: true }), undefined);
  });

  test('is nothing after the highest key, before the lowest, and past the prefix', () => {
    assert.equal(sortRange({ after: HIGHEST }), undefined);
    assert.equal(sortRange({ after: '!', reverse: true }), undefined);
    assert.equal(sortRange({ prefix: 'a', after: 'b' }), undefined);
    assert.equal(sortRange({ prefix: 'b', after: 'a', reverse: true }), undefined);
    assert.equal(sortRange({ prefix: 'a', after: `a${'~'.repeat(1023)}` }), undefined);
    assert.equal(sortRange({ prefix: 'a', after: 'a', reverse: true }), undefined);
  });

  test('is the whole prefix from outside of it', () => {
    const whole = { from: 'b', to: `b${'~'.repeat(1023)}` };
    assert.deepEqual(sortRange({ prefix: 'b', after: 'a' }), whole);
    assert.deepEqual(sortRange({ prefix: 'b', after: 'c', reverse: true }), whole);
  });
});

describe('keyAfter and keyBefore', () => {
  test('lead to the next key and back', () => {
    fc.assert(
      fc.property(key, (start) => {
        const next = keyAfter(start);
        if (next === undefined) return assert.equal(start, HIGHEST);
        assert.ok(next > start);
        assert.equal(keyBefore(next), start);
      }),
    );
  });

  test('know the shortest and the longest keys', () => {
    assert.equal(keyAfter('a'), 'a!');
    assert.equal(keyAfter(`${'a'.repeat(1023)}b`), `${'a'.repeat(1023)}c`);
    assert.equal(keyAfter(`a${'~'.repeat(1023)}`), 'b');
    assert.equal(keyBefore('b'), `a${'~'.repeat(1023)}`);
    assert.equal(keyBefore('a!'), 'a');
    assert.equal(keyBefore('!'), undefined);
    assert.equal(keyAfter(HIGHEST), undefined);
  });
});
