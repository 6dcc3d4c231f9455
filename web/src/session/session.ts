/** Who is signed in, for whatever is drawn. */
import { createContext, useContext } from 'react';
import type { Principal } from '../../../src/access/roles.ts';
import type { Client } from '../../../src/client/index.ts';

/** What whoever is signed in may do: the service decides, and this is what is offered. */
export interface Abilities {
  /** Put, change, delete, and make links. */
  readonly write: boolean;
  /** Tokens of the tenant. */
  readonly administer: boolean;
  /** Tenants, keys, sweeps: whatever is of the whole vault. */
  readonly operate: boolean;
}

export interface Session {
  readonly client: Client;
  readonly principal: Principal;
  /** What is sent as `Authorization: Bearer …`. */
  readonly token: string;
  /** The tenant that is worked in: the principal's own, or the one that an operator chose. */
  readonly tenant: string;
  readonly can: Abilities;
  /** For an operator: works in another tenant from now on. */
  readonly chooseTenant: (name: string) => void;
  readonly signOut: () => void;
  /** To be called by what speaks to the service without the client, when it answers 401. */
  readonly refused: () => void;
}

export const SessionContext = createContext<Session | null>(null);

/** The session; only below the gate, where there is one. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('nobody is signed in here');
  return session;
}
