import { concat, fromUtf8 } from '../bytes.ts';
import { SealroomError } from '../errors.ts';

/** Longer than any address of an object. */
const LONGEST = 64 * 1024;
const LF = 0x0a;

/**
 * Lines of UTF-8 text, as they stand but for a carriage return at their end; empty ones are left out.
 *
 * @throws SealroomError `usage` on what is no text
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    let bytes = concat([rest, chunk]);
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF)) {
      yield* lineOf(bytes.subarray(0, end));
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > LONGEST) throw notText();
    rest = bytes;
  }
  yield* lineOf(rest);
}

function* lineOf(bytes: Uint8Array): Generator<string, void, undefined> {
  let line: string;
  try {
    line = fromUtf8(bytes);
  } catch {
    throw notText();
  }
  const text = line.replace(/\r$/, '');
  if (text !== '') yield text;
}

function notText(): SealroomError {
  return new SealroomError('usage', 'the list is no text of one key or address a line');
}
