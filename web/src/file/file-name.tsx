/** The name of a file, and giving it another one. */
import { useState } from 'react';
import type { FormEvent, ReactNode } from 'react';
import type { Stat } from '../../../src/vault/files.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { TextField } from '../ui/text-field.tsx';
import type { Change } from './use-file.ts';

const MOST_BYTES = 1024;

export interface FileNameProps {
  readonly file: Stat;
  readonly change: Change;
}

export function FileName({ file, change }: FileNameProps): ReactNode {
  const { can } = useSession();
  const [renaming, setRenaming] = useState(false);
  const [wasRenaming, setWasRenaming] = useState(false);
  /** What was done, for those who do not see it. */
  const [said, setSaid] = useState('');

  if (renaming) {
    return (
      <RenameForm
        file={file}
        change={change}
        onDone={(done = '') => {
          setRenaming(false);
          setWasRenaming(true);
          setSaid(done);
        }}
      />
    );
  }
  return (
    <div className="file-view-name">
      <h1>{file.name}</h1>
      {can.write ? (
        <IconButton
          icon="edit"
          label={text.file.rename}
          size="small"
          // The button that had the focus is back.
          autoFocus={wasRenaming}
          onPress={() => setRenaming(true)}
        />
      ) : null}
      <p role="status" className="visually-hidden">
        {said}
      </p>
    </div>
  );
}

interface RenameFormProps extends FileNameProps {
  /** Called with what was done, if anything was. */
  readonly onDone: (done?: string) => void;
}

function RenameForm({ file, change, onDone }: RenameFormProps): ReactNode {
  const [name, setName] = useState(file.name);
  const [problem, setProblem] = useState<string>();
  const [saving, setSaving] = useState(false);

  const closeByEscape = ({ key }: { readonly key: string }): void => {
    if (key === 'Escape') onDone();
  };
  const save = async (): Promise<void> => {
    const found = nameProblem(name);
    if (found !== undefined || name === file.name) {
      setProblem(found);
      if (found === undefined) onDone();
      return;
    }
    setSaving(true);
    const failure = await change({ name });
    setSaving(false);
    setProblem(failure);
    if (failure !== undefined) return;
    onDone(text.file.renamed);
  };

  return (
    <form
      className="file-view-rename"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void save();
      }}
    >
      <h1 className="visually-hidden">{file.name}</h1>
      <TextField
        label={text.file.name}
        value={name}
        onChange={(value) => {
          setName(value);
          setProblem(undefined);
        }}
        error={problem}
        // What the service refused may be sent once more as it is.
        validationBehavior="aria"
        // It is what was asked for.
        autoFocus
        autoComplete="off"
        onKeyDown={closeByEscape}
        spellCheck="false"
      />
      <div className="file-view-form-actions">
        <Button type="submit" variant="primary" size="small" isDisabled={saving}>
          {saving ? text.file.saving : text.file.save}
        </Button>
        <Button size="small" variant="quiet" onPress={() => onDone()}>
          {text.file.cancel}
        </Button>
      </div>
    </form>
  );
}

function nameProblem(name: string): string | undefined {
  if (name === '') return text.file.nameEmpty;
  if (/\p{Cc}/u.test(name)) return text.file.tagProblems.control;
  return new TextEncoder().encode(name).length > MOST_BYTES ? text.file.nameTooLong : undefined;
}
