import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat } from '../../../src/bytes.ts';
import { partsOf } from '../../../src/http/upload/multipart.ts';
import { rejection } from '../../../src/testing/rejects.ts';
import { TrackedSource, chunked } from '../../support/streams.ts';

interface WholePart {
  readonly headers: Record<string, string>;
  readonly content: string;
}

const BOUNDARY = 'bound-ary';
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

async function readAll(body: Uint8Array, { step = 1e9, boundary = BOUNDARY } = {}): Promise<WholePart[]> {
  const parts: WholePart[] = [];
  for await (const part of partsOf(new TrackedSource(chunked(body, step)), boundary)) {
    const pieces: Uint8Array[] = [];
    for await (const piece of part.content) pieces.push(piece);
    parts.push({ headers: Object.fromEntries(part.headers), content: Buffer.concat(pieces).toString('latin1') });
  }
  return parts;
}

const simple = latin1(
  'preamble\r\n--bound-ary\r\nA: 1\r\nb:2  \r\n\r\none\r\n--bound-ary\r\n\r\n\r\n--bound-ary\r\nC: \xc3\xbc\r\n\r\n\r\n--bound-ar\r\n\r\n--bound-ary--\r\nepilogue',
);

test('parts come with their headers and content, whatever the lengths of the chunks', async () => {
  for (const step of [1, 2, 3, 7, 1e9]) {
    assert.deepEqual(
      await readAll(simple, { step }),
      [
        { headers: { a: '1', b: '2' }, content: 'one' },
        { headers: {}, content: '' },
        { headers: { c: 'ü' }, content: '\r\n--bound-ar\r\n' },
      ],
      `${step}`,
    );
  }
});

test('any content that holds no boundary comes back as it was', async () => {
  // Made of what a boundary is made of, so that beginnings of one are everywhere.
  const piece = fc.constantFrom('\r', '\n', '\r\n', '-', '--', '\r\n--', '\r\n--b', '\r\n--bx', 'b', 'a', '\0', '\xff');
  const content = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
  await fc.assert(
    fc.asyncProperty(fc.array(content, { maxLength: 4 }), fc.integer({ min: 1, max: 9 }), async (contents, step) => {
      const boundary = 'bab';
      fc.pre(contents.every((text) => !`\r\n${text}\r\n--`.includes('\r\n--bab')));
      const body = latin1(`${contents.map((text) => `--bab\r\nX: y\r\n\r\n${text}\r\n`).join('')}--bab--\r\n`);
      const parts = await readAll(body, { step, boundary });
      assert.deepEqual(
        parts.map((part) => part.content),
        contents,
      );
    }),
    { numRuns: 300 },
  );
});

test('a body that ends anywhere before its last boundary is refused', async () => {
  const end = simple.indexOf('--\r\nepilogue') + 2;
  for (let length = 0; length < end; length++) await rejection(readAll(simple.subarray(0, length)), 'usage');
  assert.equal((await readAll(simple.subarray(0, end))).length, 3);
});

test('what is no header, no boundary and no line end is refused', async () => {
  const bad = [
    'no boundary at all',
    '--bound-ary\r\nno colon\r\n\r\nx\r\n--bound-ary--',
    '--bound-ary\r\n: no name\r\n\r\nx\r\n--bound-ary--',
    '--bound-ary\r\nA: 1\r\n folded\r\n\r\nx\r\n--bound-ary--',
    '--bound-ary\r\nA: 1\r\na: 2\r\n\r\nx\r\n--bound-ary--',
    '--bound-ary\r\nA : 1\r\n\r\nx\r\n--bound-ary--',
    '--bound-ary\r\nA: a\rb\r\n\r\nx\r\n--bound-ary--',
    '--bound-ary\r\nA: a\nB: b\r\n\r\nx\r\n--bound-ary--',
    '--bound-ary\r\nA: \0\r\n\r\nx\r\n--bound-ary--',
    '--bound-ary\r\nA: \xff\r\n\r\nx\r\n--bound-ary--',
    '--bound-aryx\r\nA: 1\r\n\r\nx\r\n--bound-ary--',
    '--bound-ary\nA: 1\n\nx\n--bound-ary--',
    '--bound-ary-',
  ];
  for (const body of bad) await rejection(readAll(latin1(body)), 'usage');
});

test('a boundary that cannot be one is refused', async () => {
  for (const boundary of ['', 'a'.repeat(71), 'ends in space ', 'ü', 'a\r\nb', 'a"b']) {
    await rejection(readAll(simple, { boundary }), 'usage');
  }
  const longest = `${'a'.repeat(69)}?`;
  assert.deepEqual(await readAll(latin1(`--${longest}--`), { boundary: longest }), []);
});

test('headers without end are refused before they fill memory', async () => {
  const endless = new TrackedSource([
    latin1('--bound-ary\r\nA: '),
    ...Array<Buffer>(100).fill(Buffer.alloc(1024, 'a')),
  ]);
  const reading = async (): Promise<void> => {
    for await (const _ of partsOf(endless, BOUNDARY));
  };
  await rejection(reading(), 'limit');
  assert.ok(endless.taken < 20, `${endless.taken} chunks`);
  assert.ok(endless.closed);
});

test('nothing is read that was not asked for, and the source is let go when the reader stops', async () => {
  const chunk = Buffer.alloc(1000, 'x');
  const source = new TrackedSource([latin1('--bound-ary\r\nA: 1\r\n\r\n'), ...Array<Buffer>(50).fill(chunk)]);
  const parts = partsOf(source, BOUNDARY);
  const first = await parts.next();
  assert.ok(!first.done);
  assert.equal(source.taken, 1);
  const content = first.value.content[Symbol.asyncIterator]();
  assert.deepEqual((await content.next()).value, chunk);
  assert.equal(source.taken, 2);
  await parts.return();
  assert.ok(source.closed);
});

test('chunks without line breaks pass uncopied', async () => {
  const chunk = Buffer.alloc(1000, 'x');
  const source = new TrackedSource([latin1('--bound-ary\r\n\r\n'), chunk, chunk, latin1('\r\n--bound-ary--')]);
  const pieces: Uint8Array[] = [];
  for await (const part of partsOf(source, BOUNDARY)) for await (const piece of part.content) pieces.push(piece);
  assert.equal(concat(pieces).length, 2000);
  assert.ok(pieces.every((piece) => piece.buffer === chunk.buffer));
});
