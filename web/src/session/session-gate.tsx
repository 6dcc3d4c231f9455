/** Nothing is shown to whoever is not signed in but how to. */
import { useCallback, useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import type { Principal } from '../../../src/access/roles.ts';
import { navigate, routeOf } from '../route.ts';
import { text } from '../text.ts';
import { Spinner } from '../ui/spinner.tsx';
import type { Arrival } from './code-flow.ts';
import { forgetSession, keepToken, keptToken } from './kept.ts';
import { problemText } from './problem-text.ts';
import { SignIn } from './sign-in.tsx';
import { SignedIn } from './signed-in.tsx';
import { whoseToken } from './whose-token.ts';

/** Where a token came from: it decides what is said when it is refused. */
export type TokenSource = 'typed' | 'kept' | 'provider';

type State =
  | { readonly step: 'arriving'; readonly arrival: Promise<Arrival> }
  | { readonly step: 'checking'; readonly token: string; readonly source: TokenSource }
  | { readonly step: 'signed-out'; readonly problem?: string | undefined }
  | { readonly step: 'signed-in'; readonly token: string; readonly principal: Principal };

export interface SessionGateProps {
  /** What somebody came back from the identity provider with. */
  readonly arrival: Promise<Arrival> | undefined;
  readonly children: ReactNode;
}

export function SessionGate({ arrival, children }: SessionGateProps): ReactNode {
  const [state, setState] = useState<State>(() => firstState(arrival));

  useEffect(() => {
    if (state.step !== 'arriving' && state.step !== 'checking') return undefined;
    const gone = new AbortController();
    const goOn = async (): Promise<void> => {
      const next = await (state.step === 'arriving' ? afterArrival(state.arrival) : afterChecking(state, gone.signal));
      if (!gone.signal.aborted) setState(next);
    };
    void goOn();
    return () => gone.abort();
  }, [state]);

  const end = useCallback((problem?: string) => {
    forgetSession();
    setState({ step: 'signed-out', problem });
  }, []);

  switch (state.step) {
    case 'signed-in':
      return (
        <SignedIn token={state.token} principal={state.principal} onEnd={end}>
          {children}
        </SignedIn>
      );
    case 'arriving':
      return <Spinner label={text.session.checking} />;
    case 'checking':
      if (state.source !== 'typed') return <Spinner label={text.session.checking} />;
      break;
    case 'signed-out':
  }
  return (
    <SignIn
      checking={state.step === 'checking'}
      problem={state.step === 'signed-out' ? state.problem : undefined}
      onToken={(token) => setState({ step: 'checking', token, source: 'typed' })}
    />
  );
}

function firstState(arrival: Promise<Arrival> | undefined): State {
  if (arrival !== undefined) return { step: 'arriving', arrival };
  const token = keptToken();
  return token === null ? { step: 'signed-out' } : { step: 'checking', token, source: 'kept' };
}

async function afterArrival(arrival: Promise<Arrival>): Promise<State> {
  try {
    const { token, path } = await arrival;
    navigate(routeOf(path), { replace: true });
    return { step: 'checking', token, source: 'provider' };
  } catch (error) {
    navigate({ view: 'files' }, { replace: true });
    return { step: 'signed-out', problem: problemText(error, 'provider') };
  }
}

async function afterChecking(
  { token, source }: { readonly token: string; readonly source: TokenSource },
  signal: AbortSignal,
): Promise<State> {
  try {
    const principal = await whoseToken(token, signal);
    keepToken(token);
    return { step: 'signed-in', token, principal };
  } catch (error) {
    if (!signal.aborted) forgetSession();
    return { step: 'signed-out', problem: problemText(error, source) };
  }
}
