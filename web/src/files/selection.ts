/** Which rows are selected, and where the keyboard is. Pure: each change gives a new selection. */

export interface Selection {
  readonly selected: ReadonlySet<string>;
  /** The row that the keyboard is on. */
  readonly current: string | undefined;
  /** Where a range begins. */
  readonly anchor: string | undefined;
  /** What was selected before the range, and stays so whatever becomes of the range. */
  readonly before: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

export const NOTHING_SELECTED: Selection = { selected: NONE, current: undefined, anchor: undefined, before: NONE };

/** Moves the keyboard; what is selected stays. */
export function moveTo(selection: Selection, id: string): Selection {
  return { ...selection, current: id };
}

/** Selects one more, or one less; a range begins here. */
export function toggle({ selected }: Selection, id: string): Selection {
  const next = new Set(selected);
  if (!next.delete(id)) next.add(id);
  return { selected: next, current: id, anchor: id, before: next };
}

/**
 * Selects from where the range begins to a row, both included; what an earlier end of the same range had selected
 * beyond that is let go.
 *
 * @param order ids that can be selected, as they are shown
 */
export function extendTo(selection: Selection, id: string, order: readonly string[]): Selection {
  const begin = order.indexOf(selection.anchor ?? selection.current ?? id);
  const end = order.indexOf(id);
  if (begin === -1 || end === -1) return toggle({ ...selection, selected: without(selection.selected, id) }, id);
  const range = order.slice(Math.min(begin, end), Math.max(begin, end) + 1);
  return { ...selection, selected: new Set([...selection.before, ...range]), current: id, anchor: order[begin] };
}

export function selectAll(selection: Selection, order: readonly string[]): Selection {
  const all = new Set(order);
  return { ...selection, selected: all, before: all };
}

export function clear({ current }: Selection): Selection {
  return { ...NOTHING_SELECTED, current };
}

/** Lets go of what is not shown any more; the keyboard goes to the row that took the place of the one it was on. */
export function keepOnly(selection: Selection, before: readonly string[], after: readonly string[]): Selection {
  const there = new Set(after);
  const { current } = selection;
  return {
    selected: common(selection.selected, there),
    before: common(selection.before, there),
    anchor: selection.anchor !== undefined && there.has(selection.anchor) ? selection.anchor : undefined,
    current: current === undefined || there.has(current) ? current : neighbour(before, current, there),
  };
}

/** The nearest row that is still there: the next one below, else above. */
function neighbour(before: readonly string[], id: string, there: ReadonlySet<string>): string | undefined {
  const index = before.indexOf(id);
  return (
    before.slice(index + 1).find((other) => there.has(other)) ??
    before.slice(0, Math.max(index, 0)).findLast((other) => there.has(other))
  );
}

function common(some: ReadonlySet<string>, others: ReadonlySet<string>): ReadonlySet<string> {
  return some.isSubsetOf(others) ? some : some.intersection(others);
}

function without(some: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return some.difference(new Set([id]));
}
