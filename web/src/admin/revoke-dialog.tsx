/** Asks once more before a token is revoked. */
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { TokenInfo } from '../../../src/access/access.ts';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { tokenName } from './token-words.ts';

const words = text.admin.tokens;

export interface RevokeDialogProps {
  readonly token: TokenInfo;
  /** Whether it is the one that this page is signed in with. */
  readonly yours: boolean;
  readonly onRevoke: (token: TokenInfo) => Promise<void>;
  readonly onClose: () => void;
}

export function RevokeDialog({ token, yours, onRevoke, onClose }: RevokeDialogProps): ReactNode {
  const [revoking, setRevoking] = useState(false);
  const revoke = (): void => {
    setRevoking(true);
    void onRevoke(token);
  };
  return (
    <Dialog
      role="alertdialog"
      size="small"
      title={words.revokeTitle(tokenName(token))}
      onClose={onClose}
      actions={
        <>
          <Button autoFocus onPress={onClose}>
            {text.common.cancel}
          </Button>
          <Button variant="danger" isPending={revoking} onPress={revoke}>
            {words.revoke}
          </Button>
        </>
      }
    >
      <p>{words.revokeWhy}</p>
      {yours ? <p className="admin-warning">{words.revokeYours}</p> : null}
    </Dialog>
  );
}
