import { throwIfCancelled } from '../errors.ts';
import type { CallOptions } from '../ports.ts';

/** Does something to several things, at most so many at once. After a failure none is begun; those under way are awaited. */
export async function inParallel<T>(
  things: Iterable<T> | AsyncIterable<T>,
  { parallel, signal }: CallOptions & { readonly parallel: number },
  work: (thing: T) => Promise<void>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in things ? things[Symbol.asyncIterator]() : things[Symbol.iterator]();
  let failed = false;
  const worker = async (): Promise<void> => {
    try {
      for (;;) {
        throwIfCancelled(signal);
        const next = await iterator.next();
        if (next.done || failed) return;
        await work(next.value);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: parallel }, worker));
  await iterator.return?.();
  for (const outcome of workers) if (outcome.status === 'rejected') throw outcome.reason;
}
