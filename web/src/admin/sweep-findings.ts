/** What a sweep did, as much of it as is worth saying. */
import type { SweepReport } from '../../../src/vault/sweep.ts';

const KINDS = ['expired', 'claimed', 'finished', 'waiting', 'ignored', 'failed'] as const;

export type FindingKind = (typeof KINDS)[number];

export interface Finding {
  readonly kind: FindingKind;
  readonly count: number;
  readonly tone: 'done' | 'waits' | 'trouble';
}

const tones: Readonly<Record<FindingKind, Finding['tone']>> = {
  expired: 'done',
  claimed: 'done',
  finished: 'done',
  waiting: 'waits',
  ignored: 'trouble',
  failed: 'trouble',
};

/** In the order in which they are told; none where there was nothing to do. */
export function findingsOf({ failed, ...counts }: SweepReport): readonly Finding[] {
  const all = { ...counts, failed: failed.length };
  return KINDS.map((kind) => ({ kind, count: all[kind], tone: tones[kind] })).filter(({ count }) => count > 0);
}
