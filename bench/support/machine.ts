/** What the figures were measured on, in one line. */
import { availableParallelism, cpus, totalmem, type } from 'node:os';

export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'an unknown processor';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB of memory`;
  return `${model}, ${availableParallelism()} cores, ${memory}, ${type()}, Node ${process.versions.node}`;
}
