import assert from 'node:assert/strict';
import { test } from 'node:test';
import { says, statementsOf, withStatement } from '../../src/aws/setup/policy-document.ts';

const OURS = {
  Sid: 'Ours',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: ['a', 'b'],
  Condition: { Bool: { secure: 'false' } },
};
const THEIRS = { Sid: 'Theirs', Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'a' };
const text = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });

test('a statement is found by what it says, however AWS or somebody wrote it', () => {
  for (const same of [
    OURS,
    { ...OURS, Sid: 'Renamed' },
    { ...OURS, Principal: { AWS: '*' } },
    { ...OURS, Principal: { AWS: ['*'] } },
    { ...OURS, Action: ['s3:*'], Resource: ['b', 'a'] },
    { ...OURS, Condition: { Bool: { secure: false } } },
    { ...OURS, Condition: { Bool: { secure: ['false'] } } },
  ]) {
    assert.ok(says(text(THEIRS, same), OURS), JSON.stringify(same));
  }
});

test('a statement that says less, or something else, is not taken for it', () => {
  for (const other of [
    { ...OURS, Effect: 'Allow' },
    { ...OURS, Action: 's3:Get*' },
    { ...OURS, Resource: ['a'] },
    { ...OURS, Principal: { AWS: 'arn:aws:iam::111122223333:root' } },
    { ...OURS, Condition: { Bool: { secure: 'true' } } },
    { ...OURS, Condition: { Bool: { secure: 'false' }, StringEquals: { a: 'b' } } },
  ]) {
    assert.ok(!says(text(THEIRS, other), OURS), JSON.stringify(other));
  }
});

test('a statement comes after those of others, and everything else stays', () => {
  const before = { Version: '2008-10-17', Id: 'theirs', Statement: THEIRS };
  assert.deepEqual(JSON.parse(withStatement(JSON.stringify(before), OURS)), { ...before, Statement: [THEIRS, OURS] });
  assert.deepEqual(JSON.parse(withStatement(undefined, OURS)), { Version: '2012-10-17', Statement: [OURS] });
});

test('a statement that has the name and says something else keeps both', () => {
  const edited = { ...OURS, Effect: 'Allow' };
  const again = withStatement(text(edited, { ...edited, Sid: 'Ours2' }), OURS);
  assert.deepEqual(
    statementsOf(again)?.map(({ Sid }) => Sid),
    ['Ours', 'Ours2', 'Ours3'],
  );
});

test('nothing is added to what cannot be read: the statements of others would be lost', () => {
  for (const none of ['', '[]', 'null', '{', '{"Statement":[1]}']) {
    assert.throws(() => withStatement(none, OURS), { code: 'bad-configuration' }, none);
  }
});

test('what is no policy is told from one without statements', () => {
  for (const none of ['', '[]', 'null', '{', '{"Statement":[1]}']) assert.equal(statementsOf(none), undefined, none);
  assert.deepEqual(statementsOf('{"Version":"2012-10-17"}'), []);
});
