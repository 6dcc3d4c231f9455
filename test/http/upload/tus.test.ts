/** Uploads over tus 1.0: the protocol's own cases, and its most used client. */
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import type { ClientRequest } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'node:test';
import * as tus from 'tus-js-client';
import { toBase64 } from '../../../src/base64.ts';
import { utf8 } from '../../../src/bytes.ts';
import { patterned } from '../../../src/testing/test-bytes.ts';
import { httpApp } from '../../support/http-app.ts';
import type { CallerName, TestService } from '../../support/http-app.ts';

const PIECE = { 'content-type': 'application/offset+octet-stream' };
const TUS = { 'tus-resumable': '1.0.0' };

function said(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name} ${toBase64(utf8(value))}`)
    .join(',');
}

const NAMED = { ...TUS, 'upload-metadata': said({ filename: 'a.txt' }) };

async function begin(service: TestService, length: number, caller: CallerName = 'writer'): Promise<string> {
  const headers = { ...NAMED, 'upload-length': String(length) };
  const answer = await service.inject(caller, { method: 'POST', url: '/v1/uploads', headers });
  assert.equal(answer.statusCode, 201, answer.body);
  return String(answer.headers.location);
}

function piece(service: TestService, url: string, offset: number | string, payload: Uint8Array, more = {}) {
  const headers = { ...TUS, ...PIECE, 'upload-offset': String(offset), ...more };
  return service.inject('writer', { method: 'PATCH', url, headers, payload: Buffer.from(payload) });
}

async function contentOf(service: TestService, location: string): Promise<Uint8Array> {
  const id = location.split('/').at(-1)!;
  const answer = await service.inject('writer', { url: `/v1/files/${id}/content` });
  assert.equal(answer.statusCode, 200, answer.body);
  return new Uint8Array(answer.rawPayload);
}

describe('the protocol', () => {
  test('what is understood is told to anybody', async () => {
    await using service = await httpApp({ maxFileSize: 1000 });
    {
      const { statusCode, headers } = await service.inject(undefined, { method: 'OPTIONS', url: '/v1/uploads' });
      assert.equal(statusCode, 204);
      assert.equal(headers['tus-version'], '1.0.0');
      assert.equal(headers['tus-max-size'], '1000');
      assert.deepEqual(String(headers['tus-extension']).split(',').sort(), [
        'creation',
        'creation-defer-length',
        'creation-with-upload',
        'expiration',
        'termination',
      ]);
    }
  });

  test('a file in pieces is the file under the id of its upload', async () => {
    await using service = await httpApp();
    const bytes = patterned(100);
    const headers = {
      ...TUS,
      'upload-length': '100',
      'upload-metadata': said({
        filename: 'ä.txt',
        filetype: 'text/x',
        'tag.a': 'b',
        'context.c': 'd',
        relativePath: 'p',
      }),
    };
    const begun = await service.inject('writer', { method: 'POST', url: '/v1/uploads', headers });
    const location = String(begun.headers.location);
    assert.match(location, /^\/v1\/uploads\/[0-9a-f-]{36}$/);
    assert.equal(begun.headers['tus-resumable'], '1.0.0');
    assert.ok(Date.parse(String(begun.headers['upload-expires'])) > service.world.clock.time);
    const first = await piece(service, location, 0, bytes.subarray(0, 60));
    assert.deepEqual([first.statusCode, first.headers['upload-offset']], [204, '60']);
    const asked = await service.inject('writer', { method: 'HEAD', url: location, headers: TUS });
    assert.deepEqual(
      [asked.statusCode, asked.headers['upload-offset'], asked.headers['upload-length']],
      [200, '60', '100'],
    );
    assert.equal(asked.headers['upload-metadata'], said({ filename: 'ä.txt', filetype: 'text/x' }));
    assert.equal(asked.headers['cache-control'], 'no-store');
    const listed = await service.inject('writer', { url: '/v1/uploads' });
    assert.deepEqual(
      listed.json().uploads.map((upload: { name: string; offset: number }) => [upload.name, upload.offset]),
      [['ä.txt', 60]],
    );
    const last = await piece(service, location, 60, bytes.subarray(60));
    assert.deepEqual(
      [last.statusCode, last.headers['upload-offset'], last.headers['upload-expires']],
      [204, '100', undefined],
    );
    assert.deepEqual(await contentOf(service, location), bytes);
    const stat = (await service.inject('reader', { url: location.replace('uploads', 'files') })).json();
    assert.deepEqual(
      [stat.name, stat.type, stat.tags, stat.context, stat.metadata],
      ['ä.txt', 'text/x', { a: 'b' }, { c: 'd' }, { relativePath: 'p' }],
    );
    assert.match(stat.createdBy, /writer/);
    const again = await service.inject('writer', { method: 'HEAD', url: location, headers: TUS });
    assert.equal(again.headers['upload-offset'], '100');
    assert.deepEqual((await service.inject('writer', { url: '/v1/uploads' })).json(), { uploads: [] });
    await service.world.check();
  });

  test('bytes can come with the first request, and their number with the last', async () => {
    await using service = await httpApp();
    const headers = { ...NAMED, ...PIECE, 'upload-length': '5' };
    const whole = await service.inject('writer', { method: 'POST', url: '/v1/uploads', headers, payload: 'hello' });
    assert.deepEqual([whole.statusCode, whole.headers['upload-offset']], [201, '5']);
    assert.deepEqual(await contentOf(service, String(whole.headers.location)), utf8('hello'));
    const later = await service.inject('writer', {
      method: 'POST',
      url: '/v1/uploads',
      headers: { ...NAMED, 'upload-defer-length': '1' },
    });
    const location = String(later.headers.location);
    await piece(service, location, 0, utf8('hel'));
    const asked = await service.inject('writer', { method: 'HEAD', url: location, headers: TUS });
    assert.deepEqual([asked.headers['upload-defer-length'], asked.headers['upload-length']], ['1', undefined]);
    assert.equal((await piece(service, location, 3, utf8('lo'), { 'upload-length': '5' })).statusCode, 204);
    assert.deepEqual(await contentOf(service, location), utf8('hello'));
    const empty = await begin(service, 0);
    assert.deepEqual(await contentOf(service, empty), new Uint8Array(0));
    await service.world.check();
  });

  test('mistakes are refused, and nothing is taken', async () => {
    await using service = await httpApp({ maxFileSize: 1000 });
    const refused = async (
      status: number,
      method: 'POST' | 'PATCH' | 'HEAD' | 'DELETE',
      url: string,
      headers: Record<string, string>,
      payload?: string,
    ) => {
      const answer = await service.inject('writer', {
        method,
        url,
        headers,
        ...(payload === undefined ? {} : { payload }),
      });
      assert.equal(answer.statusCode, status, `${method} ${JSON.stringify(headers)} ${answer.body}`);
      return answer;
    };
    const url = '/v1/uploads';
    const old = await refused(412, 'POST', url, { 'upload-length': '1' });
    assert.equal(old.headers['tus-version'], '1.0.0');
    await refused(412, 'POST', url, { ...NAMED, 'tus-resumable': '0.2.2', 'upload-length': '1' });
    await refused(400, 'POST', url, NAMED);
    await refused(400, 'POST', url, { ...NAMED, 'upload-length': '1', 'upload-defer-length': '1' });
    await refused(400, 'POST', url, { ...NAMED, 'upload-defer-length': '2' });
    for (const length of ['-1', '1e3', ' 1', '99999999999999999', 'x'])
      await refused(400, 'POST', url, { ...NAMED, 'upload-length': length });
    await refused(413, 'POST', url, { ...NAMED, 'upload-length': '1001' });
    await refused(400, 'POST', url, { ...TUS, 'upload-length': '1' });
    for (const metadata of [
      'filename',
      'filename !',
      'filename YQ==,filename YQ==',
      ' YQ==',
      'a YQ== YQ==',
      said({ filename: '' }),
    ]) {
      await refused(400, 'POST', url, { ...TUS, 'upload-length': '1', 'upload-metadata': metadata });
    }
    await refused(415, 'POST', url, { ...NAMED, 'upload-length': '3', 'content-type': 'text/plain' }, 'abc');
    assert.deepEqual((await service.inject('writer', { url })).json(), { uploads: [] });
    const location = await begin(service, 10);
    const begun = { ...TUS, ...PIECE };
    await refused(412, 'PATCH', location, { ...PIECE, 'upload-offset': '0' }, 'abc');
    await refused(415, 'PATCH', location, { ...TUS, 'content-type': 'text/plain', 'upload-offset': '0' }, 'abc');
    await refused(400, 'PATCH', location, begun, 'abc');
    await refused(409, 'PATCH', location, { ...begun, 'upload-offset': '1' }, 'abc');
    await refused(409, 'PATCH', location, { ...begun, 'upload-offset': '0', 'upload-length': '9' }, 'abc');
    await refused(413, 'PATCH', location, { ...begun, 'upload-offset': '0' }, 'more than ten bytes');
    const nobody = location.replace(/.{12}$/, '000000000000');
    for (const gone of [nobody, '/v1/uploads/x']) {
      await refused(404, 'PATCH', gone, { ...begun, 'upload-offset': '0' }, 'abc');
      await refused(404, 'HEAD', gone, TUS);
      await refused(404, 'DELETE', gone, TUS);
    }
    assert.equal((await service.inject('writer', { url: '/v1/uploads' })).json().uploads[0].offset, 0);
    assert.equal(service.world.blobs.blobs.size, 0);
  });

  test('who may not put may not do anything here, and another tenant sees nothing', async () => {
    await using service = await httpApp();
    const location = await begin(service, 10);
    for (const [method, url] of [
      ['POST', '/v1/uploads'],
      ['PATCH', location],
      ['HEAD', location],
      ['DELETE', location],
      ['GET', '/v1/uploads'],
    ] as const) {
      const { statusCode } = await service.inject('reader', {
        method,
        url,
        headers: { ...NAMED, ...PIECE, 'upload-length': '1', 'upload-offset': '0' },
      });
      assert.equal(statusCode, 403, `${method} ${url}`);
    }
    assert.deepEqual((await service.inject('other-admin', { url: '/v1/uploads' })).json(), { uploads: [] });
    assert.equal(
      (await service.inject('other-admin', { method: 'HEAD', url: location, headers: TUS })).statusCode,
      404,
    );
    assert.equal(
      (await service.inject('other-admin', { method: 'DELETE', url: location, headers: TUS })).statusCode,
      404,
    );
  });

  test('one that is given up leaves nothing', async () => {
    await using service = await httpApp();
    const location = await begin(service, 10);
    await piece(service, location, 0, utf8('abc'));
    assert.equal((await service.inject('writer', { method: 'DELETE', url: location, headers: TUS })).statusCode, 204);
    for (const method of ['HEAD', 'DELETE'] as const) {
      assert.equal((await service.inject('writer', { method, url: location, headers: TUS })).statusCode, 404);
    }
    assert.equal(service.world.blobs.blobs.size, 0);
    await service.world.check();
  });
});

/** Announces all bytes, and sends the first of them. */
function sendBeginning(
  service: TestService,
  url: string,
  { bytes, length }: { readonly bytes: Uint8Array; readonly length: number },
): ClientRequest {
  const headers = {
    ...service.as('writer'),
    ...TUS,
    ...PIECE,
    'upload-offset': '0',
    'content-length': String(bytes.length),
  };
  const request = httpRequest(url, { method: 'PATCH', headers });
  request.on('error', () => {});
  request.write(bytes.subarray(0, length));
  return request;
}

describe('over a line that breaks', () => {
  test('what had arrived is told, and no more', async () => {
    await using service = await httpApp();
    const base = await service.listen();
    const bytes = patterned(300_000);
    const location = await begin(service, bytes.length);
    const sending = sendBeginning(service, `${base}${location}`, { bytes, length: 200_000 });
    // The service has it, or most of it, when it asks for more.
    await sleep(300);
    sending.destroy();
    await sleep(50);
    const asked = await fetch(`${base}${location}`, { method: 'HEAD', headers: { ...service.as('writer'), ...TUS } });
    const offset = Number(asked.headers.get('upload-offset'));
    assert.equal(offset, 200_000);
    await service.world.check();
    assert.equal((await piece(service, location, offset, bytes.subarray(offset))).statusCode, 204);
    assert.deepEqual(await contentOf(service, location), bytes);
    await service.world.check();
  });

  test('and that the service has not noticed: whoever asks gets what had arrived', async () => {
    await using service = await httpApp();
    const base = await service.listen();
    const bytes = patterned(1000);
    const location = await begin(service, bytes.length);
    const silent = sendBeginning(service, `${base}${location}`, { bytes, length: 400 });
    await sleep(200);
    const asked = await fetch(`${base}${location}`, { method: 'HEAD', headers: { ...service.as('writer'), ...TUS } });
    assert.equal(asked.headers.get('upload-offset'), '400');
    assert.equal((await piece(service, location, 400, bytes.subarray(400))).statusCode, 204);
    assert.deepEqual(await contentOf(service, location), bytes);
    silent.destroy();
    await service.world.check();
  });
});

describe('tus-js-client', () => {
  function upload(source: tus.UploadOptions & { readonly input: Buffer | Readable }): Promise<tus.Upload> {
    const { input, ...options } = source;
    return new Promise((resolve, reject) => {
      const made = new tus.Upload(input, { ...options, onError: reject, onSuccess: () => resolve(made) });
      made.start();
    });
  }

  for (const [name, options] of Object.entries<Partial<tus.UploadOptions>>({
    'in one piece': {},
    'in pieces': { chunkSize: 10_000 },
    'with bytes in the first request': { uploadDataDuringCreation: true, chunkSize: 33_333 },
    'as a stream of unknown length': { uploadLengthDeferred: true, chunkSize: 20_000 },
  })) {
    test(`puts a file ${name}`, async () => {
      await using service = await httpApp();
      const base = await service.listen();
      const bytes = Buffer.from(patterned(100_000));
      const input =
        options.uploadLengthDeferred === true ? Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]) : bytes;
      const { url } = await upload({
        input,
        endpoint: `${base}/v1/uploads`,
        headers: service.as('writer'),
        metadata: { filename: 'a.bin', filetype: 'x/y' },
        ...options,
      });
      assert.deepEqual(await contentOf(service, new URL(url!).pathname), new Uint8Array(bytes));
      await service.world.check();
    });
  }
});
