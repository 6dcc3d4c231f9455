/** Doing again what failed for a reason that passes. */
import { orCancelled } from '../cancellable.ts';
import { SealroomError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import { ServiceError } from './failures.ts';

export interface Patience {
  /** How often something is tried. */
  readonly attempts: number;
  /** The longest pause, in milliseconds; whoever is asked to wait longer than this is told so instead. */
  readonly longestPause: number;
}

const PASSING: ReadonlySet<ErrorCode> = new Set([
  'unavailable',
  'interrupted',
  'in-progress',
  'timed-out',
  'too-many-requests',
]);

/** What is left of the patience for one piece of work. */
export class Retries {
  readonly #patience: Patience;
  readonly #firstPause: number;
  readonly #signal: AbortSignal | undefined;
  #failures = 0;

  /** @param options.firstPause in milliseconds; each next one is twice as long */
  constructor(patience: Patience, { firstPause, signal }: CallOptions & { readonly firstPause: number }) {
    this.#patience = patience;
    this.#firstPause = firstPause;
    this.#signal = signal;
  }

  /**
   * Waits until it is time for the next attempt.
   *
   * @throws what it was given, when that does not pass or there were enough attempts; `cancelled`
   */
  async waitAfter(error: unknown): Promise<void> {
    const { attempts, longestPause } = this.#patience;
    const pause = Math.min(this.#firstPause * 2 ** this.#failures++, longestPause);
    if (this.#failures === attempts || !(error instanceof SealroomError) || !PASSING.has(error.code)) throw error;
    const asked = (error instanceof ServiceError ? error.retryAfter : undefined) ?? 0;
    if (asked > longestPause) throw error;
    // Many who were turned away together must not come back together.
    await sleep(Math.max(pause, asked) * (1 + Math.random() / 2), this.#signal);
  }

  /** Says that the work got on: what failed before counts no more. */
  gotOn(): void {
    this.#failures = 0;
  }
}

async function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  try {
    await orCancelled(promise, signal);
  } finally {
    clearTimeout(timer);
  }
}
