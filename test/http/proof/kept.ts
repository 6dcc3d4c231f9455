import type { World } from '../../support/memory-vault.ts';

/** All that a vault keeps: to compare, before and after what must change nothing. */
export function kept({ world }: { readonly world: World }): { readonly items: string[]; readonly blobs: string[] } {
  const items = [...world.catalog.items].map(([key, { version }]) => `${key} ${version}`);
  return { items: items.sort(), blobs: world.blobs.keys().sort() };
}
