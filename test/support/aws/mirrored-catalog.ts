/**
 * A catalog elsewhere, and its items here: what a test changes among `items` is changed there before the next call, and
 * what a call changes there is seen in `items` when it settles. Every answer is the real catalog's.
 */
import assert from 'node:assert/strict';
import { isSealroomError } from '../../../src/errors.ts';
import type { CallOptions, Catalog, Item, ListOptions, Page, WriteOperation } from '../../../src/ports.ts';
import { MemoryCatalog } from '../../../src/testing/memory-catalog.ts';
import type { Place, RawTable } from './raw-table.ts';

export interface MirroredCatalogOptions {
  readonly catalog: Catalog;
  /** The same items, without the catalog's conditions. */
  readonly raw: Pick<RawTable, 'read' | 'write'>;
  /** Most items of a page. */
  readonly pageLimit?: number | undefined;
}

export class MirroredCatalog extends MemoryCatalog {
  readonly #catalog: Catalog;
  readonly #raw: MirroredCatalogOptions['raw'];
  readonly #pageLimit: number;
  /** What was there when it was last known, by the keys of `items`. */
  readonly #known = new Map<string, Item>();
  readonly #everWritten = new Set<string>();
  /** One after the other: what a test changed, and what became of writes. */
  #turns: Promise<unknown> = Promise.resolve();
  #writesBegun = 0;
  #writesUnderWay = 0;

  constructor({ catalog, raw, pageLimit = Infinity }: MirroredCatalogOptions) {
    super();
    this.#catalog = catalog;
    this.#raw = raw;
    this.#pageLimit = pageLimit;
  }

  override async get(...call: Parameters<Catalog['get']>): Promise<Item | undefined> {
    await this.#push();
    return this.#catalog.get(...call);
  }

  override async list(partition: string, options: ListOptions): Promise<Page> {
    await this.#push();
    const { limit } = options;
    return this.#catalog.list(partition, { ...options, limit: limit > this.#pageLimit ? this.#pageLimit : limit });
  }

  override async write(operations: readonly WriteOperation[], options: CallOptions = {}): Promise<void> {
    await this.#push();
    const alone = this.#writesUnderWay++ === 0;
    const begun = ++this.#writesBegun;
    try {
      await this.#catalog.write(operations, options);
      this.#noteVersions(operations);
      // Answers may overtake each other: of writes that met, only the catalog knows what is there now.
      if (alone && this.#writesBegun === begun) await this.#turn(async () => this.#mirror(operations));
      else await this.#readBack(operations);
    } catch (error) {
      if (isSealroomError(error, 'unavailable') || isSealroomError(error, 'cancelled')) {
        await this.#readBack(operations);
      }
      throw error;
    } finally {
      this.#writesUnderWay--;
    }
  }

  /** The law that a catalog in memory holds its caller to. */
  #noteVersions(operations: readonly WriteOperation[]): void {
    for (const operation of operations) {
      if (operation.type !== 'put') continue;
      const { partition, sort, version } = operation.item;
      const written = `${partition} ${sort} ${version}`;
      assert.ok(!this.#everWritten.has(written), 'a version came back, which the law of Catalog forbids its caller');
      this.#everWritten.add(written);
    }
  }

  #mirror(operations: readonly WriteOperation[]): void {
    for (const operation of operations) {
      if (operation.type === 'put') this.#set(operation.item);
      else if (operation.type === 'remove') this.#delete(operation);
    }
  }

  async #readBack(operations: readonly WriteOperation[]): Promise<void> {
    const places = operations.map((operation) => (operation.type === 'put' ? operation.item : operation));
    await this.#turn(async () => {
      const there = new Map((await this.#raw.read(places)).map((item) => [keyOf(item), item]));
      for (const place of places) {
        const item = there.get(keyOf(place));
        if (item === undefined) this.#delete(place);
        else this.#set(item);
      }
    });
  }

  #push(): Promise<void> {
    return this.#turn(async () => {
      const puts = [...this.items].filter(([key, item]) => !isSame(item, this.#known.get(key)));
      const removed = [...this.#known].filter(([key]) => !this.items.has(key));
      if (puts.length + removed.length === 0) return;
      for (const [key, item] of puts) {
        assert.equal(key, keyOf(item), 'an item that a test puts in is where it says');
        this.#known.set(key, copy(item));
      }
      for (const [key] of removed) this.#known.delete(key);
      await this.#raw.write(
        puts.map(([, item]) => item),
        removed.map(([, item]) => item),
      );
    });
  }

  #turn(take: () => Promise<void>): Promise<void> {
    const turn = this.#turns.then(take);
    this.#turns = turn.catch(() => undefined);
    return turn;
  }

  #set(item: Item): void {
    this.items.set(keyOf(item), copy(item));
    this.#known.set(keyOf(item), copy(item));
  }

  #delete(place: Place): void {
    this.items.delete(keyOf(place));
    this.#known.delete(keyOf(place));
  }
}

function keyOf({ partition, sort }: Place): string {
  return `${partition} ${sort}`;
}

function isSame(one: Item, other: Item | undefined): boolean {
  return (
    other !== undefined &&
    one.version === other.version &&
    one.expires === other.expires &&
    Buffer.compare(one.data, other.data) === 0
  );
}

function copy(item: Item): Item {
  const { expires, data, ...rest } = item;
  return expires === undefined ? { ...rest, data: data.slice() } : { ...rest, expires, data: data.slice() };
}
