/** Who does a piece of work that one process is enough for (F41). */
import type { CallOptions } from '../ports.ts';
import { encodeChanges } from './authentic-items.ts';
import { checkWritable } from './core.ts';
import type { VaultCore } from './core.ts';
import { decodeItem } from './items.ts';
import { writeIfFirst } from './write.ts';

/** Takes or renews a lease; false while another holder has it. */
export async function lease(
  core: VaultCore,
  { name, holder, milliseconds }: { readonly name: string; readonly holder: string; readonly milliseconds: number },
  { signal }: CallOptions = {},
): Promise<boolean> {
  checkWritable(core);
  const place = { partition: 'lease', sort: name };
  const item = await core.catalog.get(place.partition, place.sort, { signal });
  if (item !== undefined) {
    using itemKeys = await core.keys.itemKeys({ signal });
    const json = decodeItem(item.data, { vault: core.id, ...place }, itemKeys.byVersion);
    if (json !== undefined && json.string('holder') !== holder && json.count('until') > core.now()) return false;
  }
  const value = { holder, until: core.now() + milliseconds };
  const change = { type: 'put', ...place, value, expect: item?.version ?? null } as const;
  return writeIfFirst(core.catalog, await encodeChanges(core, [change], { signal }), { signal });
}
