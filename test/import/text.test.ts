/** What of an import needs no store: names, lists, addresses. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '../../src/bytes.ts';
import { isSealroomError } from '../../src/errors.ts';
import { formatS3Address, parseS3Address } from '../../src/import/address.ts';
import { linesOf } from '../../src/import/lines.ts';
import { nameOf, typeOf } from '../../src/import/naming.ts';
import { inParallel } from '../../src/import/parallel.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { chunked } from '../support/streams.ts';

describe('names of what is imported', () => {
  test('are keys, without the prefix up to its last slash, and with control characters written out', async () => {
    assert.equal(nameOf('a/b c'), 'a/b c');
    assert.equal(nameOf('a/b/c', 'a/b'), 'b/c');
    assert.equal(nameOf('a/b/c', 'a/b/'), 'c');
    assert.equal(nameOf('a/', 'a/'), 'a/');
    assert.equal(nameOf('line\nfeed\x7f\u0085'), 'line%0Afeed%7F%C2%85');
    assert.equal(await typeOf('a.pdf', 'binary/octet-stream'), 'application/pdf');
    assert.equal(await typeOf('a.pdf', 'text/plain; charset=utf-8'), 'text/plain; charset=utf-8');
    assert.equal(await typeOf('a.pdf', 'no type'), 'application/pdf');
    assert.equal(await typeOf('a', undefined), undefined);
  });

  test('come from addresses that say the same when they are written', () => {
    assert.deepEqual(parseS3Address('s3://bucket'), { bucket: 'bucket', key: '' });
    assert.deepEqual(parseS3Address('s3://bucket/a?b#c%20/'), { bucket: 'bucket', key: 'a?b#c%20/' });
    const key = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(key, (text) => {
        assert.equal(parseS3Address(formatS3Address({ bucket: 'b-1', key: text })).key, text);
      }),
    );
    for (const wrong of ['', 's3://', 's3:///a', 'https://bucket/a', 'bucket', 's3://buck et/a']) {
      assert.throws(
        () => parseS3Address(wrong),
        (error) => isSealroomError(error, 'usage'),
        wrong,
      );
    }
  });
});

async function lines(text: string | Uint8Array, step: number): Promise<string[]> {
  const bytes = typeof text === 'string' ? utf8(text) : text;
  return Array.fromAsync(
    linesOf(
      (async function* () {
        yield* chunked(bytes, step);
      })(),
    ),
  );
}

describe('a list', () => {
  test('has one key a line, whatever ends lines, and however it arrives', async () => {
    for (const step of [1, 3, 1000]) {
      assert.deepEqual(await lines('a\r\n\n ü b \nu\u2028v\nlast', step), ['a', ' ü b ', 'u\u2028v', 'last']);
      assert.deepEqual(await lines('a\n', step), ['a']);
      assert.deepEqual(await lines('', step), []);
    }
  });

  test('is refused when it is no text, or has lines that no key can be', async () => {
    for (const bytes of [new Uint8Array([0x61, 0xff, 0x0a]), patterned(200_000).fill(0x61)]) {
      await assert.rejects(lines(bytes, 1000), (error) => isSealroomError(error, 'usage'));
    }
  });
});

describe('several at once', () => {
  test('begin nothing more after a failure, and wait for what is under way', async () => {
    const done: number[] = [];
    let returned = false;
    async function* numbers(): AsyncGenerator<number, void, undefined> {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        returned = true;
      }
    }
    const work = async (i: number): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      if (i === 1) throw new Error('the second');
      await new Promise((resolve) => setImmediate(resolve));
      done.push(i);
    };
    await assert.rejects(inParallel(numbers(), { parallel: 3 }, work), { message: 'the second' });
    assert.ok(returned);
    assert.deepEqual(done, [0, 2]);
  });

  test('do a list of none, and of fewer than may be', async () => {
    const done: string[] = [];
    const work = async (thing: string): Promise<void> => void done.push(thing);
    await inParallel([], { parallel: 4 }, work);
    await inParallel(['a', 'b'], { parallel: 4 }, work);
    assert.deepEqual(done, ['a', 'b']);
  });
});
