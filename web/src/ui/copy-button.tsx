/** Puts a text on the clipboard, and says so. */
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { text } from '../text.ts';
import { notify } from '../toasts.ts';
import { Button } from './button.tsx';
import type { ButtonProps } from './button.tsx';

const SAYS_SO_FOR = 2500;

export interface CopyButtonProps extends Pick<ButtonProps, 'variant' | 'size' | 'autoFocus'> {
  readonly value: string;
  readonly label?: string;
}

export function CopyButton({ value, label = text.common.copy, ...props }: CopyButtonProps): ReactNode {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SAYS_SO_FOR);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(value);
      setCopied(true);
    } catch {
      // Not in a page that came by plain HTTP from another machine.
      notify({ text: text.common.cannotCopy, tone: 'danger' });
    }
  };
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
