/** Tokens that are in force. */
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import type { TokenInfo } from '../../../src/access/access.ts';
import { formatRelative, formatTime } from '../format.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import { endsSoon } from './ends-soon.ts';
import { roleName, tokenName } from './token-words.ts';
import './token-list.css';

const words = text.admin.tokens;

export interface TokenListProps {
  readonly label: string;
  readonly tokens: readonly TokenInfo[];
  readonly now: number;
  readonly onRevoke: (token: TokenInfo) => void;
  /** What stands there where there are none. */
  readonly empty: ReactNode;
}

export function TokenList({ label, tokens, now, onRevoke, empty }: TokenListProps): ReactNode {
  const { principal } = useSession();
  const boxRef = useRef<HTMLDivElement>(null);
  const aboutToGo = useRef<string>(undefined);
  useEffect(() => {
    if (aboutToGo.current === undefined || tokens.some(({ id }) => id === aboutToGo.current)) return;
    aboutToGo.current = undefined;
    // The button that had the focus went with its token.
    boxRef.current?.focus();
  }, [tokens]);
  const revoke = (token: TokenInfo): void => {
    aboutToGo.current = token.id;
    onRevoke(token);
  };
  return (
    <div ref={boxRef} tabIndex={-1} role="group" aria-label={label} className="token-list">
      {tokens.length === 0 ? (
        empty
      ) : (
        <ul className="admin-list">
          {tokens.map((token) => {
            const name = tokenName(token);
            return (
              <li key={token.id} className="token">
                <div className="token-who">
                  <p className="token-name">
                    <span>{name}</span>
                    {token.id === principal.id ? (
                      <span className="admin-badge admin-badge-accent">{words.yours}</span>
                    ) : null}
                  </p>
                  <p className="admin-more" title={formatTime(token.createdAt)}>
                    {words.madeBy(token.createdBy, formatRelative(token.createdAt, now))}
                  </p>
                </div>
                <span className="admin-badge token-role">{roleName(token)}</span>
                <span
                  className={classes('token-ends', endsSoon(token.expires, now) && 'token-ends-soon')}
                  title={formatTime(token.expires)}
                >
                  {words.ends(formatRelative(token.expires, now))}
                </span>
                <Button
                  size="small"
                  className="token-revoke"
                  aria-label={words.revokeThis(name)}
                  onPress={() => revoke(token)}
                >
                  {words.revoke}
                </Button>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}
