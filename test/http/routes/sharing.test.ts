import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { LinkInfo, NewLink } from '../../../src/access/access.ts';
import type { Problem } from '../../../src/http/errors.ts';
import { httpApp } from '../../support/http-app.ts';
import type { CallerName, HttpAppOptions, TestService } from '../../support/http-app.ts';

const CONTENT = Buffer.from('what was shared with somebody');

/** A service with a file of `default`. */
async function withFile(options: HttpAppOptions = {}): Promise<{ service: TestService; id: string }> {
  const service = await httpApp(options);
  const { id } = await service.vault.tenant('default').put(CONTENT, { name: 'a <b>&"name".html', type: 'text/html' });
  return { service, id };
}

function inAnHour(service: TestService): string {
  return new Date(service.world.clock.now() + 3_600_000).toISOString();
}

async function share(service: TestService, file: string, downloads?: number): Promise<NewLink> {
  const payload = { expires: inAnHour(service), ...(downloads !== undefined && { downloads }) };
  const response = await service.inject('writer', { method: 'POST', url: `/v1/files/${file}/links`, payload });
  assert.equal(response.statusCode, 201);
  return response.json<NewLink>();
}

async function usedOf(service: TestService, id: string): Promise<number | undefined> {
  const links = await service.access.links('default').list();
  return links.find((link) => link.id === id)?.used;
}

/** The cookie that an answer gives, as it is sent back. */
function cookieOf({ headers }: { headers: Record<string, unknown> }): string {
  return String(headers['set-cookie']).split(';')[0]!;
}

test('a download listens to its connection no more often than Node takes for sensible', async () => {
  const { service: made, id } = await withFile();
  await using service = made;
  const { secret } = await share(service, id);
  const warnings: string[] = [];
  const warned = ({ name, message }: Error): void => void warnings.push(`${name}: ${message}`);
  process.on('warning', warned);
  try {
    const answer = await service.inject(undefined, { url: `/s/${secret}?download` });
    assert.deepEqual(answer.rawPayload, CONTENT);
    // Warnings come at the next tick.
    await setImmediate();
  } finally {
    process.off('warning', warned);
  }
  assert.deepEqual(warnings, []);
});

test('a link is told once, with its whole address', async () => {
  const { service: made, id } = await withFile({ publicUrl: 'https://files.example/' });
  await using service = made;
  const payload = { expires: inAnHour(service), downloads: 2 };
  const response = await service.inject('writer', { method: 'POST', url: `/v1/files/${id}/links`, payload });
  const link = response.json<NewLink>();
  assert.equal(response.statusCode, 201);
  assert.equal(response.headers.location, `/v1/links/${link.id}`);
  assert.equal(link.url, `https://files.example/s/${link.secret}`);
  assert.deepEqual([link.file, link.downloads, link.used, link.createdBy], [id, 2, 0, 'writer']);
  const listed = await service.inject('writer', { url: '/v1/links' });
  assert.ok(!listed.body.includes(link.secret));
  assert.deepEqual(
    listed.json<{ links: LinkInfo[] }>().links.map((each) => each.id),
    [link.id],
  );
});

test('behind a proxy that gives it a path, button, file and cookie stay under that path', async () => {
  const { service: made, id } = await withFile({ publicUrl: 'https://example.org/files/' });
  await using service = made;
  const { url, secret } = await share(service, id);
  assert.equal(url, `https://example.org/files/s/${secret}`);
  const page = await service.inject(undefined, { url: `/s/${secret}` });
  assert.match(page.body, new RegExp(`action="/files/s/${secret}"`));
  const pressed = await service.inject(undefined, { method: 'POST', url: `/s/${secret}` });
  assert.equal(pressed.headers.location, `/files/s/${secret}/content`);
  assert.match(String(pressed.headers['set-cookie']), new RegExp(`Path=/files/s/${secret};`));
});

test('without an address of its own the service gives out the one that it was called by', async () => {
  const { service: made, id } = await withFile();
  await using service = made;
  const { url, secret } = await share(service, id);
  assert.equal(url, `http://localhost:80/s/${secret}`);
});

