import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '../../../src/http/errors.ts';
import { httpApp } from '../../support/http-app.ts';

const paths: readonly (readonly [path: string, allow: string])[] = [
  ['/v1/files', 'GET, HEAD, POST'],
  ['/v1/files/x', 'DELETE, GET, HEAD, PATCH'],
  ['/v1/files/x/content', 'GET, HEAD'],
  ['/v1/files/x/message', 'GET'],
  ['/v1/files/x/verify', 'POST'],
  ['/v1/files/x/links', 'POST'],
  ['/v1/files/x/tickets', 'POST'],
  ['/v1/links', 'GET, HEAD'],
  ['/v1/links/x', 'DELETE'],
  ['/v1/tokens', 'GET, HEAD, POST'],
  ['/v1/tokens/x', 'DELETE'],
  ['/v1/tenants', 'GET, HEAD, POST'],
  ['/v1/tenants/x', 'GET, HEAD, PATCH'],
  ['/v1/sweeps', 'POST'],
  ['/v1/session', 'GET, HEAD'],
  ['/s/x', 'GET, HEAD, POST'],
  ['/s/x/content', 'GET, HEAD'],
  ['/healthz', 'GET, HEAD'],
  ['/readyz', 'GET, HEAD'],
  ['/metrics', 'GET, HEAD'],
  ['/openapi.json', 'GET, HEAD'],
  ['/docs', 'GET, HEAD'],
  ['/', 'GET, HEAD'],
  ['/file/x', 'GET, HEAD'],
  ['/assets/x', 'GET, HEAD'],
  ['/page.json', 'GET, HEAD'],
];

test('a method that a path does not have is answered 405, with those it has', async () => {
  await using service = await httpApp();
  for (const [url, allow] of paths) {
    for (const method of ['PUT', 'OPTIONS', 'PROPFIND', 'QUERY']) {
      const response = await service.inject(undefined, { url, method });
      assert.equal(response.statusCode, 405, `${method} ${url}`);
      assert.equal(response.headers.allow, allow, `${method} ${url}`);
      assert.equal(response.json<Problem>().code, 'method-not-allowed');
    }
  }
});

test('every method that Allow names is one that the path has', async () => {
  await using service = await httpApp();
  for (const [url, allow] of paths) {
    for (const method of allow.split(', ')) {
      const response = await service.inject(undefined, { url, method });
      assert.notEqual(response.statusCode, 405, `${method} ${url}`);
    }
  }
});

test('a path that is unknown is answered 404 for every method and every body', async () => {
  await using service = await httpApp();
  for (const method of ['GET', 'POST', 'PUT', 'PROPFIND']) {
    for (const url of ['/index.html', '/v1', '/v1/nothing', '/v1/files/a/b/c', '/V1/files', '/../etc/passwd']) {
      const body = method === 'GET' ? {} : { headers: { 'content-type': 'text/xml' }, payload: '<a/>' };
      const response = await service.inject('operator', { url, method, ...body });
      assert.equal(response.statusCode, 404, `${method} ${url}`);
      assert.equal(response.json<Problem>().code, 'not-found');
    }
  }
});
