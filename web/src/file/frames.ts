/** How a file lies in pieces. */
import type { SegmentStat } from '../../../src/vault/files.ts';

/** How many frames hold a file: in each segment full ones, and a final one that never is. */
export function framesOf(segments: readonly SegmentStat[]): number {
  return segments.reduce((sum, { size, frameLength }) => sum + Math.floor(size / frameLength) + 1, 0);
}

/** The longest that a frame can be. */
export function longestFrame(segments: readonly SegmentStat[]): number {
  return segments.reduce((longest, { frameLength }) => Math.max(longest, frameLength), 0);
}
