import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printable, printableJson } from '../../src/cli/printable.ts';

/** The ranges of what a terminal obeys: both of control characters, and those that turn the direction of text. */
const ranges = [
  [0, 0x1f],
  [0x7f, 0x9f],
  [0x202a, 0x202e],
  [0x2066, 0x2069],
] as const;

function isObeyed(text: string): boolean {
  return Array.from(text, (character) => character.charCodeAt(0)).some((code) =>
    ranges.some(([first, last]) => code >= first && code <= last),
  );
}

/** Text of any UTF-16 units, halves of pairs included. */
const units = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0x9f }),
      fc.integer({ min: 0x2000, max: 0x206f }),
      fc.integer({ max: 0xffff, min: 0 }),
    ),
  )
  .map((codes) => String.fromCharCode(...codes));

test('text for a terminal has no character that a terminal obeys', () => {
  fc.assert(fc.property(units, (text) => !isObeyed(printable(text))));
  assert.equal(printable('a\u001b[31mb\nc\u009bd\u202ee'), 'a\\u001b[31mb\\u000ac\\u009bd\\u202ee');
});

test('letters of all scripts, and pictures, stay as they are', () => {
  const text = 'naïve 日本語 עברית 👩‍👩‍👧 \\u001b';
  assert.equal(printable(text), text);
});

test('JSON for a terminal is the same JSON, and has no such character either', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = printableJson(value);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      assert.ok(!isObeyed(text));
    }),
  );
  assert.equal(printableJson('\u009b\u007f'), '"\\u009b\\u007f"');
});