test('links are for writers of the tenant; to others the file or link is like none', async () => {
  const { service: made, id } = await withFile();
  await using service = made;
  const link = await share(service, id);
  const payload = { expires: inAnHour(service) };
  const statuses = async (caller: CallerName): Promise<number[]> => [
    (await service.inject(caller, { method: 'POST', url: `/v1/files/${id}/links`, payload })).statusCode,
    (await service.inject(caller, { url: '/v1/links' })).statusCode,
    (await service.inject(caller, { method: 'DELETE', url: `/v1/links/${link.id}` })).statusCode,
  ];
  assert.deepEqual(await statuses('reader'), [403, 403, 403]);
  assert.deepEqual(await statuses('other-writer'), [404, 200, 404]);
  const foreign = await service.inject('other-writer', { url: '/v1/links' });
  assert.deepEqual(foreign.json(), { links: [] });
  assert.deepEqual(await statuses('admin'), [201, 200, 204]);
});

test('links are listed for one file', async () => {
  const { service: made, id } = await withFile();
  await using service = made;
  const other = await service.vault.tenant('default').put(CONTENT, { name: 'n' });
  const [first] = [await share(service, id), await share(service, other.id)];
  const response = await service.inject('writer', { url: `/v1/links?file=${id}` });
  assert.deepEqual(
    response.json<{ links: LinkInfo[] }>().links.map((link) => link.id),
    [first.id],
  );
});

test('looking at a link, or its headers, or a prefetch of it, uses nothing up', async () => {
  const { service: made, id } = await withFile();
  await using service = made;
  const link = await share(service, id, 1);
  const url = `/s/${link.secret}`;
  const looks = [
    { url },
    { url, method: 'HEAD' },
    { url: `${url}?download`, method: 'HEAD' },
    { url: `${url}?download`, headers: { 'sec-purpose': 'prefetch;prerender' } },
    { url: `${url}?download`, headers: { purpose: 'prefetch' } },
  ] as const;
  for (const look of looks) {
    const response = await service.inject(undefined, look);
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers['set-cookie'], undefined);
    assert.match(String(response.headers['content-type']), /^text\/html/);
    assert.ok(!response.body.includes(CONTENT.toString()));
  }
  assert.equal(await usedOf(service, link.id), 0);
  assert.equal((await service.inject(undefined, { url: `${url}/content` })).statusCode, 404);
  assert.equal(await usedOf(service, link.id), 0);
});

test('the page says what it leads to, with nothing of its name run', async () => {
  const { service: made, id } = await withFile();
  await using service = made;
  const { secret } = await share(service, id);
  const { headers, body } = await service.inject(undefined, { url: `/s/${secret}` });
  assert.ok(body.includes('a &lt;b&gt;&amp;&quot;name&quot;.html'));
  assert.ok(!body.includes('<b>'));
  assert.ok(body.includes(`${CONTENT.length} bytes`));
  assert.match(body, /<html lang="en">/);
  assert.match(body, /<button type="submit">/);
  assert.doesNotMatch(body, /<script|https?:|<img|<link/);
  const policy = String(headers['content-security-policy']);
  assert.match(policy, /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; /);
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.equal(headers['cache-control'], 'no-store');
});

test('the button counts one, and leads to the file with a cookie for this link alone', async () => {
  const { service: made, id } = await withFile();
  await using service = made;
  const link = await share(service, id, 1);
  const url = `/s/${link.secret}`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const pressed = await service.inject(undefined, { method: 'POST', url, headers });
  assert.equal(pressed.statusCode, 303);
  assert.equal(pressed.headers.location, `${url}/content`);
  const set = String(pressed.headers['set-cookie']);
  for (const part of ['HttpOnly', 'SameSite=Lax', `Path=${url}`, 'Max-Age=3600']) assert.ok(set.includes(part), part);
  assert.ok(!set.includes('Secure'));
  assert.equal(await usedOf(service, link.id), 1);
  const cookie = cookieOf(pressed);
  const content = await service.inject(undefined, { url: `${url}/content`, headers: { cookie } });
  assert.deepEqual([content.statusCode, content.body], [200, CONTENT.toString()]);
  assert.match(String(content.headers['content-disposition']), /^attachment/);
  assert.match(String(content.headers['content-security-policy']), /sandbox/);
  assert.equal(content.headers['referrer-policy'], 'no-referrer');
});

