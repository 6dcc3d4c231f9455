/** Makes a token, and shows it: once. */
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { NewToken } from '../../../src/access/access.ts';
import { problemOf } from '../files/problem.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { NewTokenForm } from './new-token-form.tsx';
import { NewTokenShown } from './new-token-shown.tsx';
import { FIRST_CHOICE, requestOf, wrongIn } from './token-request.ts';
import type { TokenChoice } from './token-request.ts';

const words = text.admin.newToken;
const FORM = 'new-token';

export interface NewTokenDialogProps {
  readonly onMade: () => void;
  readonly onClose: () => void;
}

export function NewTokenDialog({ onMade, onClose }: NewTokenDialogProps): ReactNode {
  const { client, tenant } = useSession();
  const [choice, setChoice] = useState<TokenChoice>(FIRST_CHOICE);
  const [wrong, setWrong] = useState({ name: false, date: false });
  const [making, setMaking] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [made, setMade] = useState<NewToken>();

  const make = async (): Promise<void> => {
    const now = new Date();
    const found = wrongIn(choice, now);
    setWrong(found);
    setProblem(undefined);
    if (found.name || found.date || making) return;
    setMaking(true);
    try {
      setMade(await client.tokens.create(requestOf(choice, { now, tenant })));
      onMade();
    } catch (error) {
      setProblem(words.notMade(problemOf(error)));
    } finally {
      setMaking(false);
    }
  };

  if (made !== undefined) {
    return (
      // A slip beside it must not take away what is shown but once.
      <Dialog
        key="made"
        role="alertdialog"
        title={made.name === null ? words.madeUnnamed : words.madeTitle(made.name)}
        onClose={onClose}
        actions={<Button onPress={onClose}>{words.done}</Button>}
      >
        <NewTokenShown token={made} />
      </Dialog>
    );
  }
  return (
    <Dialog
      title={words.title}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{text.common.cancel}</Button>
          <Button type="submit" form={FORM} variant="primary" isPending={making}>
            {making ? words.making : words.make}
          </Button>
        </>
      }
    >
      <NewTokenForm
        id={FORM}
        choice={choice}
        wrong={wrong}
        onChoice={(next) => {
          setChoice(next);
          setWrong({ name: false, date: false });
        }}
        onSubmit={() => void make()}
      />
      <p role="alert" className="admin-problem">
        {problem}
      </p>
    </Dialog>
  );
}
