/** Which wrapping keys the files of the tenant depend on. */
import { useCallback } from 'react';
import type { ReactNode } from 'react';
import type { KeyCounts } from '../../../src/vault/key-counts.ts';
import { CopyIconButton } from '../file/copy-icon-button.tsx';
import { keyName } from '../file/key-name.ts';
import { detailOf, titleOf } from '../file/keys.tsx';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Icon } from '../ui/icon.tsx';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { LoadedContent, Part } from './part.tsx';
import { useLoaded } from './use-loaded.ts';
import './keys.css';

const words = text.admin.keys;

export function KeysTab(): ReactNode {
  const { client, tenant } = useSession();
  const load = useCallback((signal: AbortSignal) => client.countKeys(tenant, { signal }), [client, tenant]);
  const loading = useLoaded(load);
  const { state, asking, reload } = loading;
  return (
    <Part
      title={words.title(tenant)}
      why={words.why}
      actions={
        state.step === 'loaded' ? (
          <Button icon="refresh" isPending={asking} onPress={reload}>
            {asking ? words.counting : words.again}
          </Button>
        ) : null
      }
    >
      <LoadedContent loading={loading} label={words.loading}>
        {(counts) => <Counts counts={counts} />}
      </LoadedContent>
    </Part>
  );
}

function Counts({ counts }: { readonly counts: KeyCounts }): ReactNode {
  const { keys, files, uploads, unreadable, unlisted } = counts;
  if (files + uploads + unreadable === 0) {
    return (
      <EmptyState icon="key" title={words.none}>
        {words.noneWhy}
      </EmptyState>
    );
  }
  return (
    <>
      {unreadable === 0 ? null : <Warning>{words.unreadable(unreadable)}</Warning>}
      {unlisted === 0 ? null : <Warning>{words.unlisted(unlisted)}</Warning>}
      <ul className="admin-list" aria-label={words.list}>
        {keys.map((key) => {
          const parts = keyName(key);
          const title = titleOf(parts);
          return (
            <li key={JSON.stringify([key.provider, key.name])} className="wrapping-key">
              <div className="wrapping-key-name">
                <p className="wrapping-key-title">{title}</p>
                <p className="admin-more">{detailOf(parts)}</p>
              </div>
              <div className="wrapping-key-counts">
                <p>{words.counts(key.files, key.uploads)}</p>
                <ProgressBar
                  label={title}
                  value={files === 0 ? 0 : key.files / files}
                  valueText={words.share(key.files, files)}
                />
              </div>
              <div className="wrapping-key-copy">
                {key.name === title ? null : <CopyIconButton value={key.name} label={text.file.keyNames.copy(title)} />}
              </div>
            </li>
          );
        })}
      </ul>
      <p className="admin-note">
        {words.total(files, uploads)} {words.caution}
      </p>
    </>
  );
}

function Warning({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <p className="admin-warning">
      <Icon name="warning" size={18} />
      <span>{children}</span>
    </p>
  );
}
