/** Measurements that are compared are taken in turns, so that whatever slows the machine down slows all of them. */

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
  return { median: middle, least: sorted[0]!, most: sorted.at(-1)! };
}

/** Of two measurements, round by round: what happened to one round happened to both. */
export function ratioOf(values: readonly number[], others: readonly number[]): Spread {
  return spreadOf(values.map((value, round) => value / others[round]!));
}

export function formatSpread({ median, least, most }: Spread): string {
  return `${median.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;
}

/**
 * Measures every subject once, then every one again, and so on.
 *
 * @param rounds how many are kept; one more goes first and is not kept, for caches and compilers to warm up
 * @returns what was measured of each, in the order of the rounds
 */
export async function inRounds<Subject, Result>(
  rounds: number,
  subjects: readonly Subject[],
  measure: (subject: Subject) => Promise<Result>,
): Promise<Map<Subject, Result[]>> {
  const results = new Map<Subject, Result[]>(subjects.map((subject) => [subject, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [subject, kept] of results) {
      const result = await measure(subject);
      if (round > 0) kept.push(result);
    }
  }
  return results;
}

/** Milliseconds that some work takes. */
export async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
