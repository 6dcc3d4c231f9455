/** Short messages that come up and go by themselves, outside React so that anything can say one. */

export type Tone = 'neutral' | 'success' | 'danger';

export interface Notice {
  readonly text: string;
  readonly tone: Tone;
  /** One thing to do about it; the message goes when it is done. */
  readonly action?: { readonly label: string; readonly onAction: () => void } | undefined;
  /** Milliseconds that it stays; five seconds unless given, twelve with an action or of danger. */
  readonly duration?: number | undefined;
}

export interface Toast extends Notice {
  readonly id: number;
}

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

/** Says something. Returns what takes it back. */
export function notify(notice: Notice): () => void {
  lastId += 1;
  const id = lastId;
  set([...toasts, { ...notice, id }]);
  return () => dismiss(id);
}

export function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

/** For `useSyncExternalStore`. */
export function subscribeToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** For `useSyncExternalStore`. */
export function currentToasts(): readonly Toast[] {
  return toasts;
}

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}
