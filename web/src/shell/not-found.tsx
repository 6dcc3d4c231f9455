/** For addresses that lead nowhere. */
import type { ReactNode } from 'react';
import { text } from '../text.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Link } from '../ui/link.tsx';

export function NotFound(): ReactNode {
  return (
    <EmptyState
      icon="search"
      title={text.shell.notFound}
      actions={<Link to={{ view: 'files' }}>{text.shell.toFiles}</Link>}
    >
      {text.shell.notFoundWhy}
    </EmptyState>
  );
}
