import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { utf8 } from '../../src/bytes.ts';
import {
  areRelatedKeys,
  awsKmsArnOf,
  formatKmsArn,
  isMultiRegion,
  isRegionName,
  keyArn,
  parseKmsArn,
} from '../../src/message/kms-arn.ts';
import type { KmsArn } from '../../src/message/kms-arn.ts';
import { refusal } from '../../src/testing/rejects.ts';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const REPLICATED = 'arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab';
const ALIAS = 'arn:aws:kms:us-east-1:111122223333:alias/mrk-vault/2026';

const parsed = (text: string): KmsArn => parseKmsArn(text)!;

describe('parseKmsArn', () => {
  test('reads the parts of an ARN, of which later slashes belong to the id', () => {
    assert.deepEqual(parsed(ALIAS), {
      partition: 'aws',
      region: 'us-east-1',
      account: '111122223333',
      type: 'alias',
      id: 'mrk-vault/2026',
    });
  });

  test('gives back what it read, for any ARN', () => {
    const part = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
    const arns = fc.record({
      partition: part,
      region: part,
      account: part,
      type: fc.constantFrom('key' as const, 'alias' as const),
      id: fc.stringMatching(/^[a-z0-9/-]{1,40}$/),
    });
    fc.assert(fc.property(arns, (arn) => assert.deepEqual(parseKmsArn(formatKmsArn(arn)), { ...arn })));
  });

  for (const text of [
    '',
    'alias/vault',
    '1234abcd-12ab-34cd-56ef-1234567890ab',
    KEY.replace('arn:', 'urn:'),
    KEY.replace(':aws:', '::'),
    KEY.replace(':kms:', ':s3:'),
    KEY.replace(':us-east-1:', '::'),
    KEY.replace(':111122223333:', '::'),
    KEY.replace(':key/', ':keys/'),
    KEY.replace(':key/', ':key:'),
    KEY.replace(/key\/.*/, 'key/'),
    KEY.replace(/\/.*/, ''),
    `${KEY}:more`,
    ` ${KEY}`,
  ]) {
    test(`reads nothing in ${JSON.stringify(text)}`, () => {
      assert.equal(parseKmsArn(text), undefined);
    });
  }
});

test('only a key that is no alias, and begins like one, has replicas', () => {
  assert.equal(isMultiRegion(parsed(REPLICATED)), true);
  assert.equal(isMultiRegion(parsed(KEY)), false);
  assert.equal(isMultiRegion(parsed(ALIAS)), false);
  assert.equal(isMultiRegion(parsed(KEY.replace('key/', 'key/not-mrk-'))), false);
});

test('keys are related when they are equal, or replicas of one another', () => {
  const elsewhere = (text: string): KmsArn => parsed(text.replace('us-east-1', 'eu-west-1'));
  assert.equal(areRelatedKeys(parsed(KEY), parsed(KEY)), true);
  assert.equal(areRelatedKeys(parsed(KEY), elsewhere(KEY)), false);
  assert.equal(areRelatedKeys(parsed(REPLICATED), elsewhere(REPLICATED)), true);
  assert.equal(areRelatedKeys(parsed(ALIAS), parsed(ALIAS)), false);
  for (const [from, to] of [
    [':aws:', ':aws-cn:'],
    ['111122223333', '444455556666'],
    [/.$/, 'x'],
  ] as const) {
    assert.equal(areRelatedKeys(parsed(REPLICATED), parsed(REPLICATED.replace(from, to))), false);
  }
});

test('the key of an encrypted data key is the one that its info names, if AWS KMS made it', () => {
  const made = (providerId: string, info: string | Uint8Array): KmsArn | undefined => {
    const providerInfo = typeof info === 'string' ? utf8(info) : info;
    return awsKmsArnOf({ providerId, providerInfo, ciphertext: new Uint8Array(1) });
  };
  assert.deepEqual(made('aws-kms', KEY), parsed(KEY));
  assert.equal(made('aws-kms-hierarchy', KEY), undefined);
  assert.equal(made('sealroom', KEY), undefined);
  assert.equal(made('aws-kms', ALIAS), undefined);
  assert.equal(made('aws-kms', 'alias/vault'), undefined);
  assert.equal(made('aws-kms', Buffer.concat([utf8(KEY), Buffer.of(0xff)])), undefined);
  assert.equal(made('aws-kms', `\u{feff}${KEY}`), undefined);
});

test('the name of a Region is one label of a host’s name', () => {
  for (const name of ['us-east-1', 'eusc-de-east-1', 'local']) assert.equal(isRegionName(name), true);
  for (const name of ['', 'us-east-1.example', 'a/b', 'a@b', 'a#', '-a', 'a-', 'A', 'é', 'a\n', 'a'.repeat(64)]) {
    assert.equal(isRegionName(name), false, name);
  }
});

test('keyArn takes the ARN of a key and nothing else', () => {
  assert.deepEqual(keyArn(KEY), parsed(KEY));
  for (const text of [ALIAS, 'alias/vault', 'vault', '']) {
    assert.match(refusal(() => keyArn(text), 'bad-key').message, /arn:aws:kms:REGION:ACCOUNT:key\/ID/);
  }
});
