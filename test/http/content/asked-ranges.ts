/** Ranges as clients ask for them, and what they mean, byte by byte. */
import * as fc from 'fast-check';
import type { ByteRange } from '../../../src/message/frames.ts';

export interface AskedRange {
  /** As it stands in the header. */
  readonly text: string;
  /** Whether it means a certain byte of a file of a certain size. */
  readonly has: (byte: number, size: number) => boolean;
}

/** Ranges about files of some tens of bytes. */
export const askedRange: fc.Arbitrary<AskedRange> = fc.oneof(
  fc.tuple(fc.nat(70), fc.nat(30)).map(([first, more]) => ({
    text: `${first}-${first + more}`,
    has: (byte: number) => byte >= first && byte <= first + more,
  })),
  fc.nat(70).map((first) => ({ text: `${first}-`, has: (byte: number) => byte >= first })),
  fc.nat(70).map((last) => ({ text: `-${last}`, has: (byte: number, size: number) => byte >= size - last })),
);

export function rangeHeader(list: readonly AskedRange[]): string {
  return `bytes=${list.map(({ text }) => text).join(', ')}`;
}

/** The runs of bytes that are meant, in the order of the first range that means any of a run. */
export function runsOf(list: readonly AskedRange[], size: number): ByteRange[] {
  const askedFirst = Array.from({ length: size }, (_, byte) => list.findIndex(({ has }) => has(byte, size)));
  const runs: (ByteRange & { order: number })[] = [];
  for (let start = 0; start < size; start++) {
    if (askedFirst[start] === -1) continue;
    let end = start;
    while (end < size && askedFirst[end] !== -1) end++;
    runs.push({ start, end, order: Math.min(...askedFirst.slice(start, end)) });
    start = end;
  }
  return runs.sort((a, b) => a.order - b.order).map(({ start, end }) => ({ start, end }));
}
