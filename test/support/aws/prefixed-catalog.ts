import type { Catalog, Item, WriteOperation } from '../../../src/ports.ts';

/** A part of a catalog: every partition of it begins with the prefix, which its user does not see. */
export function prefixedCatalog(catalog: Catalog, prefix: string): Catalog {
  const outer = (operation: WriteOperation): WriteOperation =>
    operation.type === 'put'
      ? { ...operation, item: { ...operation.item, partition: prefix + operation.item.partition } }
      : { ...operation, partition: prefix + operation.partition };
  const inner = (item: Item): Item => ({ ...item, partition: item.partition.slice(prefix.length) });
  return {
    get: async (partition, ...rest) => {
      const item = await catalog.get(prefix + partition, ...rest);
      return item && inner(item);
    },
    list: async (partition, options) => {
      const { items, ...page } = await catalog.list(prefix + partition, options);
      return { ...page, items: items.map(inner) };
    },
    write: (operations, options) => catalog.write(operations.map(outer), options),
  };
}
