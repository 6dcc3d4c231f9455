import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyName } from '../../../web/src/file/key-name.ts';

const ID = '1234abcd-12ab-34cd-56ef-1234567890ab';

test('a key of AWS KMS is taken apart into Region, account and id', () => {
  const name = `arn:aws:kms:eu-central-1:111122223333:key/${ID}`;
  assert.deepEqual(keyName({ provider: 'aws-kms', name }), {
    kind: 'kms',
    region: 'eu-central-1',
    account: '111122223333',
    id: ID,
  });
});

test('a multi-Region key is told from others, in every partition', () => {
  const id = 'mrk-1234abcd12ab34cd56ef1234567890ab';
  const name = `arn:aws-cn:kms:cn-north-1:444455556666:key/${id}`;
  const parts = { region: 'cn-north-1', account: '444455556666', id };
  assert.deepEqual(keyName({ provider: 'aws-kms', name }), { kind: 'kms-multi-region', ...parts });
});

test('an alias is not taken for a key, whatever it is called', () => {
  const name = 'arn:aws:kms:us-east-1:111122223333:alias/mrk-files/main';
  const parts = { region: 'us-east-1', account: '111122223333', id: 'mrk-files/main' };
  assert.deepEqual(keyName({ provider: 'aws-kms', name }), { kind: 'kms-alias', ...parts });
});

test('what is no ARN is shown as it is', () => {
  for (const name of ['', 'arn:aws:s3:::bucket', `arn:aws:kms:eu-central-1:111122223333:${ID}`, 'a name']) {
    assert.deepEqual(keyName({ provider: 'aws-kms', name }), { kind: 'other', provider: 'aws-kms', name });
  }
});

test('keys of this vault are told from those of other providers, of which none has ARNs', () => {
  assert.deepEqual(keyName({ provider: 'sealroom', name: 'master' }), { kind: 'own', name: 'master' });
  const name = `arn:aws:kms:eu-central-1:111122223333:key/${ID}`;
  assert.deepEqual(keyName({ provider: 'hsm', name }), { kind: 'other', provider: 'hsm', name });
});
