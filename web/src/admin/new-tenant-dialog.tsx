/** Makes a tenant. */
import { useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { isSealroomError } from '../../../src/client/index.ts';
import { problemOf } from '../files/problem.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { notify } from '../toasts.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/text-field.tsx';
import { NO_QUOTA, quotaOf } from './quota-form.ts';
import { QuotaFields } from './quota-fields.tsx';
import { tenantNameProblem } from './tenant-name.ts';
import { useFocusOnWrong } from './use-focus-on-wrong.ts';

const words = text.admin.newTenant;
const FORM = 'new-tenant';
const NOTHING_WRONG = { amount: false, files: false };

export interface NewTenantDialogProps {
  /** Names that there are already. */
  readonly taken: readonly string[];
  readonly onMade: () => void;
  readonly onClose: () => void;
}

export function NewTenantDialog({ taken, onMade, onClose }: NewTenantDialogProps): ReactNode {
  const { client } = useSession();
  const [name, setName] = useState('');
  const [form, setForm] = useState(NO_QUOTA);
  const [nameProblem, setNameProblem] = useState<ReturnType<typeof tenantNameProblem>>();
  const [wrong, setWrong] = useState(NOTHING_WRONG);
  const [making, setMaking] = useState(false);
  const [problem, setProblem] = useState<string>();
  const formRef = useRef<HTMLFormElement>(null);
  useFocusOnWrong(formRef, nameProblem !== undefined || wrong.amount || wrong.files);

  const make = async (): Promise<void> => {
    const read = quotaOf(form);
    const found = tenantNameProblem(name, taken);
    setNameProblem(found);
    setWrong('wrong' in read ? read.wrong : NOTHING_WRONG);
    setProblem(undefined);
    if (found !== undefined || 'wrong' in read || making) return;
    setMaking(true);
    try {
      await client.createTenant(name, { quota: read.quota });
      notify({ text: words.made(name), tone: 'success' });
      onMade();
      onClose();
    } catch (error) {
      if (isSealroomError(error, 'exists')) setNameProblem('exists');
      else setProblem(words.notMade(problemOf(error)));
      setMaking(false);
    }
  };

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
      <form
        ref={formRef}
        id={FORM}
        className="admin-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <TextField
          label={words.name}
          help={words.nameHelp}
          autoFocus
          autoComplete="off"
          spellCheck="false"
          value={name}
          error={nameProblem === undefined ? undefined : words.nameProblems[nameProblem]}
          onChange={(next) => {
            // Phones begin with a capital letter.
            setName(next.trim().toLowerCase());
            setNameProblem(undefined);
          }}
        />
        <QuotaFields
          form={form}
          wrong={wrong}
          onForm={(next) => {
            setForm(next);
            setWrong(NOTHING_WRONG);
          }}
        />
      </form>
      <p role="alert" className="admin-problem">
        {problem}
      </p>
    </Dialog>
  );
}
