import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { formatKeySpec, keyNameOfPath, parseKeySpec } from '../../src/specs/key-spec.ts';
import type { KeySpec } from '../../src/specs/key-spec.ts';
import { rsaPaddings } from '../../src/message/raw-key.ts';
import { refusal } from '../../src/testing/rejects.ts';

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd';

describe('key specifications', () => {
  test('are read', () => {
    const cases: readonly [string, KeySpec][] = [
      ['jwk:vault.jwk', { scheme: 'jwk', path: 'vault.jwk', provider: 'sealroom' }],
      ['jwk:/keys/a b.jwk?provider=acme', { scheme: 'jwk', path: '/keys/a b.jwk', provider: 'acme' }],
      ['jwk:C:\\keys\\a.jwk', { scheme: 'jwk', path: 'C:\\keys\\a.jwk', provider: 'sealroom' }],
      ['jwk:a%3Fb%zz%41?provider=x%26y=z', { scheme: 'jwk', path: 'a?b%zzA', provider: 'x&y=z' }],
      ['jwk:gr%C3%B6%C3%9Fe?', { scheme: 'jwk', path: 'größe', provider: 'sealroom' }],
      [
        'rsa:keys/recovery.pem.pub',
        {
          scheme: 'rsa',
          path: 'keys/recovery.pem.pub',
          name: 'recovery',
          provider: 'sealroom',
          padding: 'oaep-sha256',
        },
      ],
      [
        'rsa:r?padding=pkcs1&name=old key&provider=acme',
        { scheme: 'rsa', path: 'r', name: 'old key', provider: 'acme', padding: 'pkcs1' },
      ],
      [`aws-kms:${ARN}`, { scheme: 'aws-kms', keyId: ARN, region: undefined, grantTokens: [] }],
      [
        `aws-kms:${ARN}?grant-tokens=a==,b%26`,
        { scheme: 'aws-kms', keyId: ARN, region: undefined, grantTokens: ['a==', 'b&'] },
      ],
      [
        'aws-kms:alias/files?region=eu-west-1',
        { scheme: 'aws-kms', keyId: 'alias/files', region: 'eu-west-1', grantTokens: [] },
      ],
      ['aws-kms:*', { scheme: 'aws-kms-discovery', partition: 'aws', accounts: [], region: undefined }],
      [
        'aws-kms:*?account=111122223333,444455556666&partition=aws-cn&region=cn-north-1',
        {
          scheme: 'aws-kms-discovery',
          partition: 'aws-cn',
          accounts: ['111122223333', '444455556666'],
          region: 'cn-north-1',
        },
      ],
    ];
    for (const [text, spec] of cases) assert.deepEqual(parseKeySpec(text), spec, text);
  });

  test('that are wrong are refused with what there is instead', () => {
    const cases: readonly [string, RegExp][] = [
      ['', /jwk:PATH, rsa:PATH or aws-kms:KEY-ARN/],
      ['vault.jwk', /jwk:PATH, rsa:PATH or aws-kms:KEY-ARN/],
      ['JWK:a', /jwk:PATH, rsa:PATH or aws-kms:KEY-ARN/],
      ['azure:x', /"azure:".*jwk:PATH, rsa:PATH or aws-kms:KEY-ARN/],
      ['aws-kms:', /needs the ARN of a key/],
      ['aws-kms:arn:aws:s3:::bucket', /needs the ARN of a key/],
      ['aws-kms:arn:aws:kms:eu-west-1:111122223333:key/', /needs the ARN of a key/],
      ['aws-kms:a key', /needs the ARN of a key/],
      [`aws-kms:${ARN}?region=eu-west-1`, /takes no region with an ARN/],
      [`aws-kms:${ARN}?account=111122223333`, /only aws-kms:\* takes account/],
      ['aws-kms:*?grant-tokens=a', /aws-kms:\* takes no grant-tokens/],
      ['aws-kms:*?account=1234', /account of 12 digits/],
      ['aws-kms:*?region=', /a region looks like/],
      ['constructor:a', /"constructor:"/],
      ['jwk:', /needs the path/],
      ['jwk:?provider=a', /needs the path/],
      ['jwk:a%00b', /needs the path/],
      ['jwk:a?padding=pkcs1', /no parameter "padding"; it takes: provider/],
      ['jwk:a?provider=a&', /no parameter ""/],
      ['rsa:a?nme=b', /no parameter "nme"; it takes: name, provider, padding/],
      ['rsa:a?name=b&name=c', /"name" once/],
      ['rsa:a?name', /name of a key is not empty/],
      ['rsa:a?provider=', /provider id is not empty/],
      ['rsa:a?provider=aws-kms', /belong to AWS KMS/],
      ['rsa:a?padding=oaep', /no padding "oaep".*oaep-sha256.*pkcs1/],
      ['jwk:a%ff', /not UTF-8/],
      ['rsa:.pub?padding=pkcs1&name=%0a', /control characters/],
    ];
    for (const [text, message] of cases)
      assert.match(refusal(() => parseKeySpec(text), 'bad-key').message, message, text);
  });

  test('are not quoted when they may be a key given by mistake', () => {
    const secret = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA';
    assert.ok(!refusal(() => parseKeySpec(secret), 'bad-key').message.includes(secret.slice(0, 6)));
  });

  test('are written as short as they can be', () => {
    for (const text of [
      'jwk:a.jwk',
      'jwk:a%20b%3Fc%25.jwk?provider=acme',
      'rsa:r.pem',
      'rsa:r.pem?name=x&padding=pkcs1',
      `aws-kms:${ARN}`,
      `aws-kms:${ARN}?grant-tokens=a,b`,
      'aws-kms:alias/files?region=eu-west-1',
      'aws-kms:*',
      'aws-kms:*?account=111122223333&partition=aws-cn&region=cn-north-1',
    ]) {
      assert.equal(formatKeySpec(parseKeySpec(text)), text);
    }
    assert.equal(formatKeySpec(parseKeySpec('rsa:r.pem?padding=oaep-sha256&provider=sealroom&name=r')), 'rsa:r.pem');
  });

  test('are read as they were written', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 }).filter((value) => !/\p{Cc}/u.test(value));
    const path = text.filter((value) => value !== '' && keyNameOfPath(value) !== '');
    const provider = text.filter((value) => !value.startsWith('aws-kms'));
    const padding = fc.constantFrom(...rsaPaddings);
    const spec = fc.oneof(
      fc.tuple(path, provider).map(([p, id]): KeySpec => ({ scheme: 'jwk', path: p, provider: id })),
      fc
        .tuple(path, provider, text, padding)
        .map(([p, id, name, pad]): KeySpec => ({ scheme: 'rsa', path: p, name, provider: id, padding: pad })),
    );
    fc.assert(
      fc.property(spec, (value) => {
        const written = formatKeySpec(value);
        assert.deepEqual(parseKeySpec(written), value);
        assert.doesNotMatch(written, /\s/);
      }),
    );
  });

  test('of any text are read or refused', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('jwk:', 'rsa:', 'aws-kms:', 'aws-kms:*?', ''),
        fc.string({ unit: 'binary' }),
        (scheme, rest) => {
          let spec;
          try {
            spec = parseKeySpec(scheme + rest);
          } catch (error) {
            assert.match(String(error), /^SealroomError: /);
            return;
          }
          assert.deepEqual(parseKeySpec(formatKeySpec(spec)), spec);
        },
      ),
    );
  });
});

describe('the name of a key file', () => {
  test('is the same for both halves of a key', () => {
    assert.equal(keyNameOfPath('/keys/recovery.pem'), 'recovery');
    assert.equal(keyNameOfPath('/keys/recovery.pem.pub'), 'recovery');
    assert.equal(keyNameOfPath('recovery.pub'), keyNameOfPath('recovery'));
    assert.equal(keyNameOfPath('a.b.jwk'), 'a.b');
    assert.equal(keyNameOfPath('.hidden'), '.hidden');
  });
});
