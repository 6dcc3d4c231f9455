/** Names of keys in AWS KMS, as they stand in encrypted data keys and in configurations (F42). */
import { fromUtf8 } from '../bytes.ts';
import { SealroomError } from '../errors.ts';
import type { EncryptedDataKey } from './edk.ts';

/** Provider id of every encrypted data key that AWS KMS made. */
export const AWS_KMS_PROVIDER_ID = 'aws-kms';

/** `arn:PARTITION:kms:REGION:ACCOUNT:TYPE/ID` */
export interface KmsArn {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly type: 'key' | 'alias';
  /** What follows the first slash, others included. */
  readonly id: string;
}

/** Undefined for text that is no ARN of AWS KMS. */
export function parseKmsArn(text: string): KmsArn | undefined {
  const [arn, partition, service, region, account, resource, ...more] = text.split(':');
  if (arn !== 'arn' || service !== 'kms' || !partition || !region || !account || more.length > 0) return undefined;
  const [, type, id] = /^(key|alias)\/(.+)$/s.exec(resource ?? '') ?? [];
  if (id === undefined || (type !== 'key' && type !== 'alias')) return undefined;
  return { partition, region, account, type, id };
}

/** The key that wrapped an encrypted data key; undefined for one that no key of AWS KMS can have wrapped (F42). */
export function awsKmsArnOf({ providerId, providerInfo }: EncryptedDataKey): KmsArn | undefined {
  if (providerId !== AWS_KMS_PROVIDER_ID) return undefined;
  try {
    const arn = parseKmsArn(fromUtf8(providerInfo));
    return arn?.type === 'key' ? arn : undefined;
  } catch {
    return undefined;
  }
}

/** True for text that is one label of a host's name, as the names of all Regions are. */
export function isRegionName(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(text);
}

export function formatKmsArn({ partition, region, account, type, id }: KmsArn): string {
  return `arn:${partition}:kms:${region}:${account}:${type}/${id}`;
}

/** True for a key that has replicas in other Regions under the same id. An alias never has. */
export function isMultiRegion({ type, id }: KmsArn): boolean {
  return type === 'key' && id.startsWith('mrk-');
}

/** True when what one of the keys encrypted, the other decrypts: equal ones, or replicas of one multi-Region key (F42). */
export function areRelatedKeys(a: KmsArn, b: KmsArn): boolean {
  return (
    a.type === 'key' &&
    b.type === 'key' &&
    a.partition === b.partition &&
    a.account === b.account &&
    a.id === b.id &&
    (a.region === b.region || isMultiRegion(a))
  );
}

/** @throws SealroomError `bad-key` on text that is no ARN of a key: an alias, for example */
export function keyArn(text: string): KmsArn {
  const arn = parseKmsArn(text);
  if (arn?.type === 'key') return arn;
  throw new SealroomError(
    'bad-key',
    `${JSON.stringify(text)} is no ARN of a key in AWS KMS: it looks like arn:aws:kms:REGION:ACCOUNT:key/ID`,
  );
}
