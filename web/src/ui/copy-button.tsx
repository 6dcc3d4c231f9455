/** Puts a text on the clipboard, and says so. */
import type { ReactNode } from 'react';
import { text } from '../text.ts';
import { Button } from './button.tsx';
import type { ButtonProps } from './button.tsx';
import { useCopied } from './use-copied.ts';

export interface CopyButtonProps extends Pick<ButtonProps, 'variant' | 'size' | 'autoFocus'> {
  readonly value: string;
  readonly label?: string;
}

export function CopyButton({ value, label = text.common.copy, ...props }: CopyButtonProps): ReactNode {
  const { copied, copy } = useCopied(value);
  return (
    <>
      <Button {...props} icon={copied ? 'check' : 'copy'} onPress={() => void copy()}>
        {copied ? text.common.copied : label}
      </Button>
      <span role="status" className="visually-hidden">
        {copied ? text.common.copied : ''}
      </span>
    </>
  );
}
