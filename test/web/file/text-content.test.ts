import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textContent } from '../../../web/src/file/text-content.ts';

function read(bytes: Uint8Array, { type = 'text/plain', size = bytes.length } = {}): string | undefined {
  return textContent(bytes, { type, size })?.text;
}

test('text is UTF-8 unless its type or a byte order mark says otherwise', () => {
  assert.equal(read(Buffer.from('zwölf 世界 🗝')), 'zwölf 世界 🗝');
  assert.equal(read(Buffer.from('zwölf', 'latin1'), { type: 'text/plain; charset=ISO-8859-1' }), 'zwölf');
  assert.equal(read(Buffer.from('zwölf', 'latin1'), { type: 'text/plain;charset="latin1"' }), 'zwölf');
  assert.equal(read(Buffer.from('\uFEFFzwölf', 'utf16le')), 'zwölf');
  assert.equal(read(Buffer.from('\uFEFFzwölf', 'utf16le').swap16()), 'zwölf');
  assert.equal(read(Buffer.from('zwölf'), { type: 'text/plain; charset=nonsense' }), 'zwölf');
});

test('what is cut within a character ends before it, and says that it is cut', () => {
  const whole = Buffer.from('ab🗝');
  for (let length = 2; length < whole.length; length++) {
    const content = textContent(whole.subarray(0, length), { type: 'text/plain', size: whole.length });
    assert.deepEqual(content, { text: 'ab', shown: length, cut: true });
  }
  assert.deepEqual(textContent(whole, { type: 'text/plain', size: whole.length }), {
    text: 'ab🗝',
    shown: whole.length,
    cut: false,
  });
});

test('bytes that are no text are not shown as such, and a few odd ones in a text are', () => {
  assert.equal(read(Uint8Array.of(0x50, 0x4b, 0x03, 0x04, 0x00, 0x00)), undefined);
  assert.equal(read(new Uint8Array(100).fill(0xff, 2)), undefined);
  const odd = Buffer.concat([Buffer.from('x'.repeat(1000)), Uint8Array.of(0xff)]);
  assert.equal(read(odd), `${'x'.repeat(1000)}\uFFFD`);
});

test('markup stays the text that it is', () => {
  const page = '<script>alert(1)</script>';
  assert.equal(read(Buffer.from(page), { type: 'text/html' }), page);
});
