/** What is around every view: the name, the ways to go, who is signed in. */
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import { pathOf } from '../route.ts';
import type { Route } from '../route.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { Link } from '../ui/link.tsx';
import { Account } from './account.tsx';
import { Logo } from './logo.tsx';
import { TenantChooser } from './tenant-chooser.tsx';
import './shell.css';

export interface ShellProps {
  readonly route: Route;
  readonly children: ReactNode;
}

export function Shell({ route, children }: ShellProps): ReactNode {
  const { can } = useSession();
  const content = useRef<HTMLElement>(null);
  const path = pathOf(route);
  const shownPath = useRef(path);
  useEffect(() => {
    if (shownPath.current === path) return;
    shownPath.current = path;
    // What had the focus is gone: whoever goes by keyboard, or hears the page, goes on at the new view, unless that knows better.
    if (!content.current?.contains(document.activeElement)) content.current?.focus({ preventScroll: true });
    // The list goes back to where it was by itself.
    if (route.view !== 'files') scrollTo(0, 0);
  }, [path, route.view]);
  return (
    <>
      <a
        className="shell-skip"
        href="#content"
        onClick={(event) => {
          // The address names the view.
          event.preventDefault();
          content.current?.focus();
        }}
      >
        {text.shell.skip}
      </a>
      <header className="shell-header">
        <Link to={{ view: 'files' }} className="shell-name">
          <Logo />
          <span>{text.shell.name}</span>
        </Link>
        {can.administer ? <Navigation route={route} /> : null}
        <div className="shell-who">
          {can.operate ? <TenantChooser /> : null}
          <Account />
        </div>
      </header>
      <main id="content" ref={content} tabIndex={-1} className="shell-content">
        {children}
      </main>
    </>
  );
}

function Navigation({ route }: { readonly route: Route }): ReactNode {
  return (
    <nav aria-label={text.shell.navigation} className="shell-navigation">
      <Link to={{ view: 'files' }} className="shell-way" aria-current={route.view === 'files' ? 'page' : undefined}>
        {text.shell.files}
      </Link>
      <Link to={{ view: 'admin' }} className="shell-way" aria-current={route.view === 'admin' ? 'page' : undefined}>
        {text.shell.admin}
      </Link>
    </nav>
  );
}
