import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isSecretId, newSecret, secretMatches, splitSecret } from '../../src/access/secrets.ts';

describe('a secret', () => {
  test('has an id of 16 characters of base32 and 256 bits that are random each time', () => {
    const secrets = Array.from({ length: 200 }, newSecret);
    assert.equal(new Set(secrets.map(({ id }) => id)).size, 200);
    const bytes = secrets.map(({ text }) => Buffer.from(splitSecret(text)!.secret, 'base64url'));
    assert.equal(new Set(bytes.map(String)).size, 200);
    for (const { id, text } of secrets) {
      assert.match(id, /^[a-z2-7]{16}$/);
      assert.ok(isSecretId(id));
      assert.equal(splitSecret(text)!.id, id);
    }
    // Each of the 256 bits is once set and once not.
    for (let bit = 0; bit < 256; bit++) {
      const values = new Set(bytes.map((each) => (each[bit >> 3]! >> (bit & 7)) & 1));
      assert.equal(values.size, 2, `bit ${bit}`);
    }
  });

  test('is kept as the SHA-256 of its second part', () => {
    const { text, hash } = newSecret();
    const [, secret = ''] = /_(.+)$/.exec(text.slice(16)) ?? [];
    assert.deepEqual(Buffer.from(hash), createHash('sha256').update(secret).digest());
  });

  test('matches its own hash and no other, and nothing where nothing is kept', () => {
    const { text, hash } = newSecret();
    const given = splitSecret(text)!;
    assert.ok(secretMatches(given, hash));
    assert.ok(!secretMatches(given, newSecret().hash));
    assert.ok(!secretMatches(given, undefined));
    assert.ok(!secretMatches(given, hash.subarray(0, 31)));
    assert.ok(!secretMatches({ id: given.id, secret: '' }, new Uint8Array(0)));
  });

  test('has one text: another one for the same bytes is another secret', () => {
    const { text, hash } = newSecret();
    const given = splitSecret(text)!;
    const bytes = Buffer.from(given.secret, 'base64url');
    const aliases = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
      .map((last) => given.secret.slice(0, -1) + last)
      .filter((secret) => secret !== given.secret && Buffer.from(secret, 'base64url').equals(bytes));
    assert.equal(aliases.length, 3);
    for (const secret of aliases) assert.ok(!secretMatches({ id: given.id, secret }, hash));
  });

  test('of another form is none', () => {
    const { text } = newSecret();
    const others = ['', text.slice(1), text.slice(0, -1), `${text}A`, `${text}\n`, ` ${text}`, text.toUpperCase()];
    for (const other of [...others, text.replace('_', '-'), `${text.slice(0, -1)}=`]) {
      assert.equal(splitSecret(other), undefined, other);
    }
    fc.assert(
      fc.property(fc.string(), (any) => {
        assert.equal(splitSecret(any), undefined);
        assert.ok(!isSecretId(any) || any.length === 16);
      }),
    );
  });
});
