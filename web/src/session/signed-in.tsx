/** What is drawn for whoever is signed in, with who that is. */
import { useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import type { Principal } from '../../../src/access/roles.ts';
import { connect } from '../../../src/client/index.ts';
import { text } from '../text.ts';
import { keepTenant, keptTenant } from './kept.ts';
import { SessionContext } from './session.ts';
import type { Session } from './session.ts';

/** The tenant of operators, and the one that every vault has. */
const OPERATOR = '*';
const DEFAULT_TENANT = 'default';

export interface SignedInProps {
  readonly token: string;
  readonly principal: Principal;
  /** @param problem what ended it, unless that was wanted */
  readonly onEnd: (problem?: string) => void;
  readonly children: ReactNode;
}

export function SignedIn({ token, principal, onEnd, children }: SignedInProps): ReactNode {
  const isOperator = principal.tenant === OPERATOR;
  const [tenant, setTenant] = useState(isOperator ? (keptTenant() ?? DEFAULT_TENANT) : principal.tenant);
  const client = useMemo(() => {
    const watched = watchedFetch(() => onEnd(text.session.ended));
    // Whoever serves the page by plain HTTP has decided that already.
    return connect({ url: location.origin, token, insecureHttp: true, fetch: watched });
  }, [token, onEnd]);
  const session = useMemo<Session>(
    () => ({
      client,
      principal,
      token,
      tenant,
      can: {
        write: principal.role !== 'reader',
        administer: principal.role === 'admin',
        operate: isOperator && principal.role === 'admin',
      },
      chooseTenant: (name) => {
        keepTenant(name);
        setTenant(name);
      },
      signOut: () => onEnd(),
      refused: () => onEnd(text.session.ended),
    }),
    [client, principal, token, tenant, isOperator, onEnd],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** A token that is refused now has expired or was revoked: whoever works with it is to know at once. */
function watchedFetch(onRefused: () => void): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (response.status === 401) onRefused();
    return response;
  };
}
