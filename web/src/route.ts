/** Where the page is, by the path of its address. */
import { useSyncExternalStore } from 'react';

export type Route =
  | { readonly view: 'files' }
  | { readonly view: 'file'; readonly id: string }
  | { readonly view: 'admin' }
  /** Where an identity provider sends the browser back to. */
  | { readonly view: 'signed-in' }
  | { readonly view: 'unknown' };

/** Said to whoever draws, once the address has changed: `pushState` by itself tells nobody. */
const CHANGED = 'sealroom:route';

export function pathOf(route: Route): string {
  switch (route.view) {
    case 'file':
      return `/file/${encodeURIComponent(route.id)}`;
    case 'admin':
      return '/admin';
    case 'signed-in':
      return '/signed-in';
    case 'files':
    case 'unknown':
      return '/';
  }
}

export function routeOf(path: string): Route {
  const [, first = '', second, ...more] = path.split('/');
  if (more.length > 0) return { view: 'unknown' };
  if (first === 'file' && second) return fileRoute(second);
  if (second !== undefined) return { view: 'unknown' };
  if (first === '') return { view: 'files' };
  if (first === 'admin' || first === 'signed-in') return { view: first };
  return { view: 'unknown' };
}

function fileRoute(encoded: string): Route {
  try {
    return { view: 'file', id: decodeURIComponent(encoded) };
  } catch {
    return { view: 'unknown' };
  }
}

/** @param options.replace takes the place of the present entry of the history */
export function navigate(route: Route, { replace = false }: { readonly replace?: boolean } = {}): void {
  const path = pathOf(route);
  if (replace) history.replaceState(null, '', path);
  else if (path !== location.pathname) history.pushState(null, '', path);
  dispatchEvent(new Event(CHANGED));
}

/** The route, drawn again whenever it changes. */
export function useRoute(): Route {
  return routeOf(useSyncExternalStore(subscribe, () => location.pathname));
}

function subscribe(listener: () => void): () => void {
  addEventListener('popstate', listener);
  addEventListener(CHANGED, listener);
  return () => {
    removeEventListener('popstate', listener);
    removeEventListener(CHANGED, listener);
  };
}
