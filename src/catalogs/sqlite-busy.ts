import { setTimeout } from 'node:timers/promises';
import { cancelled, throwIfCancelled } from '../errors.ts';
import { isBusy } from './sqlite-errors.ts';

/** Milliseconds. Others hold the lock for less than one, unless a commit waits for a slow disk. */
const LONGEST_PAUSE = 20;

/**
 * Waits a moment before a lock is tried again: at random, so that two processes do not keep meeting. SQLite's own
 * time-out would stop the event loop, and with it a whole service while a command line holds the lock.
 *
 * @param attempt how often it was tried already, 1 at first
 */
export async function pause(attempt: number, signal?: AbortSignal): Promise<void> {
  try {
    await setTimeout(1 + Math.random() * Math.min(2 ** attempt, LONGEST_PAUSE), undefined, { signal });
  } catch (error) {
    throw signal?.aborted ? cancelled(signal) : error;
  }
}

/** Runs a statement until the database is free for it, for at most `limit` milliseconds. */
export async function retryWhileBusy<T>(statement: () => T, limit: number, signal?: AbortSignal): Promise<T> {
  const deadline = performance.now() + limit;
  for (let attempt = 1; ; attempt++) {
    throwIfCancelled(signal);
    try {
      return statement();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
    }
    await pause(attempt, signal);
  }
}
