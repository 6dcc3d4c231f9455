/** Leads to the identity provider, and back. */
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { SignIn } from '../../../src/access/sign-in.ts';
import { text } from '../text.ts';
import { notify } from '../toasts.ts';
import { Button } from '../ui/button.tsx';
import { askForCode } from './code-flow.ts';
import { problemText } from './problem-text.ts';

export function ProviderButton({ signIn }: { readonly signIn: SignIn }): ReactNode {
  const [leaving, setLeaving] = useState(false);
  const leave = async (): Promise<void> => {
    setLeaving(true);
    try {
      location.assign(await askForCode(signIn, location.pathname));
    } catch (error) {
      setLeaving(false);
      notify({ text: problemText(error, 'provider'), tone: 'danger' });
    }
  };
  return (
    <Button variant="primary" autoFocus isPending={leaving} onPress={() => void leave()}>
      {text.session.provider.signIn(new URL(signIn.issuer).host)}
    </Button>
  );
}
