/** The wrapping keys of a file. */
import type { ReactNode } from 'react';
import type { WrappingKeyName } from '../../../src/message/edk.ts';
import { text } from '../text.ts';
import { CopyIconButton } from './copy-icon-button.tsx';
import { keyName } from './key-name.ts';
import type { KeyName } from './key-name.ts';

const words = text.file.keyNames;

export function Keys({ keys }: { readonly keys: readonly WrappingKeyName[] }): ReactNode {
  return (
    <ul className="file-keys">
      {keys.map((key) => {
        const parts = keyName(key);
        const title = titleOf(parts);
        return (
          <li key={`${key.provider} ${key.name}`}>
            <span className="file-key-title">{title}</span>
            <span className="file-fact-more">{detailOf(parts)}</span>
            {key.name === title ? null : <CopyIconButton value={key.name} label={words.copy(title)} />}
          </li>
        );
      })}
    </ul>
  );
}

export function titleOf(key: KeyName): string {
  switch (key.kind) {
    case 'kms':
    case 'kms-alias':
      return words.kms(key.region);
    case 'kms-multi-region':
      return words.kmsMultiRegion(key.region);
    case 'own':
    case 'other':
      return key.name;
  }
}

export function detailOf(key: KeyName): string {
  switch (key.kind) {
    case 'kms':
    case 'kms-multi-region':
      return words.kmsDetail(key.id, key.account);
    case 'kms-alias':
      return words.kmsAlias(key.id, key.account);
    case 'own':
      return words.own;
    case 'other':
      return words.provider(key.provider);
  }
}
