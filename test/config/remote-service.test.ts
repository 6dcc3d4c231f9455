import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remoteService } from '../../src/config/config.ts';
import { refusal } from '../../src/testing/rejects.ts';

const url = 'https://files.example.org';
const token = 'sr_abc_def';

test('there is no service unless one is named', () => {
  assert.equal(remoteService({}), undefined);
  assert.equal(remoteService({ SEALROOM_URL: ' ', SEALROOM_TOKEN: token }), undefined);
});

test('a service is named by its address and a token, both without the space around them', () => {
  const service = remoteService({ SEALROOM_URL: ` ${url}\n`, SEALROOM_TOKEN: `${token}\n` });
  assert.deepEqual(service, { url, token, insecureHttp: false, tenant: undefined });
});

test('the tenant is the one that is named, and else left to the token', () => {
  const service = remoteService({ SEALROOM_URL: url, SEALROOM_TOKEN: token, SEALROOM_TENANT: 'acme' });
  assert.equal(service?.tenant, 'acme');
  assert.equal(remoteService({ SEALROOM_URL: url, SEALROOM_TOKEN: token, SEALROOM_TENANT: '' })?.tenant, undefined);
});

test('plain http is allowed by 1, and by nothing that might be meant otherwise', () => {
  const allowed = (value: string): boolean | undefined =>
    remoteService({ SEALROOM_URL: url, SEALROOM_TOKEN: token, SEALROOM_INSECURE_HTTP: value })?.insecureHttp;
  assert.equal(allowed('1'), true);
  assert.equal(allowed('0'), false);
  for (const value of ['yes', 'false', '2']) {
    assert.match(refusal(() => allowed(value), 'bad-configuration').message, /^SEALROOM_INSECURE_HTTP: /);
  }
});

test('a service without a token cannot be used', () => {
  for (const environment of [{}, { SEALROOM_TOKEN: '  ' }]) {
    const error = refusal(() => remoteService({ SEALROOM_URL: url, ...environment }), 'bad-configuration');
    assert.match(error.message, /^SEALROOM_TOKEN: /);
  }
});
