/** For how long a link works, and how often. */
import type { FormEvent, ReactNode } from 'react';
import { text } from '../text.ts';
import { TextField } from '../ui/text-field.tsx';
import { choosableDays } from './share-request.ts';
import type { Count, Expiry, ShareChoice } from './share-request.ts';

const EXPIRIES: readonly Expiry[] = ['hour', 'day', 'week', 'month', 'date'];
const COUNTS: readonly Count[] = ['any', 'once', 'some'];

export interface ShareFormProps {
  readonly choice: ShareChoice;
  /** When it was asked for. */
  readonly today: Date;
  readonly wrong: { readonly date: boolean; readonly number: boolean };
  readonly onChoice: (choice: ShareChoice) => void;
  readonly onSubmit: () => void;
}

export function ShareForm({ choice, today, wrong, onChoice, onSubmit }: ShareFormProps): ReactNode {
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  const days = choosableDays(today);
  return (
    <form className="share-form" noValidate onSubmit={submit}>
      <p className="share-what">{text.share.what}</p>
      <Choices
        name="expiry"
        legend={text.share.expiry}
        options={EXPIRIES}
        labels={text.share.expiries}
        chosen={choice.expiry}
        onChoose={(expiry) => onChoice({ ...choice, expiry })}
      />
      {choice.expiry === 'date' ? (
        <div className="share-field">
          <label htmlFor="share-date" className="text-field-label">
            {text.share.date}
          </label>
          <input
            id="share-date"
            type="date"
            className="text-field-input"
            min={days.min}
            max={days.max}
            value={choice.date}
            aria-invalid={wrong.date}
            aria-describedby={wrong.date ? 'share-date-problem' : undefined}
            onChange={(event) => onChoice({ ...choice, date: event.target.value })}
          />
          {wrong.date ? (
            <p id="share-date-problem" role="alert" className="text-field-error">
              {text.share.dateProblem}
            </p>
          ) : null}
        </div>
      ) : null}
      <Choices
        name="count"
        legend={text.share.count}
        options={COUNTS}
        labels={text.share.counts}
        chosen={choice.count}
        onChoose={(count) => onChoice({ ...choice, count })}
      />
      {choice.count === 'some' ? (
        <TextField
          className="share-field"
          label={text.share.number}
          inputMode="numeric"
          value={choice.number}
          error={wrong.number ? text.share.numberProblem : undefined}
          onChange={(number) => onChoice({ ...choice, number })}
        />
      ) : null}
      {/* Enter makes the link from any field; the button for it is at the end of the dialog. */}
      <button type="submit" hidden tabIndex={-1}>
        {text.share.make}
      </button>
    </form>
  );
}

interface ChoicesProps<Option extends string> {
  readonly name: string;
  readonly legend: string;
  readonly options: readonly Option[];
  readonly labels: Readonly<Record<Option, string>>;
  readonly chosen: Option;
  readonly onChoose: (option: Option) => void;
}

function Choices<Option extends string>(props: ChoicesProps<Option>): ReactNode {
  const { name, legend, options, labels, chosen, onChoose } = props;
  return (
    <fieldset className="share-choices">
      <legend>{legend}</legend>
      <div className="share-options">
        {options.map((option) => (
          <label key={option} className="share-option">
            <input
              type="radio"
              name={name}
              value={option}
              checked={option === chosen}
              onChange={() => onChoose(option)}
            />
            {labels[option]}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
