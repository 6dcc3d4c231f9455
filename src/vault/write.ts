/** Writes whose outcome is known. */
import { setTimeout as setTimeoutAsync } from 'node:timers/promises';
import { orCancelled } from '../cancellable.ts';
import { SealroomError, isSealroomError } from '../errors.ts';
import type { CallOptions, Catalog, WriteOperation } from '../ports.ts';

/**
 * Writes to the catalog. When the store does not say whether a write took effect, or calls our own earlier attempt a
 * conflict, reads back and knows its own version: versions are random, so no other writer's is taken for it. A write
 * that only removes has no version of its own: of several who remove a thing, each that finds it gone has succeeded.
 *
 * @throws SealroomError `conflict` when nothing was written; `unavailable` when nobody can tell
 */
export async function writeKnown(
  catalog: Catalog,
  operations: readonly WriteOperation[],
  options: CallOptions = {},
): Promise<void> {
  try {
    await catalog.write(operations, options);
  } catch (error) {
    if (!isSealroomError(error, 'unavailable') && !isSealroomError(error, 'conflict')) throw error;
    if (!(await tookEffect(catalog, operations).catch(() => false))) throw error;
  }
}

/** As `writeKnown`: true when it was written, false when another writer was first. */
export async function writeIfFirst(
  catalog: Catalog,
  operations: readonly WriteOperation[],
  options: CallOptions = {},
): Promise<boolean> {
  try {
    await writeKnown(catalog, operations, options);
    return true;
  } catch (error) {
    if (isSealroomError(error, 'conflict')) return false;
    throw error;
  }
}

/** How often a write is tried that others were ahead of, where many change one item. */
const TURNS = 200;
const LONGEST_PAUSE = 100;

/**
 * Does anew, from its reading on, what lost against other writers, with a pause that grows: many who change what one
 * tenant holds wait for one another.
 *
 * @param attempt resolves null when another was first
 * @throws SealroomError `unavailable` after the last attempt; whatever an attempt throws, at once
 */
export async function untilOurTurn<T>(attempt: () => Promise<T | null>, { signal }: CallOptions = {}): Promise<T> {
  for (let turn = 0; turn < TURNS; turn++) {
    const result = await attempt();
    if (result !== null) return result;
    await orCancelled(setTimeoutAsync(Math.random() * Math.min(LONGEST_PAUSE, 2 ** turn)), signal);
  }
  throw new SealroomError('unavailable', 'too many others write the same: try again');
}

/** Attempts against other writers before the caller is told. */
const ATTEMPTS = 10;

/**
 * Does anew, from its reading on, what lost against another writer.
 *
 * @param attempts 1 for a caller who said which version he expects: no other will do
 * @throws SealroomError `conflict` after the last attempt; whatever else an attempt throws, at once
 */
export async function retryConflicts<T>(attempt: () => Promise<T>, attempts: number = ATTEMPTS): Promise<T> {
  for (let left = attempts - 1; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (!isSealroomError(error, 'conflict') || left === 0) throw error;
    }
  }
}

/** A write is all or nothing, so one of its items tells: one that was put, else one that is gone. */
async function tookEffect(catalog: Catalog, operations: readonly WriteOperation[]): Promise<boolean> {
  for (const operation of operations) {
    if (operation.type !== 'put') continue;
    const { partition, sort, version } = operation.item;
    return (await catalog.get(partition, sort))?.version === version;
  }
  for (const operation of operations) {
    if (operation.type === 'remove') {
      return (await catalog.get(operation.partition, operation.sort)) === undefined;
    }
  }
  return false;
}
