import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunningKeys, fingerprintOf, idempotencyKey } from '../../../src/http/upload/idempotency-key.ts';
import { refusal } from '../../../src/testing/rejects.ts';

test('a key is printable text, quoted or not', () => {
  const keyOf = (header: string): string | undefined => idempotencyKey({ 'idempotency-key': header });
  assert.equal(idempotencyKey({}), undefined);
  assert.equal(keyOf('8e03978e-40d5-43e8-bc93-6894a57f9324'), '8e03978e-40d5-43e8-bc93-6894a57f9324');
  assert.equal(keyOf('"8e03978e"'), '8e03978e');
  assert.equal(keyOf('"a \\"b\\" \\\\c"'), 'a "b" \\c');
  assert.equal(keyOf('a b'), 'a b');
  assert.equal(keyOf('k'.repeat(255)), 'k'.repeat(255));
  for (const bad of ['', '""', 'k'.repeat(256), 'ü', 'a\tb', '"a', '"a"b"', '"a\\b"', '"a";p=1']) {
    refusal(() => keyOf(bad), 'usage');
  }
});

const request = {
  method: 'POST',
  route: '/v1/files',
  fields: {
    name: 'a',
    type: 'text/plain',
    tags: { x: 'y', z: '' },
    metadata: {},
    context: {},
    expires: undefined,
    retainUntil: undefined,
  },
  headers: { 'content-type': 'text/plain', 'content-length': '5', 'content-digest': 'd', 'repr-digest': 'r' },
};

test('a retry has the same fingerprint, whatever the order of its pairs and whatever else it carries', () => {
  const fields = { ...request.fields, tags: { z: '', x: 'y' } };
  const headers = { ...request.headers, 'user-agent': 'another', date: 'now', authorization: 'Bearer renewed' };
  assert.equal(fingerprintOf({ ...request, fields, headers }), fingerprintOf(request));
});

test('another request has another fingerprint', () => {
  const { headers, fields } = request;
  const otherFields = [
    { name: 'b' },
    { type: 'text/html' },
    { tags: {} },
    { tags: { x: 'y' } },
    { tags: { x: 'y', z: 'z' } },
    { metadata: fields.tags, tags: {} },
    { context: fields.tags, tags: {} },
    { expires: '2030-01-01' },
    { retainUntil: '2030-01-01' },
  ];
  const added = ['content-type', 'content-length', 'content-digest', 'repr-digest'];
  const otherHeaders = [
    ...added.map((header) => Object.assign({}, headers, { [header]: 'other' })),
    ...Object.keys(headers).map((header) => Object.assign({}, headers, { [header]: undefined })),
  ];
  const others = [
    { ...request, method: 'PUT' },
    { ...request, route: '/v1/other' },
    ...otherFields.map((changed) => Object.assign({}, request, { fields: Object.assign({}, fields, changed) })),
    ...otherHeaders.map((changed) => Object.assign({}, request, { headers: changed })),
  ];
  const fingerprints = [request, ...others].map(fingerprintOf);
  assert.equal(new Set(fingerprints).size, fingerprints.length);
  assert.equal(fingerprints.length, 20);
});

test('a form that is sent again with another boundary is the same request', () => {
  const form = (boundary: string): string =>
    fingerprintOf({
      ...request,
      headers: { ...request.headers, 'content-type': `multipart/form-data; boundary=${boundary}` },
    });
  assert.equal(form('----a'), form('----b'));
  assert.notEqual(form('a'), fingerprintOf(request));
});

test('a key is held by one request of a tenant at a time', () => {
  const running = new RunningKeys();
  const held = running.hold('t', 'k');
  refusal(() => running.hold('t', 'k'), 'in-progress');
  running.hold('t2', 'k');
  running.hold('t', 'k2');
  held[Symbol.dispose]();
  running.hold('t', 'k');
  refusal(() => running.hold('t', 'k'), 'in-progress');
});
