/** The lifecycle rules of a bucket: ours beside those of others, and those of others that would take blobs away. */
import type { LifecycleRule } from '@aws-sdk/client-s3';

/** Days for which a blob that was removed, or replaced by whoever may write the bucket, can be brought back. */
export const NONCURRENT_DAYS = 7;

/**
 * Days after which the parts of an unfinished upload go. S3 counts from its beginning, and asks nobody whether it still
 * runs: a shorter time would cut off a put that is slow. An upload is one segment of at most 64 GiB, which takes 6.4
 * days at 1 Mbit/s. What a crash leaves is a sweep's to remove, after the grace time of the vault, a day; this is for
 * parts whose journal entry is lost.
 */
export const UPLOAD_DAYS = 8;

/** Name of our rule, by which it is found again. */
const RULE_ID = 'sealroom';

export const OWN_RULE: LifecycleRule = {
  ID: RULE_ID,
  Status: 'Enabled',
  Filter: { Prefix: '' },
  NoncurrentVersionExpiration: { NoncurrentDays: NONCURRENT_DAYS },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: UPLOAD_DAYS },
  // Once all versions of a removed blob have gone, so does the mark that it was removed.
  Expiration: { ExpiredObjectDeleteMarker: true },
};

/** True when our rule is there, and says what it should. */
export function hasOwnRule(rules: readonly LifecycleRule[]): boolean {
  return rules.some(
    (rule) =>
      rule.ID === RULE_ID &&
      rule.Status === 'Enabled' &&
      (prefixOf(rule) ?? '') === '' &&
      rule.NoncurrentVersionExpiration?.NoncurrentDays === NONCURRENT_DAYS &&
      rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation === UPLOAD_DAYS &&
      rule.Expiration?.ExpiredObjectDeleteMarker === true,
  );
}

/** The rules of others as they are, and ours. */
export function withOwnRule(rules: readonly LifecycleRule[]): LifecycleRule[] {
  return [...rules.filter(({ ID }) => ID !== RULE_ID), OWN_RULE];
}

/** Where objects cannot be read without being brought back first. */
const COLD: ReadonlySet<string | undefined> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/** Names of the rules that would remove blobs under a prefix, or put them where they cannot be read. */
export function harmfulRules(rules: readonly LifecycleRule[], prefix: string): string[] {
  return rules.filter((rule) => isHarmful(rule) && concerns(rule, prefix)).map(({ ID }) => ID ?? 'without a name');
}

function isHarmful({ Status, Expiration, Transitions = [] }: LifecycleRule): boolean {
  const removes = Expiration?.Days !== undefined || Expiration?.Date !== undefined;
  return Status === 'Enabled' && (removes || Transitions.some(({ StorageClass }) => COLD.has(StorageClass)));
}

function concerns(rule: LifecycleRule, prefix: string): boolean {
  // Blobs have no tags.
  const tagged = rule.Filter?.Tag !== undefined || (rule.Filter?.And?.Tags ?? []).length > 0;
  const other = prefixOf(rule) ?? '';
  const own = prefix === '' ? '' : `${prefix}/`;
  return !tagged && (other.startsWith(own) || own.startsWith(other));
}

function prefixOf(rule: LifecycleRule): string | undefined {
  // Beside the filter, where rules of old have it.
  const old: unknown = Reflect.get(rule, 'Prefix');
  return rule.Filter?.Prefix ?? rule.Filter?.And?.Prefix ?? (typeof old === 'string' ? old : undefined);
}
