/** The same requests to the function and to the service by HTTP, on one vault: the answers are the same. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { CallerName } from '../support/http-app.ts';
import { testFunction } from './function.ts';
import type { TestFunction } from './function.ts';
import type { EventOptions } from './runtime-double.ts';

interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Of a connection, of the time, or of one request: no two answers have the same. */
const OWN = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

function seen(status: number, headers: Readonly<Record<string, unknown>>, body: Buffer): Seen {
  const kept = Object.entries(headers).filter(([name]) => !OWN.has(name));
  // What is made by a request has an id of its own, and whatever follows from that.
  const own = /"(?:requestId|id|version|secret|token|ticket|url|createdAt|messageId)":"[^"]*"/g;
  const ids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
  // There it is the version of a record.
  const isJson = String(headers['content-type']).startsWith('application/json');
  const named = kept.map(([name, value]) => {
    const text = name === 'etag' && isJson ? 'ETAG' : String(value).replace(ids, 'ID');
    return [name, name === 'location' ? text.replace(/[^/]+$/, 'ID') : text];
  });
  // Several ranges are put apart by a random boundary.
  const boundary = /boundary=([^;]+)/.exec(String(headers['content-type']))?.[1];
  const text = body.toString('latin1').replace(own, '"OWN"');
  const entries = boundary === undefined ? named : named.map(([name, value]) => [name, value!.replace(boundary, 'B')]);
  return {
    status,
    headers: Object.fromEntries(entries),
    body: boundary === undefined ? text : text.replaceAll(boundary, 'B'),
  };
}

describe('the function answers as the service does by HTTP', () => {
  const bytes = patterned(1000);
  let lambda: TestFunction;
  let address: string;
  let file: string;
  // Not while the suites are read: others, which are read meanwhile, look at every app that is made.
  before(async () => {
    lambda = await testFunction({
      http: { corsOrigins: ['https://app.example.org'], publicUrl: 'https://f.example' },
    });
    address = await lambda.service.listen();
    const said = { name: 'report "1".pdf', type: 'application/pdf' };
    file = (await lambda.service.vault.tenant('default').put(bytes, said)).id;
  });
  after(() => lambda[Symbol.asyncDispose]());

  /** The request with the id that the file has. */
  const about = ({ path, headers = {}, ...given }: EventOptions): EventOptions => ({
    ...given,
    path: path.replace('FILE', file),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace('FILE', file)])),
  });

  const byHttp = async (caller: CallerName | undefined, given: EventOptions): Promise<Seen> => {
    const { method = 'GET', path, body } = given;
    const headers = { ...(caller && lambda.service.as(caller)), ...given.headers };
    const asked = request(`${address}${path}`, { method, headers, agent: false });
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return seen(response.statusCode!, response.headers, await buffer(response));
  };
  const byLambda = async (caller: CallerName | undefined, given: EventOptions): Promise<Seen> => {
    const { head, body, error } = await lambda.ask(caller, given);
    assert.equal(error, undefined);
    const cookies = head.cookies.length === 0 ? {} : { 'set-cookie': head.cookies };
    return seen(head.statusCode, { ...head.headers, ...cookies }, body);
  };

  const content = '/v1/files/FILE/content';
  const json = { 'content-type': 'application/json' };
  const preflight = { origin: 'https://app.example.org', 'access-control-request-method': 'GET' };
  const form = { 'content-type': 'multipart/form-data; boundary=x' };
  const formBody = '--x\r\ncontent-disposition: form-data; name="file"; filename="f.txt"\r\n\r\nhello\r\n--x--\r\n';

  const REQUESTS: readonly (readonly [
    title: string,
    status: number,
    caller: CallerName | undefined,
    given: EventOptions,
  ])[] = [
    ['the process lives', 200, undefined, { path: '/healthz' }],
    ['the vault answers', 200, undefined, { path: '/readyz' }],
    ['a file', 200, 'reader', { path: content }],
    ['a file to be saved', 200, 'reader', { path: `${content}?download` }],
    ['what a file would be', 200, 'reader', { method: 'HEAD', path: content }],
    ['a range', 206, 'reader', { path: content, headers: { range: 'bytes=10-19' } }],
    ['the end of a file', 206, 'reader', { path: content, headers: { range: 'bytes=-1' } }],
    ['several ranges', 206, 'reader', { path: content, headers: { range: 'bytes=0-9,100-109' } }],
    ['a range past the end', 416, 'reader', { path: content, headers: { range: 'bytes=1000-' } }],
    ['what the client has', 304, 'reader', { path: content, headers: { 'if-none-match': '"FILE"' } }],
    ['what the client does not have', 412, 'reader', { path: content, headers: { 'if-match': '"other"' } }],
    ['a description', 200, 'reader', { path: '/v1/files/FILE' }],
    ['a listing', 200, 'reader', { path: '/v1/files?limit=1' }],
    ['a file as a message', 200, 'reader', { path: '/v1/files/FILE/message' }],
    ['a file that is not there', 404, 'reader', { path: '/v1/files/00000000-0000-4000-8000-000000000000/content' }],
    ['a path that is not there', 404, 'reader', { path: '/nothing' }],
    ['another method', 405, 'reader', { method: 'PUT', path: '/v1/files/FILE' }],
    ['a query that is wrong', 400, 'reader', { path: '/v1/files?limit=x' }],
    ['nobody', 401, undefined, { path: content }],
    ['somebody who may not', 403, 'reader', { method: 'POST', path: '/v1/files?name=n', body: 'x' }],
    ['another tenant', 404, 'other-reader', { path: content }],
    ['a file that is put', 201, 'writer', { method: 'POST', path: '/v1/files?name=n.bin&tag.a=b', body: bytes }],
    ['a file without a name', 400, 'writer', { method: 'POST', path: '/v1/files', body: bytes }],
    ['a form', 201, 'writer', { method: 'POST', path: '/v1/files', body: Buffer.from(formBody), headers: form }],
    ['JSON that is none', 400, 'writer', { method: 'PATCH', path: '/v1/files/FILE', body: '{', headers: json }],
    ['a change', 200, 'writer', { method: 'PATCH', path: '/v1/files/FILE', body: '{"tags":{"c":"d"}}', headers: json }],
    ['a ticket', 201, 'reader', { method: 'POST', path: '/v1/files/FILE/tickets' }],
    ['metrics, to somebody who may not', 403, 'reader', { path: '/metrics' }],
    ['a sweep', 200, 'operator', { method: 'POST', path: '/v1/sweeps' }],
    ['a page elsewhere', 204, undefined, { method: 'OPTIONS', path: content, headers: preflight }],
    ['the tenants', 200, 'operator', { path: '/v1/tenants' }],
    ['the reference', 200, undefined, { path: '/openapi.json' }],
  ];

  for (const [title, status, caller, given] of REQUESTS) {
    test(`to ${title}`, async () => {
      const answer = await byLambda(caller, about(given));
      assert.equal(answer.status, status, answer.body);
      assert.deepEqual(answer, await byHttp(caller, about(given)));
    });
  }
});
