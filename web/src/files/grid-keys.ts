/** What the keys do in the list. */

export interface Key {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

export interface Place {
  /** The row that the keyboard is on, counted from 0. */
  readonly current: number;
  readonly last: number;
  /** Rows that are in sight at once. */
  readonly page: number;
}

export type Action = { readonly ofRow: boolean } & (
  | { readonly kind: 'go'; readonly index: number; readonly extend: boolean }
  | { readonly kind: 'toggle' | 'open' | 'select-all' | 'clear' | 'delete' }
);

/** Undefined for keys that mean nothing here, which the browser is left to. */
export function actionOf({ key, shiftKey, ctrlKey, metaKey, altKey }: Key, place: Place): Action | undefined {
  if (altKey) return undefined;
  if (ctrlKey || metaKey)
    return key.toLowerCase() === 'a' && !shiftKey ? { kind: 'select-all', ofRow: false } : undefined;
  const target = targetOf(key, place);
  if (target !== undefined) {
    return { kind: 'go', index: Math.min(Math.max(target, 0), place.last), extend: shiftKey, ofRow: false };
  }
  switch (key) {
    case ' ':
      return { kind: 'toggle', ofRow: true };
    case 'Enter':
      return { kind: 'open', ofRow: true };
    case 'Delete':
    // Macs have no other.
    // falls through
    case 'Backspace':
      return { kind: 'delete', ofRow: false };
    case 'Escape':
      return { kind: 'clear', ofRow: false };
    default:
      return undefined;
  }
}

function targetOf(key: string, { current, last, page }: Place): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return current + 1;
    case 'ArrowUp':
      return current - 1;
    case 'PageDown':
      return current + page;
    case 'PageUp':
      return current - page;
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}
