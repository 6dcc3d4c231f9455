import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What was collected is given back by another thread, some time later. */
const TIME_TO_SWEEP = 100;

/** Bytes of buffers that are in use: what waits to be collected is collected first. */
export async function keptBuffers(): Promise<number> {
  let kept = Infinity;
  // What holds a buffer may itself be held until it was collected.
  for (let round = 0; round < 3; round++) {
    collect();
    await sleep(TIME_TO_SWEEP);
    kept = Math.min(kept, process.memoryUsage().arrayBuffers);
  }
  return kept;
}
