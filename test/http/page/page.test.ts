/** The page for people: where it is, and what browsers are told of it. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Problem } from '../../../src/http/errors.ts';
import { builtPage, httpApp } from '../../support/http-app.ts';
import { RawClient } from '../../support/raw-client.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const VIEWS = ['/', '/admin', '/signed-in', '/file/019a2b3c-4d5e-7f60-8123-456789abcdef'];
const ASSET = '/assets/entry-AbCd1234.js';

test('every view of the page is the one document, and is not kept', async () => {
  await using service = await httpApp();
  const document = await readFile(join(builtPage, 'index.html'), 'utf8');
  for (const url of VIEWS) {
    const response = await service.inject(undefined, { url });
    assert.equal(response.statusCode, 200, url);
    assert.equal(response.headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(response.headers['cache-control'], 'no-store');
    assert.equal(response.body, document);
    const head = await service.inject(undefined, { url, method: 'HEAD' });
    assert.equal(head.statusCode, 200);
    assert.equal(head.body, '');
    assert.equal(head.headers['content-length'], String(document.length));
  }
});

test('the page may run and load what is its own, and nothing else', async () => {
  await using service = await httpApp();
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  // A worker has the policy that its script came with: it may compute, and load nothing.
  const worker =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  for (const url of [...VIEWS, ASSET]) {
    const { headers } = await service.inject(undefined, { url });
    assert.equal(headers['content-security-policy'], url === ASSET ? worker : policy, url);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
  }
});

test('what has a hash in its name is kept for good', async () => {
  await using service = await httpApp();
  const response = await service.inject(undefined, { url: ASSET });
  assert.equal(response.statusCode, 200);
  assert.equal(response.headers['content-type'], 'text/javascript; charset=utf-8');
  assert.equal(response.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal(response.body, await readFile(join(builtPage, ASSET), 'utf8'));
  const icon = await service.inject(undefined, { url: '/icon.svg' });
  assert.equal(icon.headers['content-type'], 'image/svg+xml');
  assert.equal(icon.headers['cache-control'], 'no-store');
});

test('an address that is none of the page is answered 404', async () => {
  await using service = await httpApp();
  const others = [
    '/index.html',
    '/admin/',
    '/admin/x',
    '/files',
    '/file',
    '/file/',
    '/file/x',
    `${VIEWS[3]}/x`,
    '/assets',
    '/assets/',
    '/assets/none-AbCd1234.js',
    '/assets/entry-AbCd1234.js/x',
    '/icon.png',
  ];
  for (const url of others) {
    const response = await service.inject('operator', { url });
    assert.equal(response.statusCode, 404, url);
    assert.equal(response.json<Problem>().code, 'not-found', url);
  }
});

test('no address leads out of the folder of the page, nor to what is not part of it', async () => {
  await using folder = await temporaryFolder();
  const page = join(folder.path, 'page');
  await mkdir(join(page, 'assets', 'inner.js'), { recursive: true });
  await mkdir(join(page, '.vite'));
  const names = ['secret.js', 'page/secret.js', 'page/.vite/manifest.js', 'page/assets/.secret.js'];
  for (const name of [...names, 'page/assets/secret.txt', 'page/assets/secret']) {
    await writeFile(join(folder.path, name), 'SECRET');
  }
  await writeFile(join(page, 'assets/open.js'), 'OPEN');
  await using service = await httpApp({ pageFolder: page });
  const answerTo = async (target: string): Promise<{ readonly status: number; readonly body: string }> => {
    await using client = await RawClient.connect(service.app.server);
    await client.send(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
    return await client.answer();
  };
  assert.equal((await answerTo('/assets/open.js')).body, 'OPEN');
  const targets = [
    '/assets/../secret.js',
    '/assets/../../secret.js',
    '/assets/..%2fsecret.js',
    '/assets/..%2f..%2fsecret.js',
    '/assets/%2e%2e%2fsecret.js',
    '/assets/..%5csecret.js',
    '/assets/..%252fsecret.js',
    '/assets/./../secret.js',
    '/assets//secret.js',
    `/assets/${encodeURIComponent(join(folder.path, 'secret.js'))}`,
    '/assets/%2fsecret.js',
    '/assets/..',
    '/assets/%2e%2e',
    '/assets/.secret.js',
    '/assets/%2esecret.js',
    '/assets/secret.txt',
    '/assets/secret',
    '/assets/inner.js%2f',
    '/assets/open.js%00.txt',
    '/.vite/manifest.js',
    '/secret.js',
    '/../secret.js',
  ];
  for (const target of targets) {
    const { status, body } = await answerTo(target);
    assert.ok(status === 404 || status === 400, `${target}: ${status}`);
    assert.doesNotMatch(body, /SECRET|OPEN/, target);
  }
});

test('where the page is not built, its addresses say how that is done', async () => {
  await using folder = await temporaryFolder();
  await using service = await httpApp({ pageFolder: join(folder.path, 'none') });
  for (const url of VIEWS) {
    const response = await service.inject(undefined, { url });
    assert.equal(response.statusCode, 404);
    assert.equal(response.headers['content-type'], 'text/plain; charset=utf-8');
    assert.match(response.body, /^The page is not built\.[^]*npm run build:page/);
  }
  assert.equal((await service.inject(undefined, { url: ASSET })).statusCode, 404);
  assert.equal((await service.inject('reader', { url: '/v1/session' })).statusCode, 200);
});

test('what was compressed when the page was built goes to whoever takes it', async () => {
  await using folder = await temporaryFolder();
  const assets = join(folder.path, 'assets');
  await mkdir(assets);
  await writeFile(join(assets, 'a.js'), 'plain');
  await writeFile(join(assets, 'a.js.br'), 'brotli');
  await writeFile(join(assets, 'a.js.gz'), 'gzip');
  await writeFile(join(assets, 'b.js'), 'plain');
  await using service = await httpApp({ pageFolder: folder.path });
  const cases: readonly (readonly [name: string, accepted: string | undefined, body: string, coding?: string])[] = [
    ['a.js', undefined, 'plain'],
    ['a.js', 'identity', 'plain'],
    ['a.js', 'br', 'brotli', 'br'],
    ['a.js', 'gzip, deflate, br, zstd', 'brotli', 'br'],
    ['a.js', 'gzip', 'gzip', 'gzip'],
    ['a.js', 'GZIP;q=0.5', 'gzip', 'gzip'],
    ['a.js', 'br;q=0, gzip', 'gzip', 'gzip'],
    ['a.js', 'br; q=0.000, gzip;q=0', 'plain'],
    ['a.js', 'brotli, xgzip', 'plain'],
    ['b.js', 'gzip, br', 'plain'],
  ];
  for (const [name, accepted, body, coding] of cases) {
    const headers = accepted === undefined ? {} : { 'accept-encoding': accepted };
    const response = await service.inject(undefined, { url: `/assets/${name}`, headers });
    assert.equal(response.body, body, `${name} for ${accepted}`);
    assert.equal(response.headers['content-encoding'], coding);
    assert.equal(response.headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(response.headers['vary'], 'accept-encoding');
  }
});
