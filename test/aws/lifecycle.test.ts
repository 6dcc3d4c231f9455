import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LifecycleRule } from '@aws-sdk/client-s3';
import { OWN_RULE, harmfulRules, hasOwnRule, withOwnRule } from '../../src/aws/setup/lifecycle.ts';

const rule = (more: Partial<LifecycleRule>): LifecycleRule => ({ ID: 'r', Status: 'Enabled', ...more });

test('our rule is known again, and only as it should be', () => {
  assert.ok(hasOwnRule([rule({}), OWN_RULE]));
  // As S3 gives back a rule that was written without a filter.
  assert.ok(hasOwnRule([{ ...OWN_RULE, Filter: undefined }]));
  for (const changed of [
    { ...OWN_RULE, ID: 'other' },
    { ...OWN_RULE, Status: 'Disabled' as const },
    { ...OWN_RULE, Filter: { Prefix: 'logs/' } },
    { ...OWN_RULE, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
    { ...OWN_RULE, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    { ...OWN_RULE, Expiration: undefined },
  ]) {
    assert.ok(!hasOwnRule([changed]), JSON.stringify(changed));
  }
});

test('ours takes the place of ours, and of no other', () => {
  const theirs = rule({ ID: 'theirs' });
  assert.deepEqual(withOwnRule([{ ...OWN_RULE, Status: 'Disabled' }, theirs]), [theirs, OWN_RULE]);
});

test('rules that remove or archive blobs are found, by where blobs are', () => {
  const removes = rule({ ID: 'removes', Expiration: { Days: 30 } });
  const archives = rule({ ID: 'archives', Transitions: [{ Days: 1, StorageClass: 'DEEP_ARCHIVE' }] });
  const dated = rule({ Expiration: { Date: new Date(0) } });
  assert.deepEqual(harmfulRules([removes, archives, dated], ''), ['removes', 'archives', 'r']);

  const at = (prefix: string): LifecycleRule => rule({ Expiration: { Days: 1 }, Filter: { Prefix: prefix } });
  assert.deepEqual(harmfulRules([at('v1/')], 'v1'), ['r']);
  assert.deepEqual(harmfulRules([at('v')], 'v1'), ['r']);
  assert.deepEqual(harmfulRules([at('v1/a')], 'v1'), ['r']);
  assert.deepEqual(harmfulRules([at('v2/')], 'v1'), []);
  assert.deepEqual(harmfulRules([at('v11/')], 'v1'), []);
  const both = { And: { Prefix: 'v1/', ObjectSizeGreaterThan: 1 } };
  assert.deepEqual(harmfulRules([rule({ Expiration: { Days: 1 }, Filter: both })], 'v1'), ['r']);
});

test('rules that leave blobs alone are no harm', () => {
  const harmless = [
    rule({ Expiration: { Days: 1 }, Status: 'Disabled' }),
    rule({ Expiration: { Days: 1 }, Filter: { Tag: { Key: 'a', Value: 'b' } } }),
    rule({ Expiration: { Days: 1 }, Filter: { And: { Prefix: '', Tags: [{ Key: 'a', Value: 'b' }] } } }),
    rule({ Transitions: [{ Days: 30, StorageClass: 'STANDARD_IA' }] }),
    rule({ Transitions: [{ Days: 30, StorageClass: 'GLACIER_IR' }] }),
    rule({ NoncurrentVersionExpiration: { NoncurrentDays: 1 } }),
    OWN_RULE,
  ];
  assert.deepEqual(harmfulRules(harmless, ''), []);
});
