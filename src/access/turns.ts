import { orCancelled } from '../cancellable.ts';
import { throwIfCancelled } from '../errors.ts';
import type { CallOptions } from '../ports.ts';

/**
 * Runs tasks that would get into each other's way one after another, and others at once. Compare-and-swap keeps them
 * right without it; this keeps those of one process from failing each other's attempts again and again.
 */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** How many keys have tasks under way. */
  get size(): number {
    return this.#last.size;
  }

  /** Whoever is cancelled while he waits is not kept; his turn passes without his task. */
  async run<T>(key: string, task: () => Promise<T>, { signal }: CallOptions = {}): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const turn = (): Promise<T> => {
      throwIfCancelled(signal);
      return task();
    };
    // However the one before ended: its failure is its caller's.
    const mine = before.then(turn, turn);
    this.#last.set(key, mine);
    const ended = (): void => {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    };
    mine.then(ended, ended);
    return orCancelled(mine, signal);
  }
}
