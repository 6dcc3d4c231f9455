/** How near a tenant is to what it may hold. */

export type UsageLevel = 'fine' | 'nearlyFull' | 'full';

const NEARLY = 0.9;

/** 0 to 1: more than the limit is all of it, and of a limit of nothing, nothing is all. */
export function usedShare(held: number, limit: number): number {
  return limit === 0 ? 1 : Math.min(held / limit, 1);
}

export function usageLevel(held: number, limit: number): UsageLevel {
  const share = usedShare(held, limit);
  if (share >= 1) return 'full';
  return share >= NEARLY ? 'nearlyFull' : 'fine';
}
