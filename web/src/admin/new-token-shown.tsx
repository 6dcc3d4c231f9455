/** A token that was just made, with a button to copy it. */
import { useId, useRef } from 'react';
import type { ReactNode } from 'react';
import type { NewToken } from '../../../src/access/access.ts';
import { formatTime } from '../format.ts';
import { text } from '../text.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Icon } from '../ui/icon.tsx';
import { roleName } from './token-words.ts';

const words = text.admin.newToken;

export function NewTokenShown({ token }: { readonly token: NewToken }): ReactNode {
  const onceId = useId();
  const fieldRef = useRef<HTMLInputElement>(null);
  return (
    <div className="admin-form">
      <p role="status" className="admin-done">
        <Icon name="check" size={18} />
        {words.made}
      </p>
      <div className="admin-secret">
        <input
          ref={fieldRef}
          readOnly
          aria-label={words.token}
          aria-describedby={onceId}
          value={token.token}
          className="text-field-input"
          onFocus={() => fieldRef.current?.select()}
        />
        <CopyButton value={token.token} label={words.copy} variant="primary" autoFocus />
      </div>
      <p id={onceId}>{words.once}</p>
      <p className="admin-more">{words.terms(roleName(token), formatTime(token.expires))}</p>
    </div>
  );
}
