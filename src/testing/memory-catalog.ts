import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { SealroomError, throwIfCancelled } from '../errors.ts';
import {
  checkCatalogKey,
  checkList,
  checkWrite,
  type CallOptions,
  type Catalog,
  type Item,
  type ListOptions,
  type Page,
  type WriteOperation,
} from '../ports.ts';

export interface MemoryCatalogOptions {
  /** Milliseconds since 1970, against which items expire. */
  readonly now?: (() => number) | undefined;
  /** Most items of a page, however many were asked for: for tests of callers that take a short page for the end. */
  readonly pageLimit?: number | undefined;
}

/**
 * A catalog in memory for tests. Each call waits a turn of the event loop before it looks or changes, so that
 * concurrent callers do meet. A version that comes back is an assertion error.
 */
export class MemoryCatalog implements Catalog {
  /** All items, by `<partition> <sort>`. Tests may change, swap and delete them behind the catalog's back. */
  readonly items: Map<string, Item> = new Map();
  readonly #everWritten = new Set<string>();
  readonly #now: () => number;
  readonly #pageLimit: number;

  constructor({ now = Date.now, pageLimit = Number.MAX_SAFE_INTEGER }: MemoryCatalogOptions = {}) {
    this.#now = now;
    this.#pageLimit = pageLimit;
  }

  async get(partition: string, sort: string, options: CallOptions = {}): Promise<Item | undefined> {
    checkCatalogKey(partition, sort);
    await turn(options.signal);
    const item = this.#present(partition, sort);
    return item && copy(item);
  }

  async list(partition: string, options: ListOptions): Promise<Page> {
    checkList(partition, options);
    await turn(options.signal);
    const { after, prefix = '', reverse = false } = options;
    const follows = (sort: string): boolean => after === undefined || (reverse ? sort < after : sort > after);
    const found = [...this.items.values()]
      .filter((item) => item.partition === partition && !this.#expired(item))
      .filter(({ sort }) => sort.startsWith(prefix) && follows(sort))
      .sort((a, b) => (a.sort < b.sort !== reverse ? -1 : 1));
    const limit = Math.min(options.limit, this.#pageLimit);
    const items = found.slice(0, limit).map(copy);
    const last = items.at(-1);
    return last !== undefined && found.length > limit ? { items, next: last.sort } : { items };
  }

  async write(operations: readonly WriteOperation[], options: CallOptions = {}): Promise<void> {
    checkWrite(operations);
    const changes = operations.map((operation) =>
      operation.type === 'put' ? { ...operation, item: copy(operation.item) } : operation,
    );
    await turn(options.signal);
    for (const change of changes) {
      const { partition, sort } = change.type === 'put' ? change.item : change;
      const version = this.#present(partition, sort)?.version ?? null;
      if (version !== change.expect) {
        throw new SealroomError('conflict', 'an item is not at the version that was expected of it');
      }
    }
    for (const change of changes) {
      if (change.type === 'put') this.#put(change.item);
      else if (change.type === 'remove') this.items.delete(keyOf(change.partition, change.sort));
    }
  }

  #put(item: Item): void {
    const key = keyOf(item.partition, item.sort);
    const version = `${key} ${item.version}`;
    assert.ok(!this.#everWritten.has(version), 'a version came back, which the law of Catalog forbids its caller');
    this.#everWritten.add(version);
    this.items.set(key, item);
  }

  #present(partition: string, sort: string): Item | undefined {
    const item = this.items.get(keyOf(partition, sort));
    return item === undefined || this.#expired(item) ? undefined : item;
  }

  #expired(item: Item): boolean {
    return item.expires !== undefined && this.#now() > item.expires;
  }
}

async function turn(signal: AbortSignal | undefined): Promise<void> {
  throwIfCancelled(signal);
  await setImmediate();
  throwIfCancelled(signal);
}

function keyOf(partition: string, sort: string): string {
  return `${partition} ${sort}`;
}

function copy(item: Item): Item {
  const { expires, data, ...rest } = item;
  return expires === undefined ? { ...rest, data: data.slice() } : { ...rest, expires, data: data.slice() };
}
