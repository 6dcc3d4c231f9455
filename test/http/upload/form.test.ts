import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { LightMyRequestResponse } from 'fastify';
import { collect } from '../../../src/bytes.ts';
import { formBoundary } from '../../../src/http/upload/form.ts';
import { refusal } from '../../../src/testing/rejects.ts';
import { patterned } from '../../../src/testing/test-bytes.ts';
import type { Stat } from '../../../src/vault/files.ts';
import { httpApp } from '../../support/http-app.ts';
import type { TestService } from '../../support/http-app.ts';

const BOUNDARY = 'xyz';

/** A part with a field. */
function field(name: string, value: string | Uint8Array): Buffer {
  return part(`form-data; name="${name}"`, value);
}

/** A part with a file. */
function file(name: string, content: string | Uint8Array, type = 'text/plain'): Buffer {
  return part(`form-data; name="file"; filename="${name}"`, content, `Content-Type: ${type}\r\n`);
}

function part(disposition: string, content: string | Uint8Array, more = ''): Buffer {
  const head = `--${BOUNDARY}\r\nContent-Disposition: ${disposition}\r\n${more}\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(content), Buffer.from('\r\n')]);
}

function form(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

function send(
  service: TestService,
  payload: Buffer,
  { query = '', headers = {} }: { readonly query?: string; readonly headers?: Record<string, string> } = {},
): Promise<LightMyRequestResponse> {
  return service.inject('writer', {
    method: 'POST',
    url: `/v1/files${query}`,
    payload,
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, ...headers },
  });
}

async function stored(service: TestService, answer: LightMyRequestResponse): Promise<{ stat: Stat; bytes: Buffer }> {
  assert.equal(answer.statusCode, 201, answer.body);
  const stat = answer.json<Stat>();
  const { body } = await service.vault.tenant('default').get(stat.id);
  return { stat, bytes: Buffer.from(await collect(body)) };
}

async function assertRefused(service: TestService, answer: LightMyRequestResponse, code: string): Promise<void> {
  assert.equal(answer.json().code, code, answer.body);
  assert.deepEqual((await service.vault.tenant('default').list()).files, []);
  assert.deepEqual(service.world.blobs.keys(), []);
  await service.world.check();
}

test('a form as curl -F sends it is stored', async () => {
  await using service = await httpApp();
  // curl -F 'tag.project=x' -F 'file=@a"b.txt' …
  const boundary = '------------------------Hq2ZJ0cKjPRMLDXsDNUWQN';
  const payload = Buffer.from(
    [
      `--${boundary}`,
      'Content-Disposition: form-data; name="tag.project"',
      '',
      'x',
      `--${boundary}`,
      'Content-Disposition: form-data; name="file"; filename="a%22b.txt"',
      'Content-Type: text/plain',
      '',
      'hello\nworld\n',
      `--${boundary}--`,
      '',
    ].join('\r\n'),
  );
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  const { stat, bytes } = await stored(service, await send(service, payload, { headers }));
  assert.equal(bytes.toString(), 'hello\nworld\n');
  assert.deepEqual([stat.name, stat.type, stat.tags], ['a"b.txt', 'text/plain', { project: 'x' }]);
});

test('a form as browsers send it is stored', async () => {
  await using service = await httpApp();
  const boundary = '----WebKitFormBoundaryePkpFF7tjBAqx29L';
  const payload = Buffer.concat([
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="name"\r\n\r\nSommer 🏖.jpg\r\n` +
        `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="Zürich.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`,
    ),
    patterned(5000),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  const { stat, bytes } = await stored(service, await send(service, payload, { headers }));
  assert.deepEqual(bytes, Buffer.from(patterned(5000)));
  assert.deepEqual([stat.name, stat.type], ['Sommer 🏖.jpg', 'image/jpeg']);
});

