/** Sets, changes or takes away the quota of a tenant. */
import { useRef, useState } from 'react';
import type { ReactNode } from 'react';
import type { Quota, Tenant } from '../../../src/vault/item-kinds.ts';
import { problemOf } from '../files/problem.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { notify } from '../toasts.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { QuotaFields } from './quota-fields.tsx';
import { formOf, quotaOf } from './quota-form.ts';
import { useFocusOnWrong } from './use-focus-on-wrong.ts';

const words = text.admin.quota;
const FORM = 'quota';
const NOTHING_WRONG = { amount: false, files: false };

export interface QuotaDialogProps {
  readonly tenant: Tenant;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

export function QuotaDialog({ tenant: { name, quota }, onChanged, onClose }: QuotaDialogProps): ReactNode {
  const { client } = useSession();
  const [form, setForm] = useState(() => formOf(quota));
  const [wrong, setWrong] = useState(NOTHING_WRONG);
  const [saving, setSaving] = useState<'set' | 'remove'>();
  const [problem, setProblem] = useState<string>();
  const formRef = useRef<HTMLFormElement>(null);
  useFocusOnWrong(formRef, wrong.amount || wrong.files);

  const save = async (asked: Quota | null): Promise<void> => {
    if (saving !== undefined) return;
    setSaving(asked === null ? 'remove' : 'set');
    setProblem(undefined);
    try {
      await client.setQuota(name, asked);
      notify({ text: asked === null ? words.removed(name) : words.saved(name), tone: 'success' });
      onChanged();
      onClose();
    } catch (error) {
      setProblem(words.notSaved(problemOf(error)));
      setSaving(undefined);
    }
  };

  const submit = (): void => {
    const read = quotaOf(form);
    setWrong('wrong' in read ? read.wrong : NOTHING_WRONG);
    setProblem(undefined);
    if ('wrong' in read) return;
    if (read.quota === null) setProblem(words.missing);
    else void save(read.quota);
  };

  return (
    <Dialog
      title={words.title(name)}
      onClose={onClose}
      actions={
        <>
          {quota === null ? (
            <Button onPress={onClose}>{text.common.cancel}</Button>
          ) : (
            <Button isPending={saving === 'remove'} onPress={() => void save(null)}>
              {words.remove}
            </Button>
          )}
          <Button type="submit" form={FORM} variant="primary" isPending={saving === 'set'}>
            {saving === 'set' ? words.saving : words.save}
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
          submit();
        }}
      >
        <p className="admin-more">{words.why}</p>
        <QuotaFields
          form={form}
          wrong={wrong}
          autoFocus
          onForm={(next) => {
            setForm(next);
            setWrong(NOTHING_WRONG);
            setProblem(undefined);
          }}
        />
      </form>
      <p role="alert" className="admin-problem">
        {problem}
      </p>
    </Dialog>
  );
}
