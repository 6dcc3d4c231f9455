const SOON = 7 * 24 * 60 * 60 * 1000;

/** Whether somebody should think of a successor of what ends then. */
export function endsSoon(expires: string, now: number): boolean {
  return Date.parse(expires) - now <= SOON;
}
