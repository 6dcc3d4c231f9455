/**
 * Stores that break one law each, against the suites that are to notice: `node --test-reporter=tap mutants.ts`.
 * The name of a mutant says what it does wrong.
 */
import { setImmediate } from 'node:timers/promises';
import { collect } from '../../src/bytes.ts';
import { SealroomError } from '../../src/errors.ts';
import type { BlobStore, Catalog, Item, WriteOperation } from '../../src/ports.ts';
import { blobStoreSuite } from '../../src/testing/blob-store-suite.ts';
import { catalogSuite } from '../../src/testing/catalog-suite.ts';
import { MemoryBlobs } from '../../src/testing/memory-blobs.ts';
import { MemoryCatalog } from '../../src/testing/memory-catalog.ts';

const blobMutants: Record<string, (store: MemoryBlobs) => Partial<BlobStore>> = {
  overwrites: (store) => ({
    put: async (...[key, chunks, options]) => {
      store.blobs.delete(key);
      await store.put(key, chunks, options);
    },
  }),
  'keeps what was lent': (store) => ({
    put: async (...[key, chunks, options]) => {
      const kept: Uint8Array[] = [];
      for await (const chunk of chunks) kept.push(chunk);
      await store.put(key, collectedStream(kept), options);
    },
  }),
  'keeps a part': (store) => ({
    put: async (...[key, chunks, options]) => {
      try {
        await store.put(key, chunks, options);
      } catch (error) {
        store.blobs.set(key, new Uint8Array(0));
        throw error;
      }
    },
  }),
  'takes any size': (store) => ({
    put: (...[key, chunks, options]) => store.put(key, chunks, { signal: options?.signal }),
  }),
  'waits for a silent source': (store) => ({
    put: async (...[key, chunks, options]) => {
      const bytes = await collect(chunks);
      await store.put(key, collectedStream([bytes]), options);
    },
  }),
  'includes the end of a range': (store) => ({
    get: (key, options = {}) => {
      const { range } = options;
      return store.get(key, range ? { ...options, range: { start: range.start, end: range.end + 1 } } : options);
    },
  }),
  'finds out late that a blob is absent': (store) => ({
    get: async (key, options) =>
      (async function* () {
        yield* await store.get(key, options);
      })(),
  }),
  'ends as if whole when cancelled': (store) => ({
    get: async (key, options = {}) => {
      const chunks = await store.get(key, { range: options.range });
      return (async function* () {
        for await (const chunk of chunks) {
          if (options.signal?.aborted) return;
          yield chunk;
        }
      })();
    },
  }),
  'wants a blob to be there to remove it': (store) => ({
    remove: async (key, options) => {
      await store.get(key, options);
      await store.remove(key, options);
    },
  }),
  'leaves parts behind': (store) => ({
    put: async (...[key, chunks, options]) => {
      try {
        await store.put(key, chunks, options);
      } catch (error) {
        store.unfinished.set(key, []);
        throw error;
      }
    },
    remove: async (key, options) => {
      const part = store.unfinished.get(key);
      await store.remove(key, options);
      if (part) store.unfinished.set(key, part);
    },
  }),
};

for (const [name, mutate] of Object.entries(blobMutants)) {
  blobStoreSuite(name, () => {
    const honest = new MemoryBlobs({ strict: false });
    const store: BlobStore = {
      put: (...values) => honest.put(...values),
      get: (...values) => honest.get(...values),
      remove: (...values) => honest.remove(...values),
      ...mutate(honest),
    };
    return { store, keys: () => honest.keys(), second: () => store, [Symbol.asyncDispose]: async () => undefined };
  });
}

const catalogMutants: Record<string, (catalog: MemoryCatalog, now: () => number) => Partial<Catalog>> = {
  'expects nothing': (catalog) => ({
    write: async (operations) => {
      for (const operation of operations) apply(catalog, operation);
    },
  }),
  'does not check': (catalog) => ({
    write: async (operations, options) => {
      const changes = operations.filter(({ type }) => type !== 'check');
      if (changes.length > 0) await catalog.write(changes, options);
    },
  }),
  'writes one by one': (catalog) => ({
    write: async (operations, options) => {
      for (const operation of operations) await catalog.write([operation], options);
    },
  }),
  'looks, then writes': (catalog) => ({
    write: async (operations, options) => {
      await catalog.write(operations.map(asCheck), options);
      await setImmediate();
      for (const operation of operations) apply(catalog, operation);
    },
  }),
  'lists without regard to case': (catalog) => ({
    list: async (partition, options) => {
      const { items, next } = await catalog.list(partition, options);
      const fold = ({ sort }: Item): string => sort.toLowerCase();
      return { items: items.toSorted((a, b) => (fold(a) < fold(b) ? -1 : 1)), next };
    },
  }),
  'lists again what it is to begin after': (catalog) => ({
    list: async (partition, options) => {
      const page = await catalog.list(partition, options);
      const again = options.after === undefined ? undefined : await catalog.get(partition, options.after);
      return again === undefined ? page : { ...page, items: [again, ...page.items.slice(0, -1)] };
    },
  }),
  'knows no next page': (catalog) => ({
    list: async (partition, options) => ({ items: (await catalog.list(partition, options)).items }),
  }),
  'ignores the prefix': (catalog) => ({
    list: (partition, options) => catalog.list(partition, { ...options, prefix: undefined }),
  }),
  'hides what has expired, and still counts on it': (catalog, now) => ({
    write: async (operations, options) => {
      for (const operation of operations) {
        const { partition, sort } = operation.type === 'put' ? operation.item : operation;
        const item = catalog.items.get(`${partition} ${sort}`);
        if (item?.expires !== undefined && item.expires < now() && operation.expect === null) {
          throw new SealroomError('conflict', 'an expired item is in the way');
        }
      }
      await catalog.write(operations, options);
    },
  }),
  'lends its items': (catalog) => ({
    get: async (partition, sort) => catalog.items.get(`${partition} ${sort}`),
  }),
};

for (const [name, mutate] of Object.entries(catalogMutants)) {
  catalogSuite(name, (clock) => {
    const now = (): number => clock.time;
    const honest = new MemoryCatalog({ now });
    const catalog: Catalog = {
      get: (...values) => honest.get(...values),
      list: (...values) => honest.list(...values),
      write: (...values) => honest.write(...values),
      ...mutate(honest, now),
    };
    return { catalog, second: () => catalog, [Symbol.asyncDispose]: async () => undefined };
  });
}

async function* collectedStream(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}

function apply(catalog: MemoryCatalog, operation: WriteOperation): void {
  if (operation.type === 'put') catalog.items.set(`${operation.item.partition} ${operation.item.sort}`, operation.item);
  else if (operation.type === 'remove') catalog.items.delete(`${operation.partition} ${operation.sort}`);
}

function asCheck(operation: WriteOperation): WriteOperation {
  const { partition, sort } = operation.type === 'put' ? operation.item : operation;
  return { type: 'check', partition, sort, expect: operation.expect };
}
