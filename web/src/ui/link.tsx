/** A link within the page: it changes the view, and opens in a tab of its own as any link does. */
import type { AnchorHTMLAttributes, MouseEvent, ReactNode } from 'react';
import { navigate, pathOf } from '../route.ts';
import type { Route } from '../route.ts';

export interface LinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href' | 'onClick'> {
  readonly to: Route;
}

export function Link({ to, children, ...props }: LinkProps): ReactNode {
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <a {...props} href={pathOf(to)} onClick={follow}>
      {children}
    </a>
  );
}
