/** Where a page of a listing begins and ends, for stores that find keys between two others. */
import type { ListOptions } from '../ports.ts';

/** Both ends belong to it; `from` is never higher than `to`. */
export interface SortRange {
  readonly from: string;
  readonly to: string;
}

/** The grammar of keys, as `checkCatalogKey` has it: these are its lowest and highest character, and its longest key. */
const LOWEST = '!';
const HIGHEST = '~';
const LONGEST = 1024;

/** All sort keys that a page can hold, and no others; undefined when there can be none. */
export function sortRange({ prefix = '', after, reverse = false }: Omit<ListOptions, 'limit'>): SortRange | undefined {
  const lowest = prefix === '' ? LOWEST : prefix;
  const highest = prefix.padEnd(LONGEST, HIGHEST);
  if (after === undefined) return { from: lowest, to: highest };
  const next = reverse ? keyBefore(after) : keyAfter(after);
  if (next === undefined) return undefined;
  const from = !reverse && next > lowest ? next : lowest;
  const to = reverse && next < highest ? next : highest;
  return from <= to ? { from, to } : undefined;
}

/** The lowest key that is higher than this one; undefined for the highest of all. */
export function keyAfter(key: string): string | undefined {
  if (key.length < LONGEST) return key + LOWEST;
  const kept = key.replace(/~+$/, '');
  return kept === '' ? undefined : kept.slice(0, -1) + neighbour(kept, 1);
}

/** The highest key that is lower than this one; undefined for the lowest of all. */
export function keyBefore(key: string): string | undefined {
  const kept = key.slice(0, -1);
  if (key.endsWith(LOWEST)) return kept === '' ? undefined : kept;
  return (kept + neighbour(key, -1)).padEnd(LONGEST, HIGHEST);
}

/** The character that many places from the last one of a key. */
function neighbour(key: string, places: number): string {
  return String.fromCharCode(key.charCodeAt(key.length - 1) + places);
}
