/** A world as it was once, to be brought back. */
import type { Item } from '../../src/ports.ts';
import type { World } from './memory-vault.ts';

/** Keeps what a world holds now; what it gives brings that back, clock included, as often as it is called. */
export function snapshotOf({ clock, catalog, blobs }: World): () => void {
  const { time } = clock;
  const items: (readonly [string, Item])[] = [...catalog.items];
  const stored = [...blobs.blobs];
  return () => {
    clock.time = time;
    catalog.items.clear();
    for (const [key, item] of items) catalog.items.set(key, item);
    blobs.blobs.clear();
    for (const [key, blob] of stored) blobs.blobs.set(key, blob.slice());
  };
}
