/** The browser's dialog for choosing files: an input that nobody sees, and that buttons open. */
import { useRef } from 'react';
import type { ReactNode } from 'react';

export interface FileChoice {
  /** Opens the dialog; it has to be called by what somebody does. */
  readonly open: () => void;
  /** To be drawn somewhere. */
  readonly input: ReactNode;
}

export interface FileChoiceOptions {
  /** One file, several, or all that are in a folder. */
  readonly of: 'file' | 'files' | 'folder';
  readonly onChoose: (files: FileList) => void;
}

export function useFileChoice({ of, onChoose }: FileChoiceOptions): FileChoice {
  const input = useRef<HTMLInputElement>(null);
  return {
    open: () => input.current?.click(),
    input: (
      <input
        ref={input}
        type="file"
        multiple={of === 'files'}
        {...(of === 'folder' ? { webkitdirectory: '' } : {})}
        hidden
        onChange={({ currentTarget }) => {
          if (currentTarget.files !== null) onChoose(currentTarget.files);
          // The same file again is a choice, too.
          currentTarget.value = '';
        }}
      />
    ),
  };
}
