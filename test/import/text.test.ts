/** What of an import needs no store: names, lists, addresses, streams that break. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '../../src/bytes.ts';
import { SealroomError, isSealroomError } from '../../src/errors.ts';
import { formatS3Address, parseS3Address } from '../../src/import/address.ts';
import { linesOf } from '../../src/import/lines.ts';
import { nameOf, typeOf } from '../../src/import/naming.ts';
import { inParallel } from '../../src/import/parallel.ts';
import { resumed } from '../../src/import/resumed.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { chunked, drain } from '../support/streams.ts';

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

/** A stream that breaks after so many bytes, by an error or by its mere end. */
async function* breaking(bytes: Uint8Array, after: number, error?: Error): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunked(bytes.subarray(0, after), 1000);
  if (error !== undefined) throw error;
}

const goesOn = (): undefined => undefined;

describe('a stream that breaks', () => {
  test('is opened again where it broke, by whatever end', async () => {
    const bytes = patterned(10_000);
    const starts: number[] = [];
    const { bytes: read, error } = await drain(
      resumed({
        size: bytes.length,
        first: breaking(bytes, 2500, new Error('cut')),
        open: async (start) => {
          starts.push(start);
          return breaking(bytes.subarray(start), 4000);
        },
        failure: goesOn,
      }),
    );
    assert.equal(error, undefined);
    assert.deepEqual(read, bytes);
    assert.deepEqual(starts, [2500, 6500]);
  });

  test('is given up after five breaks that brought next to nothing, but not while it gets on', async () => {
    const MIB = 1024 * 1024;
    const bytes = patterned(12 * MIB);
    let opened = 0;
    const steps = (length: number) =>
      resumed({
        size: bytes.length,
        first: breaking(bytes, length),
        open: async (start) => {
          opened++;
          return breaking(bytes.subarray(start), length);
        },
        failure: goesOn,
      });
    assert.equal((await drain(steps(MIB))).error, undefined);
    assert.equal(opened, 11);
    opened = 0;
    const { error } = await drain(steps(1000));
    assert.ok(isSealroomError(error, 'unavailable'));
    assert.equal(opened, 4);
  });

  test('ends with what cannot get better, with an error of opening it, and when there are too many bytes', async () => {
    const bytes = patterned(5000);
    const damaged = new SealroomError('damaged', 'its checksum is wrong');
    const open = async (): Promise<AsyncGenerator<Uint8Array, void, undefined>> => {
      throw new SealroomError('conflict', 'it was changed');
    };
    const options = { size: bytes.length, open, failure: goesOn };
    const wrong = resumed({ ...options, first: breaking(bytes, 5000, new Error('sum')), failure: () => damaged });
    assert.equal((await drain(wrong)).error, damaged);
    const changed = await drain(resumed({ ...options, first: breaking(bytes, 10) }));
    assert.ok(isSealroomError(changed.error, 'conflict'));
    const long = await drain(resumed({ ...options, size: 4999, first: breaking(bytes, 5000) }));
    assert.ok(isSealroomError(long.error, 'unexpected'));
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