test('a form that a fetch client makes is stored', async () => {
  await using service = await httpApp();
  const address = await service.listen();
  const body = new FormData();
  body.set('metadata.note', 'a\r\nb');
  body.set('file', new File([Buffer.from(patterned(70_000))], 'Zür"ich.bin', { type: 'x/y' }));
  const answer = await fetch(`${address}/v1/files?tag.a=b`, { method: 'POST', body, headers: service.as('writer') });
  assert.equal(answer.status, 201);
  const stat = (await answer.json()) as Stat;
  assert.deepEqual([stat.name, stat.type, stat.size], ['Zür"ich.bin', 'x/y', 70_000]);
  assert.deepEqual([stat.tags, stat.metadata], [{ a: 'b' }, { note: 'a\r\nb' }]);
});

test('fields say what the part of the file says otherwise', async () => {
  await using service = await httpApp();
  const fields = [
    field('name', 'n'),
    field('type', 't/y'),
    field('tag.a', '1'),
    field('metadata.b', ''),
    field('context.c', '3'),
    field('expires', '2026-07-01T00:00:00Z'),
    field('retainUntil', '2026-06-01T00:00:00Z'),
  ];
  const { stat } = await stored(service, await send(service, form(...fields, file('other.txt', 'x'))));
  assert.deepEqual([stat.name, stat.type], ['n', 't/y']);
  assert.deepEqual([stat.tags, stat.metadata, stat.context], [{ a: '1' }, { b: '' }, { c: '3' }]);
  assert.deepEqual([stat.expires, stat.retainUntil], ['2026-07-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z']);
});

test('a part without file name or type takes them from the query, or is bytes', async () => {
  await using service = await httpApp();
  const payload = form(part('form-data; name="file"', 'x'));
  const { stat } = await stored(service, await send(service, payload, { query: '?name=q' }));
  assert.deepEqual([stat.name, stat.type], ['q', 'application/octet-stream']);
  await service.vault.tenant('default').remove(stat.id);
  await assertRefused(service, await send(service, payload), 'usage');
});

test('what looks like a boundary, and is none, is content', async () => {
  await using service = await httpApp();
  const content = `\r\n--xy\r\n-- xyz\r\n\r\n--xyZ--\r\n\r\n`;
  assert.equal((await stored(service, await send(service, form(file('a', content))))).bytes.toString(), content);
});

test('the file is the last part, and the only one', async () => {
  await using service = await httpApp();
  const forms = [
    form(file('a', 'x'), field('name', 'late')),
    form(file('a', 'x'), file('b', 'y')),
    form(part('form-data; name="other"; filename="o"', 'x'), file('a', 'x')),
    form(field('name', 'n')),
    form(),
  ];
  for (const payload of forms) await assertRefused(service, await send(service, payload), 'usage');
});

test('a form that ends early, or is none, is refused whole', async () => {
  await using service = await httpApp();
  const whole = form(field('name', 'n'), file('a', 'hello'));
  for (const end of [0, 5, 60, whole.length - 20, whole.length - 6, whole.length - 4]) {
    await assertRefused(service, await send(service, whole.subarray(0, end)), 'usage');
  }
  for (const type of [
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary="a\\"b"',
  ]) {
    await assertRefused(service, await send(service, whole, { headers: { 'content-type': type } }), 'usage');
  }
});

test('fields that cannot be heeded are refused', async () => {
  await using service = await httpApp();
  const bad: Buffer[][] = [
    [field('unknown', 'x'), file('a', 'x')],
    [field('name', 'a'), field('name', 'b'), file('a', 'x')],
    [field('name', new Uint8Array([0xff])), file('a', 'x')],
    [field('name', 'a\0b'), file('a', 'x')],
    [field('name', 'a\r\nb'), file('a', 'x')],
    [field('name', ''), file('a', 'x')],
    [file('', '')],
    [file('a%0D%0Ab', 'x')],
    [file('a\0b', 'x')],
    [part('form-data; name="file"; filename="a\\"b"', 'x')],
    [part('form-data; filename="a"', 'x')],
    [part('attachment; name="file"; filename="a"', 'x')],
    [part(`form-data; name="file"; filename*=UTF-8''%ff`, 'x')],
    [part('form-data; name="file"; filename="a"', 'eA==', 'Content-Transfer-Encoding: base64\r\n')],
  ];
  for (const parts of bad) await assertRefused(service, await send(service, form(...parts)), 'usage');
  const query = await send(service, form(field('name', 'a'), file('a', 'x')), { query: '?name=b' });
  await assertRefused(service, query, 'usage');
});

