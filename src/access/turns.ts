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

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    // However the one before ended: its failure is its caller's.
    const mine = before.then(task, task);
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }
}
