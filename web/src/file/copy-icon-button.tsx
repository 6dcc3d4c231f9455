/** A small button that puts a text on the clipboard, and says so. */
import type { ReactNode } from 'react';
import { text } from '../text.ts';
import { IconButton } from '../ui/button.tsx';
import { useCopied } from '../ui/use-copied.ts';

export function CopyIconButton({ value, label }: { readonly value: string; readonly label: string }): ReactNode {
  const { copied, copy } = useCopied(value);
  return (
    <span className="file-copy">
      <IconButton icon={copied ? 'check' : 'copy'} size="small" label={label} onPress={() => void copy()} />
      <span role="status" className="visually-hidden">
        {copied ? text.common.copied : ''}
      </span>
    </span>
  );
}