test('more than a file can have is refused', async () => {
  await using service = await httpApp({ maxFileSize: 1000 });
  const tags = (count: number): Buffer[] => Array.from({ length: count }, (_, i) => field(`tag.t${i}`, 'v'));
  const large: Buffer[][] = [
    [...tags(51), file('a', 'x')],
    [...tags(10_000), file('a', 'x')],
    [field('name', 'n'.repeat(10_000)), file('a', 'x')],
    [field('metadata.m', 'm'.repeat(20_000)), file('a', 'x')],
    [file('n'.repeat(10_000), 'x')],
    [file('n'.repeat(20_000), 'x')],
    [file('a', new Uint8Array(1001))],
  ];
  for (const parts of large) {
    const answer = await send(service, form(...parts));
    assert.equal(answer.statusCode, 413);
    await assertRefused(service, answer, 'limit');
  }
  await stored(service, await send(service, form(file('a', new Uint8Array(1000)))));
});

test('a preamble and an epilogue mean nothing, but must end', async () => {
  await using service = await httpApp({ maxFileSize: 1000 });
  const payload = Buffer.concat([Buffer.from('pre\r\n'), form(file('a', 'x')), Buffer.from('epilogue')]);
  assert.equal((await stored(service, await send(service, payload))).bytes.toString(), 'x');
  const { files } = await service.vault.tenant('default').list();
  await service.vault.tenant('default').remove(files[0]!.id);
  const endless = Buffer.concat([form(file('a', 'x')), Buffer.alloc(2 * 1024 * 1024)]);
  await assertRefused(service, await send(service, endless), 'limit');
});

test('Content-Digest is over the whole form, and is looked at to its end', async () => {
  await using service = await httpApp();
  const digest = (bytes: Uint8Array): Record<string, string> => ({
    'content-digest': `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`,
  });
  const payload = Buffer.concat([form(file('a', 'hello')), Buffer.from('epilogue')]);
  await assertRefused(
    service,
    await send(service, payload, { headers: digest(Buffer.from('hello')) }),
    'digest-mismatch',
  );
  const changed = Buffer.concat([form(file('a', 'hello')), Buffer.from('epilogUe')]);
  await assertRefused(service, await send(service, changed, { headers: digest(payload) }), 'digest-mismatch');
  await stored(service, await send(service, payload, { headers: digest(payload) }));
});

test('a form takes no Repr-Digest', async () => {
  await using service = await httpApp();
  const headers = { 'repr-digest': `sha-256=:${createHash('sha256').update('x').digest('base64')}:` };
  await assertRefused(service, await send(service, form(file('a', 'x')), { headers }), 'usage');
});

test('the boundary is read from whatever a client writes', () => {
  const types: readonly [string, string][] = [
    ['multipart/form-data; boundary=abc', 'abc'],
    ['Multipart/Form-Data;Boundary="a b\'c"', "a b'c"],
    ['multipart/form-data; charset=utf-8; boundary=abc', 'abc'],
  ];
  for (const [type, boundary] of types) assert.equal(formBoundary(type), boundary, type);
  assert.equal(formBoundary(undefined), undefined);
  for (const type of ['', 'text/plain', 'multipart/mixed; boundary=a', 'multipart/form-data-x; boundary=a']) {
    assert.equal(formBoundary(type), undefined, type);
  }
  refusal(() => formBoundary('multipart/form-data'), 'usage');
});
