import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { contextValue, decodeContext, encodeContext } from '../../src/message/context.ts';
import { refusal } from '../../src/testing/rejects.ts';
import { anyContext } from '../support/contexts.ts';
import { referenceContext } from '../support/reference.ts';

const namesIn = (bytes: Uint8Array): string[] => Object.keys(decodeContext(bytes));

describe('an encryption context', () => {
  test('without pairs is no bytes', () => {
    assert.equal(encodeContext({}).length, 0);
    assert.deepEqual(decodeContext(new Uint8Array(0)), {});
    assert.deepEqual(decodeContext(new Uint8Array(2)), {}, 'very old writers wrote a count of zero');
  });

  test('is a count and its pairs', () => {
    const bytes = encodeContext({ b: '22', a: '1' });
    assert.equal(Buffer.from(bytes).toString('hex'), '0002' + '000161000131' + '00016200023232');
  });

  test('has its names in order of their bytes, which is neither that of UTF-16 nor that of a dictionary', () => {
    // UTF-16 has the surrogates of U+10000 before U+FF61.
    assert.deepEqual(namesIn(encodeContext({ '\u{10000}': '', '\u{ff61}': '' })), ['\u{ff61}', '\u{10000}']);
    assert.deepEqual(namesIn(encodeContext({ a: '', B: '', ä: '', z: '', ab: '' })), ['B', 'a', 'ab', 'z', 'ä']);
    fc.assert(
      fc.property(anyContext, (context) => {
        const names = Object.keys(context).map((name) => Buffer.from(name));
        const sorted = names.sort((a, b) => a.compare(b)).map(String);
        const expected = referenceContext(sorted.map((name) => [name, context[name]!]));
        assert.ok(expected.equals(encodeContext(context)));
      }),
    );
  });

  test('is read back as it was', () => {
    fc.assert(fc.property(anyContext, (context) => assert.deepEqual(decodeContext(encodeContext(context)), context)));
  });

  test('may have pairs with the names of what every object inherits', () => {
    const context = Object.fromEntries([
      ['__proto__', 'p'],
      ['constructor', 'c'],
      ['toString', 't'],
    ]);
    const bytes = encodeContext(context);
    assert.deepEqual(namesIn(bytes).sort(), ['__proto__', 'constructor', 'toString']);
    assert.equal(contextValue(decodeContext(bytes), '__proto__'), 'p');
    for (const name of ['__proto__', 'constructor', 'toString']) assert.equal(contextValue({}, name), undefined);
  });

  test('is refused when its text is not well-formed, or no text', () => {
    for (const context of [{ '\u{d800}': 'x' }, { x: '\u{dc00}' }]) refusal(() => encodeContext(context), 'usage');
    const notText: unknown = { x: 1 };
    refusal(() => encodeContext(notText as Record<string, string>), 'usage');
  });

  test('holds at most 65,535 bytes', () => {
    const length = (size: number): number => encodeContext({ n: 'x'.repeat(size) }).length;
    const overhead = length(1) - 1;
    assert.equal(length(0xffff - overhead), 0xffff);
    refusal(() => length(0xffff - overhead + 1), 'usage');
    refusal(() => length(0x1_0000), 'usage');
    refusal(() => encodeContext({ ['n'.repeat(0x1_0000)]: '' }), 'usage');
  });

  test('is read in any order, and nothing may be left over, missing, double or no text', () => {
    const [a, b] = [['a', '1'] as const, ['b', '2'] as const];
    assert.deepEqual(decodeContext(referenceContext([b, a])), { a: '1', b: '2' });
    const whole = referenceContext([a, b]);
    for (let length = 1; length < whole.length; length++)
      refusal(() => decodeContext(whole.subarray(0, length)), 'damaged');
    refusal(() => decodeContext(Buffer.concat([whole, Buffer.alloc(1)])), 'damaged');
    refusal(() => decodeContext(referenceContext([a, b, a])), 'damaged');
    refusal(() => decodeContext(Buffer.from('0001' + '0001ff' + '000131', 'hex')), 'damaged');
    refusal(() => decodeContext(Buffer.from('0001' + '000161' + '0001ff', 'hex')), 'damaged');
    assert.deepEqual(decodeContext(Buffer.from('0001' + '0003efbbbf' + '0000', 'hex')), { '\u{feff}': '' });
  });

  test('opens to its pairs or is refused as damaged, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          const context = decodeContext(bytes);
          assert.ok(bytes.length <= 2 || encodeContext(context).length === bytes.length);
        } catch (error) {
          refusal(() => {
            throw error;
          }, 'damaged');
        }
      }),
    );
  });
});
