/** Deletions that can be taken back: nothing is sent until the time for that is over. */
import { isSealroomError } from '../../../src/client/index.ts';

/** How long a deletion can be taken back, in milliseconds. */
export const UNDO_TIME = 6000;
/** Requests under way at once. */
const AT_ONCE = 4;

export interface DeletionsOptions {
  /** Deletes a file for good. It is called without a wait where the page is about to go. */
  readonly send: (id: string) => Promise<void>;
  /** Told of each batch that is decided: what is gone, and what is not, and why. */
  readonly onSent: (outcome: Outcome) => void;
  /** Told whenever there is something else to take back. */
  readonly onChange?: (() => void) | undefined;
  /** Calls back after some milliseconds; returns what prevents it. */
  readonly after?: ((milliseconds: number, callback: () => void) => () => void) | undefined;
}

export interface Outcome {
  readonly gone: readonly string[];
  readonly failed: readonly { readonly id: string; readonly error: unknown }[];
}

/** Files that are deleted together, and taken back together. */
export interface Batch {
  readonly ids: readonly string[];
}

interface Waiting extends Batch {
  readonly cancelTimer: () => void;
}

export class Deletions {
  readonly #options: DeletionsOptions;
  #waiting: readonly Waiting[] = [];
  /** Batches that are being sent, each by what sends the rest of it at once. */
  readonly #sending = new Set<() => void>();
  #underWay = 0;

  constructor(options: DeletionsOptions) {
    this.#options = options;
  }

  /** Batches that can still be taken back, the last one last. */
  get waiting(): readonly Batch[] {
    return this.#waiting;
  }

  /** Files that are to be deleted, and for which nothing was sent yet or no answer came. */
  get unfinished(): number {
    return this.#waiting.reduce((sum, { ids }) => sum + ids.length, 0) + this.#underWay;
  }

  /** Deletes files once the time to take it back is over. */
  schedule(ids: readonly string[]): Batch {
    const { after = afterTimeout } = this.#options;
    const batch: Waiting = { ids, cancelTimer: after(UNDO_TIME, () => this.#due(batch)) };
    this.#setWaiting([...this.#waiting, batch]);
    return batch;
  }

  /** Takes a batch back. False when it is too late. */
  undo(batch: Batch): boolean {
    const found = this.#waiting.find((each) => each === batch);
    if (found === undefined) return false;
    found.cancelTimer();
    this.#setWaiting(this.#waiting.filter((each) => each !== found));
    return true;
  }

  /** Sends everything now, and all of it at once: where the page goes, there is no later. */
  flush(): void {
    for (const sendRest of this.#sending) sendRest();
    for (const batch of this.#waiting) {
      batch.cancelTimer();
      void this.#send(batch, batch.ids.length);
    }
    this.#setWaiting([]);
  }

  #due(batch: Waiting): void {
    this.#setWaiting(this.#waiting.filter((each) => each !== batch));
    void this.#send(batch, AT_ONCE);
  }

  async #send({ ids }: Batch, atOnce: number): Promise<void> {
    const left = [...ids];
    const gone: string[] = [];
    const failed: { id: string; error: unknown }[] = [];
    const sendOne = async (id: string): Promise<void> => {
      try {
        await this.#options.send(id);
        gone.push(id);
      } catch (error) {
        // Somebody else was quicker: that is what was wanted.
        if (isSealroomError(error, 'not-found')) gone.push(id);
        else failed.push({ id, error });
      }
    };
    const sendMany = async (): Promise<void> => {
      for (let id = left.shift(); id !== undefined; id = left.shift()) await sendOne(id);
    };
    const senders: Promise<void>[] = [];
    const start = (count: number): void => {
      for (let i = 0; i < count; i++) senders.push(sendMany());
    };
    const sendRest = (): void => start(left.length);
    this.#sending.add(sendRest);
    this.#underWay += ids.length;
    start(atOnce);
    // More may be started while these are waited for.
    for (let i = 0; i < senders.length; i++) await senders[i];
    this.#underWay -= ids.length;
    this.#sending.delete(sendRest);
    this.#options.onSent({ gone, failed });
  }

  #setWaiting(waiting: readonly Waiting[]): void {
    this.#waiting = waiting;
    this.#options.onChange?.();
  }
}

function afterTimeout(milliseconds: number, callback: () => void): () => void {
  const timer = setTimeout(callback, milliseconds);
  return () => clearTimeout(timer);
}
