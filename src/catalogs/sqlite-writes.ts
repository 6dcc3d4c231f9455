import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { cancelled, SealroomError, throwIfCancelled } from '../errors.ts';
import type { WriteOperation } from '../ports.ts';
import { pause } from './sqlite-busy.ts';
import { isBusy, sqliteError } from './sqlite-errors.ts';

/** A commit stops the event loop while it lasts, so it takes no more than this much. */
const BATCH_WRITES = 64;
const BATCH_BYTES = 4_000_000;

/** Expired items that a commit takes away, so that they do not pile up. */
const PURGED_ITEMS = 32;

export interface WriterOptions {
  /** What to call the database in an error. */
  readonly thing: string;
  readonly now: () => number;
  /** Milliseconds that a write waits for the lock. */
  readonly busyLimit: number;
  /** Called after a commit that removed or replaced items. */
  readonly onErased: () => void;
}

interface Waiting {
  readonly operations: readonly WriteOperation[];
  readonly deadline: number;
  readonly settle: (error?: SealroomError) => void;
}

/**
 * The writes of one connection, in the order in which they came. Those that wait at the same time are committed
 * together: one lock and one fsync for all. Each still succeeds or fails alone, because its conditions are all read
 * before its first change is made.
 */
export class SqliteWriter {
  readonly #database: DatabaseSync;
  readonly #options: WriterOptions;
  readonly #version: StatementSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #purge: StatementSync;
  readonly #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(database: DatabaseSync, options: WriterOptions) {
    this.#database = database;
    this.#options = options;
    this.#version = database.prepare('SELECT v FROM items WHERE p = ? AND s = ? AND (x IS NULL OR x >= ?)');
    this.#put = database.prepare('INSERT OR REPLACE INTO items (p, s, v, x, d) VALUES (?, ?, ?, ?, ?)');
    this.#remove = database.prepare('DELETE FROM items WHERE p = ? AND s = ?');
    this.#purge = database.prepare(
      `DELETE FROM items WHERE (p, s) IN (SELECT p, s FROM items WHERE x < ? LIMIT ${PURGED_ITEMS})`,
    );
  }

  /** Makes all changes or none; resolves when they are durable. */
  write(operations: readonly WriteOperation[], signal?: AbortSignal): Promise<void> {
    throwIfCancelled(signal);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = {
      operations,
      deadline: performance.now() + this.#options.busyLimit,
      settle: (error) => {
        signal?.removeEventListener('abort', abort);
        if (error === undefined) resolve();
        else reject(error);
      },
    };
    const abort = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.settle(cancelled(signal!));
    };
    signal?.addEventListener('abort', abort, { once: true });
    this.#waiting.push(waiting);
    this.#running ??= this.#run();
    return promise;
  }

  /** Resolves when no write is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    let refused = 0;
    try {
      while (this.#waiting.length > 0) {
        // Whatever else this turn of the event loop brings is committed together.
        await setImmediate();
        if (this.#begin()) {
          refused = 0;
          this.#commitTogether(takeBatch(this.#waiting));
        } else {
          await pause(++refused);
        }
      }
    } catch (error) {
      // Whatever this is, nobody may wait for ever because of it.
      for (const write of this.#waiting.splice(0)) write.settle(this.#error(error));
    } finally {
      this.#running = undefined;
    }
  }

  #begin(): boolean {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      return true;
    } catch (error) {
      const now = performance.now();
      const lost = this.#waiting.filter((write) => !isBusy(error) || write.deadline <= now);
      for (const write of lost) this.#waiting.splice(this.#waiting.indexOf(write), 1);
      for (const write of lost) write.settle(this.#error(error));
      return false;
    }
  }

  /** One step of the event loop from BEGIN to COMMIT, so that nothing else uses the connection in between. */
  #commitTogether(batch: readonly Waiting[]): void {
    const outcomes = new Map<Waiting, SealroomError | undefined>();
    let erased = false;
    for (const write of batch) {
      try {
        outcomes.set(write, this.#apply(write.operations));
      } catch (error) {
        // SQLite may have undone the whole transaction, and with it what the others saw: they begin anew.
        this.#rollback();
        this.#waiting.unshift(...batch.filter((other) => other !== write));
        write.settle(this.#error(error));
        return;
      }
      erased ||= write.operations.some(erases);
    }
    try {
      const purged = this.#purge.run(this.#options.now()).changes;
      this.#database.exec('COMMIT');
      if (erased || purged !== 0) this.#options.onErased();
    } catch (error) {
      this.#rollback();
      for (const write of batch) write.settle(this.#error(error));
      return;
    }
    // Only now: a conflict with a write that did not commit would have been none.
    for (const [write, outcome] of outcomes) write.settle(outcome);
  }

  /** Makes all changes, or returns the conflict and has made none. */
  #apply(operations: readonly WriteOperation[]): SealroomError | undefined {
    const now = this.#options.now();
    for (const operation of operations) {
      const { partition, sort } = operation.type === 'put' ? operation.item : operation;
      const version = this.#version.get(partition, sort, now)?.['v'] ?? null;
      if (version !== operation.expect) {
        return new SealroomError('conflict', 'an item is not at the version that was expected of it');
      }
    }
    for (const operation of operations) {
      if (operation.type === 'put') {
        const { partition, sort, version, expires, data } = operation.item;
        this.#put.run(partition, sort, version, expires ?? null, data);
      } else if (operation.type === 'remove') {
        this.#remove.run(operation.partition, operation.sort);
      }
    }
    return undefined;
  }

  #rollback(): void {
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    } catch {
      // The error that led here says more; a transaction that is still open fails the next BEGIN.
    }
  }

  #error(error: unknown): SealroomError {
    return sqliteError(error, this.#options.thing);
  }
}

function erases(operation: WriteOperation): boolean {
  return operation.type === 'remove' || (operation.type === 'put' && operation.expect !== null);
}

/** Takes the first few of those that wait, and at least one. */
function takeBatch(waiting: Waiting[]): Waiting[] {
  let count = 0;
  let bytes = 0;
  for (const { operations } of waiting) {
    for (const operation of operations) if (operation.type === 'put') bytes += operation.item.data.length;
    if (count > 0 && (count >= BATCH_WRITES || bytes > BATCH_BYTES)) break;
    count++;
  }
  return waiting.splice(0, count);
}
