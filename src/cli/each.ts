import { throwIfCancelled } from '../errors.ts';
import type { Session } from './session.ts';

/** Does something to several things. One that fails is reported, and the others are done. */
export async function forEach(
  { terminal, signal }: Session,
  things: Iterable<string> | AsyncIterable<string>,
  work: (thing: string) => Promise<void>,
): Promise<void> {
  for await (const thing of things) {
    throwIfCancelled(signal);
    try {
      await work(thing);
    } catch (error) {
      if (signal.aborted) throw error;
      terminal.report(error, thing);
    }
  }
}
