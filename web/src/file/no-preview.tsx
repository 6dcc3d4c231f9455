/** A calm word that nothing is shown, and why. */
import type { ReactNode } from 'react';
import type { Stat } from '../../../src/vault/files.ts';
import { iconOf } from '../files/kind-icon.ts';
import { kindOf } from '../files/kind.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { download } from './download.ts';

export function NoPreview({ file, children }: { readonly file: Stat; readonly children: ReactNode }): ReactNode {
  const session = useSession();
  return (
    <EmptyState
      icon={iconOf(kindOf(file.type))}
      title={text.file.noPreview}
      actions={
        <Button icon="download" onPress={() => void download(session, file)}>
          {text.file.download}
        </Button>
      }
    >
      {children}
    </EmptyState>
  );
}
