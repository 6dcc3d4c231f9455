/** Puts a text on the clipboard, and knows for a while that it did. */
import { useEffect, useState } from 'react';
import { text } from '../text.ts';
import { notify } from '../toasts.ts';

const SAYS_SO_FOR = 2500;

export function useCopied(value: string): { readonly copied: boolean; readonly copy: () => Promise<void> } {
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
  return { copied, copy };
}
