import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of buffers that are in use: what waits to be collected is collected first. */
export function keptBuffers(): number {
  collect();
  return process.memoryUsage().arrayBuffers;
}
