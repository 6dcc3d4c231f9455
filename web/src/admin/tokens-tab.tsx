/** Who may come in: the tokens of the tenant and, for an operator, those of the whole vault. */
import { useCallback, useState } from 'react';
import type { ReactNode } from 'react';
import type { TokenInfo } from '../../../src/access/access.ts';
import { problemOf } from '../files/problem.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { notify } from '../toasts.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { NewTokenDialog } from './new-token-dialog.tsx';
import { LoadedContent, Part } from './part.tsx';
import { RevokeDialog } from './revoke-dialog.tsx';
import { TokenList } from './token-list.tsx';
import { tokenName } from './token-words.ts';
import { useLoaded } from './use-loaded.ts';

const words = text.admin.tokens;
const VAULT = '*';

interface Tokens {
  readonly tenant: readonly TokenInfo[];
  /** Undefined for whoever has nothing to do with them. */
  readonly vault: readonly TokenInfo[] | undefined;
  /** When this was so. */
  readonly now: number;
}

export function TokensTab(): ReactNode {
  const { client, principal, tenant, can, signOut } = useSession();
  const { tokens } = client;
  const load = useCallback(
    async (signal: AbortSignal): Promise<Tokens> => {
      const [ofTenant, ofVault] = await Promise.all([
        tokens.list({ tenant, signal }),
        can.operate ? tokens.list({ tenant: VAULT, signal }) : undefined,
      ]);
      return { tenant: ofTenant, vault: ofVault, now: Date.now() };
    },
    [tokens, tenant, can.operate],
  );
  const loading = useLoaded(load);
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<TokenInfo>();

  const revoke = async (token: TokenInfo): Promise<void> => {
    try {
      await tokens.revoke(token.id, { tenant: token.tenant });
    } catch (error) {
      notify({ text: words.notRevoked(problemOf(error)), tone: 'danger' });
      return;
    } finally {
      setRevoking(undefined);
    }
    notify({ text: words.revoked(tokenName(token)), tone: 'success' });
    if (token.id === principal.id) signOut();
    else loading.reload();
  };

  const make = (
    <Button variant="primary" icon="plus" onPress={() => setMaking(true)}>
      {words.new}
    </Button>
  );
  return (
    <div className="admin-parts">
      <Part title={words.title(tenant)} why={words.why} actions={make}>
        <LoadedContent loading={loading} label={words.loading}>
          {({ tenant: list, now }) => (
            <TokenList
              label={words.title(tenant)}
              tokens={list}
              now={now}
              onRevoke={setRevoking}
              empty={
                <EmptyState icon="key" title={words.none}>
                  {words.noneWhy}
                </EmptyState>
              }
            />
          )}
        </LoadedContent>
      </Part>
      {loading.state.step === 'loaded' && loading.state.value.vault !== undefined ? (
        <Part title={words.vaultTitle} why={words.vaultWhy}>
          <TokenList
            label={words.vaultTitle}
            tokens={loading.state.value.vault}
            now={loading.state.value.now}
            onRevoke={setRevoking}
            empty={<p className="admin-note">{words.noneOfVault}</p>}
          />
        </Part>
      ) : null}
      {making ? <NewTokenDialog onMade={loading.reload} onClose={() => setMaking(false)} /> : null}
      {revoking === undefined ? null : (
        <RevokeDialog
          token={revoking}
          yours={revoking.id === principal.id}
          onRevoke={revoke}
          onClose={() => setRevoking(undefined)}
        />
      )}
    </div>
  );
}
