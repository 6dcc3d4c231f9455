import { setImmediate } from 'node:timers/promises';

/** Resolves when everything that waits for nothing but its turn has had it. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await setImmediate();
}
