import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathOf, routeOf } from '../../web/src/route.ts';
import type { Route } from '../../web/src/route.ts';

test('every view has a path of its own, which leads to it', () => {
  const routes: readonly Route[] = [
    { view: 'files' },
    { view: 'file', id: '019a2b3c-4d5e-7f60-8123-456789abcdef' },
    { view: 'file', id: 'a/b?c#d%' },
    { view: 'admin' },
    { view: 'signed-in' },
  ];
  const paths = routes.map(pathOf);
  assert.deepEqual(paths.map(routeOf), routes);
  assert.equal(new Set(paths).size, routes.length);
  for (const path of paths) assert.match(path, /^\/[^?#]*$/);
});

test('any other path leads nowhere', () => {
  for (const path of ['/x', '/file', '/file/', '/file/a/b', '/file/%zz', '/admin/', '/admin/x', '//', '/Admin']) {
    assert.deepEqual(routeOf(path), { view: 'unknown' }, path);
  }
});
