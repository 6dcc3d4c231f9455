import type { DatabaseSync, StatementSync } from 'node:sqlite';

/**
 * Empties the write-ahead log some time after items were removed or replaced. Until then the log holds what they
 * were, a shredded file's encrypted data keys say, although the database proper has them overwritten.
 */
export class SqliteScrubber implements Disposable {
  readonly #checkpoint: StatementSync;
  readonly #delay: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param delay milliseconds, so that many changes cost one checkpoint */
  constructor(database: DatabaseSync, delay: number) {
    this.#checkpoint = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#delay = delay;
  }

  /** Items were removed or replaced. */
  readonly soon = (): void => {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#scrub()) this.soon();
    }, this.#delay).unref();
  };

  /** Scrubs at once where it is due. */
  [Symbol.dispose](): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#scrub();
  }

  #scrub(): boolean {
    try {
      return this.#checkpoint.get()?.['busy'] === 0;
    } catch {
      // A fault of the disk is for the next read or write to report; this is tried again.
      return false;
    }
  }
}
