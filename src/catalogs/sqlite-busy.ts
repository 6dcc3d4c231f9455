import { setTimeout } from 'node:timers/promises';
import { cancelled, throwIfCancelled } from '../errors.ts';
import { isBusy } from './sqlite-errors.ts';

const LONGEST_PAUSE = 20;

/**
 * Waits a moment before a lock is tried again: at random, so that two processes do not keep meeting. SQLite's own
 * time-out would stop the event loop, and with it a whole service while a command line holds the lock.
 */
export async function pause(signal?: AbortSignal): Promise<void> {
  try {
    await setTimeout(1 + Math.random() * LONGEST_PAUSE, undefined, { signal });
  } catch (error) {
    throw signal?.aborted ? cancelled(signal) : error;
  }
}

/** Runs a statement until the database is free for it, for at most `limit` milliseconds. */
export async function retryWhileBusy<T>(attempt: () => T, limit: number, signal?: AbortSignal): Promise<T> {
  const deadline = performance.now() + limit;
  for (;;) {
    throwIfCancelled(signal);
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
    }
    await pause(signal);
  }
}
