/** A line of text to fill in, with its label, what helps, and what is wrong with it. */
import type { ReactNode } from 'react';
import { FieldError } from 'react-aria-components/FieldError';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { Text } from 'react-aria-components/Text';
import { TextField as AriaTextField } from 'react-aria-components/TextField';
import type { TextFieldProps as AriaTextFieldProps } from 'react-aria-components/TextField';
import { classes } from './classes.ts';
import './text-field.css';

export interface TextFieldProps extends Omit<AriaTextFieldProps, 'className' | 'style' | 'children'> {
  readonly label: string;
  /** Whether the label is for screen readers alone, where what is around says it. */
  readonly labelHidden?: boolean;
  readonly help?: string | undefined;
  /** What is wrong with it; given, it is invalid. */
  readonly error?: string | undefined;
  readonly placeholder?: string | undefined;
  readonly className?: string;
}

export function TextField({
  label,
  labelHidden = false,
  help,
  error,
  placeholder,
  className,
  ...props
}: TextFieldProps): ReactNode {
  return (
    <AriaTextField {...props} isInvalid={error !== undefined} className={classes('text-field', className)}>
      <Label className={labelHidden ? 'visually-hidden' : 'text-field-label'}>{label}</Label>
      <Input className="text-field-input" {...(placeholder === undefined ? {} : { placeholder })} />
      {help === undefined ? null : (
        <Text slot="description" className="text-field-help">
          {help}
        </Text>
      )}
      <FieldError className="text-field-error">{error}</FieldError>
    </AriaTextField>
  );
}
