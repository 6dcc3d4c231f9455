/** Wrapping keys, by what people know them by. */
import type { WrappingKeyName } from '../../../src/message/edk.ts';

export type KeyName =
  | {
      readonly kind: 'kms' | 'kms-multi-region' | 'kms-alias';
      readonly region: string;
      readonly account: string;
      readonly id: string;
    }
  /** A key file. */
  | { readonly kind: 'own'; readonly name: string }
  | { readonly kind: 'other'; readonly provider: string; readonly name: string };

const KMS = 'aws-kms';
/** The provider of key files, unless somebody chose another name for it. */
const OWN = 'sealroom';

const KMS_ARN = /^arn:[^:]+:kms:([^:]+):([^:]+):(key|alias)\/(.+)$/s;

export function keyName({ provider, name }: WrappingKeyName): KeyName {
  const [, region, account, type, id] = (provider === KMS ? KMS_ARN.exec(name) : null) ?? [];
  if (region === undefined || account === undefined || id === undefined) {
    return provider === OWN ? { kind: 'own', name } : { kind: 'other', provider, name };
  }
  if (type === 'alias') return { kind: 'kms-alias', region, account, id };
  return { kind: id.startsWith('mrk-') ? 'kms-multi-region' : 'kms', region, account, id };
}
