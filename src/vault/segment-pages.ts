/** Long lists of segments, in pages beside their record: immutable items, bound by the hash in the sealed metadata. */
import { SealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import { authenticItem } from './authentic-items.ts';
import type { ItemChange } from './authentic-items.ts';
import type { VaultCore } from './core.ts';
import { randomBase32 } from './identifiers.ts';
import type { FilePlace } from './record-access.ts';
import { SEGMENTS_IN_ITEM, decodeSegment, encodeSegment } from './records.ts';
import type { Segment } from './records.ts';

export function pagesPartition({ tenant, file }: FilePlace): string {
  return `segments/${tenant}/${file}`;
}

/** Names for the pages that a list of segments needs; none for one that its record holds. */
export function pageNames(segments: readonly Segment[]): string[] {
  if (segments.length <= SEGMENTS_IN_ITEM) return [];
  return Array.from({ length: Math.ceil(segments.length / SEGMENTS_IN_ITEM) }, () => randomBase32(32));
}

/** The changes that bring the pages of a list in. */
export function pagePuts(place: FilePlace, names: readonly string[], segments: readonly Segment[]): ItemChange[] {
  return names.map((sort, i) => {
    const ofPage = segments.slice(i * SEGMENTS_IN_ITEM, (i + 1) * SEGMENTS_IN_ITEM);
    const value = { segments: ofPage.map(encodeSegment) };
    return { type: 'put', partition: pagesPartition(place), sort, value, expect: null };
  });
}

/**
 * The segments that stand in pages, in their order.
 *
 * @throws SealroomError `damaged` when a page is missing
 */
export async function readPages(
  core: VaultCore,
  place: FilePlace,
  names: readonly string[],
  options: CallOptions = {},
): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const name of names) {
    const page = await authenticItem(core, pagesPartition(place), name, options);
    if (page === undefined) {
      throw new SealroomError('damaged', `a part of the list of segments of file ${place.file} is missing`);
    }
    segments.push(...page.value.objects('segments').map(decodeSegment));
  }
  return segments;
}
