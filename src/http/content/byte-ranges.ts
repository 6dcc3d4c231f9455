/** Several parts of a file as one body: `multipart/byteranges` (RFC 9110, section 14.6). */
import { utf8 } from '../../bytes.ts';
import type { ByteRange } from '../../message/frames.ts';

export interface ByteRangesOptions {
  /** Media type of the whole. */
  readonly type: string;
  /** Size of the whole. */
  readonly size: number;
  /** Opens one part. Asked for the next only when the one before was read to its end. */
  readonly open: (range: ByteRange) => Promise<AsyncIterable<Uint8Array>>;
}

export interface ByteRanges {
  readonly type: string;
  /** Length of all chunks. */
  readonly length: number;
  readonly chunks: AsyncGenerator<Uint8Array, void, undefined>;
}

/** Where a part lies in the whole, as `Content-Range` spells it. */
export function contentRange({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`;
}

/** @param ranges not empty ones */
export function byteRanges(ranges: readonly ByteRange[], { type, size, open }: ByteRangesOptions): ByteRanges {
  // Chosen anew each time: whoever could foretell it could write a file that ends a part early.
  const boundary = crypto.randomUUID();
  const parts = ranges.map((range, index) => {
    const before = index === 0 ? '' : '\r\n';
    const fields = `Content-Type: ${type}\r\nContent-Range: ${contentRange(range, size)}`;
    return { range, head: utf8(`${before}--${boundary}\r\n${fields}\r\n\r\n`) };
  });
  const tail = utf8(`\r\n--${boundary}--\r\n`);
  const length = parts.reduce((sum, { range, head }) => sum + head.length + (range.end - range.start), tail.length);
  return { type: `multipart/byteranges; boundary=${boundary}`, length, chunks: partsInTurn(parts, tail, open) };
}

async function* partsInTurn(
  parts: readonly { readonly range: ByteRange; readonly head: Uint8Array }[],
  tail: Uint8Array,
  open: ByteRangesOptions['open'],
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const { range, head } of parts) {
    const body = (await open(range))[Symbol.asyncIterator]();
    try {
      yield head;
      for (let next = await body.next(); !next.done; next = await body.next()) yield next.value;
    } finally {
      // Also where the reader went away at the head, and nothing of the body was asked for.
      await body.return?.();
    }
  }
  yield tail;
}