test('within the visit ranges, retries and the button do not count again; without it the link is used up', async () => {
  const { service: made, id } = await withFile();
  await using service = made;
  const link = await share(service, id, 1);
  const url = `/s/${link.secret}`;
  const first = await service.inject(undefined, { url: `${url}?download` });
  assert.deepEqual([first.statusCode, first.body], [200, CONTENT.toString()]);
  const headers = { cookie: cookieOf(first) };
  const range = await service.inject(undefined, { url: `${url}/content`, headers: { ...headers, range: 'bytes=5-7' } });
  assert.deepEqual([range.statusCode, range.body], [206, CONTENT.toString().slice(5, 8)]);
  const again = await service.inject(undefined, { url: `${url}?download`, headers });
  assert.deepEqual([again.statusCode, again.body], [200, CONTENT.toString()]);
  assert.equal((await service.inject(undefined, { url, method: 'POST', headers })).statusCode, 303);
  assert.equal((await service.inject(undefined, { url: `${url}/content`, method: 'HEAD', headers })).statusCode, 200);
  assert.equal((await service.inject(undefined, { url: `${url}?download` })).statusCode, 404);
  assert.equal((await service.inject(undefined, { url, method: 'POST' })).statusCode, 404);
  service.world.clock.time += 3_599_000;
  assert.equal((await service.inject(undefined, { url: `${url}/content`, headers })).statusCode, 200);
  service.world.clock.time += 2000;
  assert.equal((await service.inject(undefined, { url: `${url}/content`, headers })).statusCode, 404);
});

test('a download in one step counts when bytes are sent, and not when a condition or a range has none', async () => {
  const { service: made, id } = await withFile();
  await using service = made;
  const link = await share(service, id, 1);
  const get = (headers: Record<string, string>): ReturnType<TestService['inject']> =>
    service.inject(undefined, { url: `/s/${link.secret}?download`, headers });
  for (const [headers, status] of [
    [{ 'if-none-match': `"${id}"` }, 304],
    [{ 'if-match': '"another"' }, 412],
    [{ range: 'bytes=1000-' }, 416],
  ] as const) {
    const answer = await get(headers);
    assert.deepEqual([answer.statusCode, answer.headers['set-cookie']], [status, undefined]);
  }
  assert.equal(await usedOf(service, link.id), 0);
  const whole = await get({});
  assert.equal(whole.statusCode, 200);
  assert.deepEqual(whole.rawPayload, CONTENT);
  assert.equal(await usedOf(service, link.id), 1);
  assert.equal((await get({})).statusCode, 404);
  assert.equal((await get({ cookie: cookieOf(whole) })).statusCode, 200);
});

test('a file that does not open uses nothing up', async () => {
  const { service: made, id } = await withFile();
  await using service = made;
  const link = await share(service, id, 1);
  const { blobs } = service.world.blobs;
  const whole = [...blobs];
  for (const [key, bytes] of whole) blobs.set(key, bytes.toReversed());
  const refused = await service.inject(undefined, { url: `/s/${link.secret}?download` });
  assert.deepEqual([refused.statusCode, refused.headers['set-cookie']], [422, undefined]);
  assert.equal(await usedOf(service, link.id), 0);
  for (const [key, bytes] of whole) blobs.set(key, bytes);
  assert.equal((await service.inject(undefined, { url: `/s/${link.secret}?download` })).statusCode, 200);
});

test('the cookie of one link opens no other', async () => {
  const { service: made, id } = await withFile();
  await using service = made;
  const [one, two] = [await share(service, id), await share(service, id)];
  const headers = { cookie: cookieOf(await service.inject(undefined, { method: 'POST', url: `/s/${one.secret}` })) };
  assert.equal((await service.inject(undefined, { url: `/s/${one.secret}/content`, headers })).statusCode, 200);
  assert.equal((await service.inject(undefined, { url: `/s/${two.secret}/content`, headers })).statusCode, 404);
  assert.equal(await usedOf(service, two.id), 0);
});

