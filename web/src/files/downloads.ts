/** Several downloads, one after the other. */
import type { Stat } from '../../../src/vault/files.ts';

export interface DownloadsOptions {
  /** Has one file downloaded; resolves once the browser was told to. */
  readonly start: (file: Stat, signal: AbortSignal) => Promise<void>;
  readonly onFailed: (file: Stat, error: unknown) => void;
  /** How long the browser is given to begin one before it is told of the next; some drop what comes too quickly. */
  readonly pause: (signal: AbortSignal) => Promise<void>;
}

export interface DownloadsState {
  /** The file that is being started, counted from 1. */
  readonly position: number;
  readonly count: number;
}

/** Those that are still to be started. */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #listeners = new Set<() => void>();
  #queue: Stat[] = [];
  #stopped = new AbortController();
  #state: DownloadsState | undefined;

  constructor(options: DownloadsOptions) {
    this.#options = options;
  }

  /** For `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** For `useSyncExternalStore`; undefined while there is nothing to start. */
  readonly state = (): DownloadsState | undefined => this.#state;

  /** Starts files, after those that wait already. */
  async add(files: readonly Stat[]): Promise<void> {
    this.#queue.push(...files);
    if (this.#state !== undefined) {
      this.#set({ ...this.#state, count: this.#state.count + files.length });
      return;
    }
    this.#stopped = new AbortController();
    await this.#run(this.#stopped.signal);
  }

  /** Starts no more. */
  stop(): void {
    this.#queue = [];
    this.#stopped.abort();
    this.#set(undefined);
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let position = 1; !signal.aborted; position++) {
      const file = this.#queue.shift();
      if (file === undefined) break;
      this.#set({ position, count: position + this.#queue.length });
      await this.#startOne(file, signal);
      if (this.#queue.length > 0) await this.#options.pause(signal);
    }
    // After `stop`, another run may have begun.
    if (!signal.aborted) this.#set(undefined);
  }

  async #startOne(file: Stat, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.start(file, signal);
    } catch (error) {
      if (!signal.aborted) this.#options.onFailed(file, error);
    }
  }

  #set(state: DownloadsState | undefined): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
