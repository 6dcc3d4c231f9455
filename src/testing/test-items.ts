/** Items and operations for tests of catalogs. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { isSealroomError } from '../errors.ts';
import type { Catalog, Item, WriteOperation } from '../ports.ts';

/** An item with a fresh version, of one byte unless it is told otherwise. */
export function newItem(partition: string, sort: string, more: Partial<Pick<Item, 'expires' | 'data'>> = {}): Item {
  return { partition, sort, version: randomUUID(), data: Uint8Array.of(1), ...more };
}

/** Puts an item where none is, or in the place of a version. */
export function put(item: Item, expect: string | null = null): WriteOperation {
  return { type: 'put', item, expect };
}

/** Removes an item at the version that it has here. */
export function remove({ partition, sort, version }: Item): WriteOperation {
  return { type: 'remove', partition, sort, expect: version };
}

export function check(partition: string, sort: string, expect: string | null): WriteOperation {
  return { type: 'check', partition, sort, expect };
}

/**
 * Changes the numbers that items of partition `p` hold, together, again and again until nobody came in between.
 * Returns how often somebody did.
 */
export async function compareAndSwap(
  catalog: Catalog,
  sorts: readonly string[],
  change: (numbers: number[]) => number[],
): Promise<number> {
  for (let conflicts = 0; conflicts < 1000; conflicts++) {
    const items = await Promise.all(sorts.map((sort) => catalog.get('p', sort)));
    const numbers = change(items.map((item) => numberOf(item!.data)));
    const operations = items.map((item, i) =>
      put(newItem('p', sorts[i]!, { data: numberData(numbers[i]!) }), item!.version),
    );
    try {
      await catalog.write(operations);
      return conflicts;
    } catch (error) {
      if (!isSealroomError(error, 'conflict')) throw error;
    }
  }
  return assert.fail('of those who write to an item, nobody comes to an end');
}

/** A number as the data of an item. */
export function numberData(number: number): Uint8Array {
  return new TextEncoder().encode(String(number));
}

export function numberOf(data: Uint8Array): number {
  return Number(new TextDecoder().decode(data));
}
