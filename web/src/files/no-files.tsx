/** What stands in place of the list while there is nothing in it. */
import { useEffect, useRef } from 'react';
import type { ReactNode, RefObject } from 'react';
import { text } from '../text.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { UploadButton } from '../uploads/upload-button.tsx';

export interface NoFilesProps {
  readonly query: string;
  readonly mayWrite: boolean;
  /** Whether what had the focus went with the last file. */
  readonly wantsFocusRef: RefObject<boolean>;
}

export function NoFiles({ query, mayWrite, wantsFocusRef }: NoFilesProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!wantsFocusRef.current) return;
    wantsFocusRef.current = false;
    box.current?.focus();
  }, [wantsFocusRef]);
  return (
    <div ref={box} tabIndex={-1} className="no-files">
      {query === '' ? <NothingYet mayWrite={mayWrite} /> : <NothingFound query={query} />}
    </div>
  );
}

function NothingFound({ query }: { readonly query: string }): ReactNode {
  return (
    <EmptyState icon="search" title={text.files.nothingFound(query)}>
      <p>{text.files.nothingFoundWhy}</p>
    </EmptyState>
  );
}

function NothingYet({ mayWrite }: { readonly mayWrite: boolean }): ReactNode {
  if (!mayWrite) {
    return (
      <EmptyState icon="files" title={text.files.emptyReader}>
        <p>{text.files.emptyReaderHow}</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="shield" title={text.files.empty} actions={<UploadButton />}>
      <p>{text.files.emptyHow}</p>
      <p>{text.files.emptyWhy}</p>
      <p>{text.files.emptyWho}</p>
    </EmptyState>
  );
}
