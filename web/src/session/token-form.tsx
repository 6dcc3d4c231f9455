/** Signing in with a token. */
import { useState } from 'react';
import type { ReactNode } from 'react';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/text-field.tsx';
import type { SignInProps } from './sign-in.tsx';

export function TokenForm({ checking, problem, onToken }: SignInProps): ReactNode {
  const [token, setToken] = useState('');
  /** What was wrong with the token before is not said of the next one. */
  const [answered, setAnswered] = useState<string>();
  const [missing, setMissing] = useState(false);
  const error = missing ? text.session.missing : answered === token || token === '' ? problem : undefined;
  return (
    <form
      className="sign-in-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const given = token.trim();
        setMissing(given === '');
        setAnswered(token);
        if (given !== '' && !checking) onToken(given);
      }}
    >
      <TextField
        label={text.session.token}
        help={text.session.tokenHelp}
        type="password"
        autoComplete="off"
        autoFocus
        value={token}
        onChange={(value) => {
          setToken(value);
          setMissing(false);
        }}
        error={error}
      />
      <Button type="submit" variant="primary" isPending={checking}>
        {checking ? text.session.checking : text.session.signIn}
      </Button>
      <p role="status" className="visually-hidden">
        {error ?? ''}
      </p>
    </form>
  );
}
