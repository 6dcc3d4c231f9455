/** The limits of a tenant, to be filled in. */
import { useId } from 'react';
import type { ReactNode } from 'react';
import { text } from '../text.ts';
import { TextField } from '../ui/text-field.tsx';
import { UNITS } from './quota-form.ts';
import type { QuotaForm, Unit } from './quota-form.ts';

const words = text.admin.quota;

export interface QuotaFieldsProps {
  readonly form: QuotaForm;
  readonly wrong: { readonly amount: boolean; readonly files: boolean };
  readonly onForm: (form: QuotaForm) => void;
  readonly autoFocus?: boolean;
}

export function QuotaFields({ form, wrong, onForm, autoFocus = false }: QuotaFieldsProps): ReactNode {
  const unitId = useId();
  return (
    <div className="quota-fields">
      <div className="quota-bytes">
        <TextField
          label={words.bytes}
          type="number"
          autoFocus={autoFocus}
          autoComplete="off"
          value={form.amount}
          error={wrong.amount ? words.bytesProblem : undefined}
          onChange={(amount) => onForm({ ...form, amount })}
        />
        <div className="text-field">
          <label htmlFor={unitId} className="text-field-label">
            {words.unit}
          </label>
          <select
            id={unitId}
            className="text-field-input"
            value={form.unit}
            onChange={(event) => onForm({ ...form, unit: event.target.value as Unit })}
          >
            {UNITS.map((unit) => (
              <option key={unit} value={unit}>
                {words.units[unit]}
              </option>
            ))}
          </select>
        </div>
      </div>
      <TextField
        label={words.files}
        type="number"
        autoComplete="off"
        value={form.files}
        error={wrong.files ? words.filesProblem : undefined}
        onChange={(files) => onForm({ ...form, files })}
      />
      <p className="admin-more">{words.help}</p>
    </div>
  );
}
