import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpApp } from '../../support/http-app.ts';

test('every answer keeps browsers from running, framing and leaking', async () => {
  await using service = await httpApp();
  for (const url of ['/healthz', '/v1/session', '/nothing', '/docs', '/s/nothing', '/openapi.json', '/v1/%zz']) {
    const { headers } = await service.inject('reader', { url });
    const policy = String(headers['content-security-policy']);
    assert.equal(headers['x-content-type-options'], 'nosniff', url);
    assert.equal(headers['referrer-policy'], 'no-referrer', url);
    assert.equal(headers['x-frame-options'], 'DENY', url);
    assert.match(policy, /default-src 'none'/, url);
    assert.match(policy, /frame-ancestors 'none'/, url);
    // On plain HTTP, as on this machine, that would break every page.
    assert.doesNotMatch(policy, /upgrade-insecure-requests/, url);
    assert.doesNotMatch(policy, /https?:/, url);
    assert.equal(headers['server'], undefined, url);
    assert.equal(headers['x-powered-by'], undefined, url);
  }
});

test('no page of another origin may call the service unless its origin is named', async () => {
  await using service = await httpApp();
  const origin = 'https://app.example';
  const { headers } = await service.inject('reader', { url: '/v1/session', headers: { origin } });
  assert.equal(headers['access-control-allow-origin'], undefined);
  const preflight = await service.inject(undefined, {
    url: '/v1/files',
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  });
  assert.equal(preflight.statusCode, 405);
  assert.equal(preflight.headers['access-control-allow-origin'], undefined);
});

test('pages of an origin that is named may call, and see the headers that they need', async () => {
  await using service = await httpApp({ corsOrigins: ['https://app.example'] });
  const origin = 'https://app.example';
  const preflight = await service.inject(undefined, {
    url: '/v1/files',
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
  });
  assert.equal(preflight.statusCode, 204);
  assert.equal(preflight.headers['access-control-allow-origin'], origin);
  assert.match(String(preflight.headers['access-control-allow-headers']), /Authorization/);
  assert.match(String(preflight.headers['access-control-allow-methods']), /PATCH/);
  assert.equal(preflight.headers['access-control-allow-credentials'], undefined);
  const { headers } = await service.inject('reader', { url: '/v1/session', headers: { origin } });
  assert.equal(headers['access-control-allow-origin'], origin);
  for (const name of ['ETag', 'Location', 'Content-Range']) {
    assert.match(String(headers['access-control-expose-headers']), new RegExp(name));
  }
  const other = await service.inject('reader', { url: '/v1/session', headers: { origin: 'https://evil.example' } });
  assert.equal(other.headers['access-control-allow-origin'], undefined);
});

test('an error is one that a page of a named origin can read', async () => {
  await using service = await httpApp({ corsOrigins: ['https://app.example'] });
  const headers = { origin: 'https://app.example' };
  const response = await service.inject(undefined, { url: '/v1/session', headers });
  assert.equal(response.statusCode, 401);
  assert.equal(response.headers['access-control-allow-origin'], headers.origin);
});
