/** A small button that puts a text on the clipboard, and says so. */
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { text } from '../text.ts';
import { notify } from '../toasts.ts';
import { IconButton } from '../ui/button.tsx';

const SAYS_SO_FOR = 2500;

export function CopyIconButton({ value, label }: { readonly value: string; readonly label: string }): ReactNode {
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
    <span className="file-copy">
      <IconButton icon={copied ? 'check' : 'copy'} size="small" label={label} onPress={() => void copy()} />
      <span role="status" className="visually-hidden">
        {copied ? text.common.copied : ''}
      </span>
    </span>
  );
}