test('the count is exact when many press at once', async () => {
  const { service: made, id } = await withFile();
  await using service = made;
  const link = await share(service, id, 3);
  const press = (): ReturnType<typeof service.inject> =>
    service.inject(undefined, { method: 'POST', url: `/s/${link.secret}` });
  const pressed = await Promise.all(Array.from({ length: 12 }, press));
  const statuses = pressed.map(({ statusCode }) => statusCode);
  assert.equal(statuses.filter((status) => status === 303).length, 3);
  assert.equal(statuses.filter((status) => status === 404).length, 9);
});

test('expired, used up, revoked, unknown, and links to files that are gone look alike', async () => {
  const { service: made, id } = await withFile();
  await using service = made;
  const files = service.vault.tenant('default');
  const gone = await files.put(CONTENT, { name: 'n' });
  const [usedUp, revoked, toGone] = [
    await share(service, id, 1),
    await share(service, id),
    await share(service, gone.id),
  ];
  await service.inject(undefined, { method: 'POST', url: `/s/${usedUp.secret}` });
  await service.inject('writer', { method: 'DELETE', url: `/v1/links/${revoked.id}` });
  await files.remove(gone.id);
  const soon = new Date(service.world.clock.now() + 1000).toISOString();
  const expired = await service.access.links('default').create(id, { expires: soon });
  service.world.clock.time += 2000;
  const secrets = [usedUp, revoked, toGone, expired].map(({ secret }) => secret);
  secrets.push(`${usedUp.secret.slice(0, -1)}${usedUp.secret.endsWith('a') ? 'b' : 'a'}`, 'x', '%00', '..%2fhealthz');
  const answers = new Set<string>();
  for (const secret of secrets) {
    for (const request of [
      { url: `/s/${secret}` },
      { url: `/s/${secret}?download` },
      { url: `/s/${secret}`, method: 'POST' },
      { url: `/s/${secret}/content` },
      { url: `/s/${secret}/content`, headers: { cookie: 'sealroom-visit=made-up' } },
    ] as const) {
      const { statusCode, headers, body } = await service.inject(undefined, request);
      const { date: _, ...kept } = headers;
      answers.add(JSON.stringify([statusCode, kept, body]));
    }
  }
  assert.equal(answers.size, 1);
  assert.match([...answers][0]!, /^\[404,.*There is nothing here/);
});

test('the cookie is sent over TLS only where the page came over TLS', async () => {
  const { service: made, id } = await withFile({ trustProxy: ['127.0.0.1'] });
  await using service = made;
  const { secret } = await share(service, id);
  const headers = { 'x-forwarded-proto': 'https' };
  const response = await service.inject(undefined, { method: 'POST', url: `/s/${secret}`, headers });
  assert.match(String(response.headers['set-cookie']), /; Secure/);
});

test('a ticket is one download of one file, for whoever may read it', async () => {
  const { service: made, id } = await withFile();
  await using service = made;
  const url = `/v1/files/${id}/tickets`;
  const response = await service.inject('reader', { method: 'POST', url });
  const { ticket, expires } = response.json<{ ticket: string; expires: string }>();
  assert.equal(response.statusCode, 201);
  assert.equal(Date.parse(expires), service.world.clock.now() + 60_000);
  const first = await service.inject(undefined, { url: `/v1/files/${id}/content?ticket=${ticket}` });
  assert.deepEqual([first.statusCode, first.body], [200, CONTENT.toString()]);
  assert.equal((await service.inject(undefined, { url: `/v1/files/${id}/content?ticket=${ticket}` })).statusCode, 401);
});

test('a ticket for a file of another tenant is refused like one for none', async () => {
  const { service: made, id } = await withFile();
  await using service = made;
  for (const file of [id, 'nothing']) {
    const response = await service.inject('other-reader', { method: 'POST', url: `/v1/files/${file}/tickets` });
    assert.deepEqual([response.statusCode, response.json<Problem>().code], [404, 'not-found']);
  }
  assert.equal((await service.inject(undefined, { method: 'POST', url: `/v1/files/${id}/tickets` })).statusCode, 401);
});
