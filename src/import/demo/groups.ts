/** Which items of the demonstration application may be taken over: those that stand for what is in the bucket. */
import { SealroomError } from '../../errors.ts';
import type { CallOptions } from '../../ports.ts';
import type { DemoItem, DemoTable } from './items.ts';

/** An item that names an object. */
export interface NamedItem extends DemoItem {
  readonly id: string;
  readonly fileName: string;
}

/** What is to be done about one item. */
export type Choice =
  | {
      readonly item: NamedItem;
      readonly take: true;
      /** False when several were picked for one object. */ readonly alone: boolean;
    }
  | { readonly item: NamedItem; readonly take: false; readonly others: number; readonly picked: boolean }
  /** It names no object. */
  | { readonly item: DemoItem; readonly take: 'never' };

/**
 * Of several items that name one object, only the one of the last upload has its key, and nothing tells which that is:
 * none is taken but those that are picked.
 *
 * @throws SealroomError `usage` when a picked item is not there
 */
export async function chosenItems(
  table: DemoTable,
  picks: ReadonlySet<string>,
  options?: CallOptions,
): Promise<Choice[]> {
  const byName = new Map<string, NamedItem[]>();
  const choices: Choice[] = [];
  const missing = new Set(picks);
  for await (const item of table.items(options)) {
    if (!isNamed(item)) {
      choices.push({ item, take: 'never' });
      continue;
    }
    missing.delete(item.id);
    const others = byName.get(item.fileName);
    if (others === undefined) byName.set(item.fileName, [item]);
    else others.push(item);
  }
  for (const id of missing) throw new SealroomError('usage', `no item of the table ${table.name} has the id ${id}`);
  for (const items of byName.values()) choices.push(...chosen(items, picks));
  return choices;
}

function isNamed(item: DemoItem): item is NamedItem {
  return item.id !== undefined && item.fileName !== undefined && item.fileName !== '';
}

function chosen(items: readonly NamedItem[], picks: ReadonlySet<string>): Choice[] {
  const picked = items.filter(({ id }) => picks.has(id));
  const taken = items.length === 1 ? items : picked;
  return items.map((item) =>
    taken.includes(item)
      ? { item, take: true, alone: taken.length === 1 }
      : { item, take: false, others: items.length - 1, picked: picked.length > 0 },
  );
}
