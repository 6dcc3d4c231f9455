import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { authorization, segment, serviceAddress } from '../../src/client/address.ts';
import { connect } from '../../src/client/connect.ts';
import { refusal } from '../../src/testing/rejects.ts';
import { TOKEN, json, scriptedClient } from './scripted-fetch.ts';

describe('the address of a service', () => {
  for (const [address, base] of [
    ['https://files.example.org', 'https://files.example.org'],
    ['https://files.example.org:8443/', 'https://files.example.org:8443'],
    ['https://example.org/sealroom//', 'https://example.org/sealroom'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://127.0.0.1:1', 'http://127.0.0.1:1'],
    ['http://127.9', 'http://127.0.0.9'],
    ['http://[::1]:8080/x/', 'http://[::1]:8080/x'],
  ] as const) {
    test(`${address} is taken`, () => assert.equal(serviceAddress(address), base));
  }

  for (const address of [
    '',
    'files.example.org',
    'ftp://files.example.org',
    'https://user@files.example.org',
    'https://user:password@files.example.org',
    'https://files.example.org/?a=b',
    'https://files.example.org/#a',
  ]) {
    test(`${JSON.stringify(address)} is refused, and no password in it is told`, () => {
      assert.doesNotMatch(inspect(refusal(() => serviceAddress(address), 'usage')), /password@/);
    });
  }

  for (const address of [
    'http://files.example.org',
    'http://10.0.0.1',
    'http://0.0.0.0:80',
    'http://localhost.example.org',
    'http://files.localhost',
    'http://127.0.0.1.example.org',
    'http://notlocalhost',
    'http://[::2]',
  ]) {
    test(`${address} is refused unless plain http is allowed`, () => {
      refusal(() => serviceAddress(address), 'usage');
      refusal(() => serviceAddress(address, { insecureHttp: false }), 'usage');
      assert.equal(serviceAddress(address, { insecureHttp: true }), address.replace(/:80$/, ''));
    });
  }

  test('is in front of every path', async () => {
    const { client, network } = scriptedClient([json({ tenants: [] })], { url: 'https://example.org/sealroom/' });
    await client.tenants();
    assert.equal(network.sent[0]?.path, '/sealroom/v1/tenants');
  });
});

describe('a token', () => {
  test('goes into one header', async () => {
    const { client, network } = scriptedClient([json({ tenants: [] })]);
    await client.tenants();
    assert.equal(network.sent[0]?.headers.get('authorization'), `Bearer ${TOKEN}`);
    const { headers: _, ...rest } = network.sent[0].init;
    assert.ok(!inspect(rest).includes(TOKEN));
  });

  test('of a JSON Web Token is taken', () => assert.equal(authorization('ey.J-_~+/=='), 'Bearer ey.J-_~+/=='));

  for (const bad of ['', ' ', 'a b', 'a\nb', 'ä', '=a', `${TOKEN}\r\nx: y`]) {
    test(`that is ${JSON.stringify(bad.replace(TOKEN, 'sr_…'))} is refused, and not told`, () => {
      const error = refusal(() => connect({ url: 'https://files.example.org', token: bad }), 'usage');
      assert.ok(!inspect(error).includes(TOKEN));
    });
  }
});

describe('an id in a path', () => {
  test('is one segment, whatever is in it', () => {
    assert.equal(segment('a/b?c#d%2e é'), 'a%2Fb%3Fc%23d%252e%20%C3%A9');
    assert.equal(segment('...'), '...');
  });

  for (const id of ['', '.', '..', '\ud800']) {
    test(`${JSON.stringify(id)} names nothing, and is not sent`, async () => {
      refusal(() => segment(id), 'not-found');
      const { client, network } = scriptedClient([]);
      const files = client.tenant();
      const calls = [
        files.stat(id),
        files.get(id),
        files.update(id, { name: 'x' }),
        files.remove(id),
        files.verify(id),
        files.export(id),
        client.links().create(id, { expires: '2030-01-01' }),
        client.links().revoke(id),
        client.tokens.revoke(id),
        client.setQuota(id, null),
      ];
      for (const outcome of await Promise.allSettled(calls)) {
        assert.equal(outcome.status, 'rejected');
        assert.equal(outcome.reason.code, 'not-found');
      }
      assert.equal(network.sent.length, 0);
    });
  }
});
