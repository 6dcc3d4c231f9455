/** How to come in: by way of the organisation's identity provider where there is one, or with a token. */
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { Logo } from '../shell/logo.tsx';
import { useTitle } from '../shell/title.ts';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { Spinner } from '../ui/spinner.tsx';
import { ProviderButton } from './provider-button.tsx';
import { findProvider } from './sign-in-options.ts';
import type { Provider } from './sign-in-options.ts';
import { TokenForm } from './token-form.tsx';
import './sign-in.css';

export interface SignInProps {
  /** Whether a token is being looked at. */
  readonly checking: boolean;
  /** Why nobody is signed in, where that is to be said. */
  readonly problem: string | undefined;
  readonly onToken: (token: string) => void;
}

export function SignIn({ checking, problem, onToken }: SignInProps): ReactNode {
  const [provider, setProvider] = useState<Provider>();
  const [byToken, setByToken] = useState(false);
  useTitle(text.session.title);
  useEffect(() => {
    if (provider !== undefined) return undefined;
    const gone = new AbortController();
    const find = async (): Promise<void> => {
      const found = await findProvider(gone.signal);
      if (!gone.signal.aborted) setProvider(found);
    };
    void find();
    return () => gone.abort();
  }, [provider]);

  return (
    <main className="sign-in">
      <div className="sign-in-box">
        <header className="sign-in-head">
          <Logo size={48} />
          <h1>{text.session.heading}</h1>
          <p>{text.session.promise}</p>
        </header>
        {provider === undefined ? (
          <Spinner />
        ) : provider.state === 'ready' && !byToken ? (
          <div className="sign-in-ways">
            <Problem problem={problem} />
            <ProviderButton signIn={provider.signIn} />
            <Button variant="quiet" onPress={() => setByToken(true)}>
              {text.session.byToken}
            </Button>
          </div>
        ) : (
          <div className="sign-in-ways">
            {provider.state === 'unavailable' ? (
              <>
                <Problem problem={text.session.provider.unavailable} />
                <Button variant="secondary" icon="refresh" onPress={() => setProvider(undefined)}>
                  {text.common.tryAgain}
                </Button>
              </>
            ) : null}
            <TokenForm checking={checking} problem={problem} onToken={onToken} />
            {provider.state === 'ready' ? (
              <Button variant="quiet" onPress={() => setByToken(false)}>
                {text.session.byProvider}
              </Button>
            ) : null}
          </div>
        )}
      </div>
      <p className="sign-in-note">
        <Icon name="shield" size={16} />
        {text.session.kept}
      </p>
    </main>
  );
}

function Problem({ problem }: { readonly problem: string | undefined }): ReactNode {
  return problem === undefined ? null : (
    <p role="alert" className="sign-in-problem">
      <Icon name="warning" size={18} />
      {problem}
    </p>
  );
}
