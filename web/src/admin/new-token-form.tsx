/** Whom a token is for, what it lets him do, and for how long. */
import { useId, useRef } from 'react';
import type { ReactNode } from 'react';
import type { Role } from '../../../src/access/roles.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { TextField } from '../ui/text-field.tsx';
import { Choices } from './choices.tsx';
import type { Lifetime, TokenChoice } from './token-request.ts';
import { useFocusOnWrong } from './use-focus-on-wrong.ts';

const words = text.admin.newToken;
const ROLES: readonly Role[] = ['reader', 'writer', 'admin'];
const WHERES = ['tenant', 'vault'] as const;
const LIFETIMES: readonly Lifetime[] = ['day', 'week', 'month', 'quarter', 'year', 'date'];

export interface NewTokenFormProps {
  readonly id: string;
  readonly choice: TokenChoice;
  readonly wrong: { readonly name: boolean; readonly date: boolean };
  readonly onChoice: (choice: TokenChoice) => void;
  readonly onSubmit: () => void;
}

export function NewTokenForm({ id, choice, wrong, onChoice, onSubmit }: NewTokenFormProps): ReactNode {
  const { tenant, can } = useSession();
  const formRef = useRef<HTMLFormElement>(null);
  useFocusOnWrong(formRef, wrong.name || wrong.date);
  return (
    <form
      ref={formRef}
      id={id}
      className="admin-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <TextField
        label={words.name}
        help={words.nameHelp}
        autoFocus
        autoComplete="off"
        value={choice.name}
        error={wrong.name ? words.nameProblem : undefined}
        onChange={(name) => onChoice({ ...choice, name })}
      />
      {can.operate ? (
        <Choices
          legend={words.where}
          options={WHERES}
          labels={{ tenant: words.wheres.tenant(tenant), vault: words.wheres.vault }}
          chosen={choice.where}
          onChoose={(where) => onChoice({ ...choice, where })}
        />
      ) : null}
      <Choices
        legend={words.role}
        options={ROLES}
        labels={words.roles}
        whys={choice.where === 'vault' ? words.vaultRoleWhy : words.roleWhy}
        chosen={choice.role}
        onChoose={(role) => onChoice({ ...choice, role })}
      />
      <Choices
        legend={words.lifetime}
        options={LIFETIMES}
        labels={words.lifetimes}
        chosen={choice.lifetime}
        onChoose={(lifetime) => onChoice({ ...choice, lifetime })}
      />
      {choice.lifetime === 'date' ? (
        <LastDay date={choice.date} wrong={wrong.date} onDate={(date) => onChoice({ ...choice, date })} />
      ) : null}
    </form>
  );
}

interface LastDayProps {
  readonly date: string;
  readonly wrong: boolean;
  readonly onDate: (date: string) => void;
}

function LastDay({ date, wrong, onDate }: LastDayProps): ReactNode {
  const id = useId();
  const problem = `${id}-problem`;
  return (
    <div className="text-field admin-short-field">
      <label htmlFor={id} className="text-field-label">
        {words.date}
      </label>
      <input
        id={id}
        type="date"
        // Where it comes up may be out of sight.
        autoFocus
        className="text-field-input"
        value={date}
        aria-invalid={wrong}
        aria-describedby={wrong ? problem : undefined}
        onChange={(event) => onDate(event.target.value)}
      />
      {wrong ? (
        <p id={problem} role="alert" className="text-field-error">
          {words.dateProblem}
        </p>
      ) : null}
    </div>
  );
}
