import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkIdToken } from '../../../web/src/session/id-token.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const expected = { issuer: 'https://id.example', clientId: 'the-page', nonce: 'n-1', now };
const claims = { iss: 'https://id.example', aud: 'the-page', sub: 'Zoë', exp: now / 1000 + 300, nonce: 'n-1' };

function token(payload: unknown): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'ES256' })}.${part(payload)}.c2lnbmF0dXJl`;
}

test('an ID token that answers the request is taken', () => {
  const good = [
    claims,
    { ...claims, aud: ['the-page'] },
    { ...claims, aud: ['another', 'the-page'], azp: 'the-page' },
    // The clocks of the provider and of the browser differ a little.
    { ...claims, exp: now / 1000 - 59 },
  ];
  for (const payload of good) assert.equal(checkIdToken(token(payload), expected), true, JSON.stringify(payload));
});

test('an ID token of another request, issuer, client or time is not', () => {
  const bad = [
    { ...claims, nonce: 'n-2' },
    { ...claims, nonce: undefined },
    { ...claims, iss: 'https://id.example/' },
    { ...claims, iss: undefined },
    { ...claims, aud: 'another' },
    { ...claims, aud: [] },
    { ...claims, aud: ['the-page', 'another'] },
    { ...claims, aud: ['the-page', 'another'], azp: 'another' },
    { ...claims, azp: 'another' },
    { ...claims, exp: now / 1000 - 60 },
    { ...claims, exp: String(claims.exp) },
    { ...claims, exp: undefined },
  ];
  for (const payload of bad) assert.equal(checkIdToken(token(payload), expected), false, JSON.stringify(payload));
});

test('what is no ID token at all is none', () => {
  const good = token(claims);
  const texts = ['', 'x', good.slice(0, good.lastIndexOf('.')), `${good}.x`, 'a.%%%.c', 'a.e30.c', 'a._w.c'];
  for (const text of [...texts, token(null), token('text'), token([claims])]) {
    assert.equal(checkIdToken(text, expected), false, text);
  }
});
