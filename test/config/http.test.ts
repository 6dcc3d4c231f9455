import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import type { Config } from '../../src/config/config.ts';
import { PRIVATE_NETWORKS } from '../../src/config/http.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const vault = {
  version: 1,
  id: '8c1d8b43-7c3e-4f0e-9a55-0d3a3f3f2b11',
  pins: ['ab'.repeat(32)],
  keys: ['jwk:/master.jwk'],
  blobs: 'fs:/blobs',
  catalog: 'sqlite:/catalog.db',
};

/** The configuration of a vault whose file has this for the service; `path` is its folder. */
async function configOf(http: unknown, environment = {}): Promise<Config & { readonly path: string }> {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'sealroom.json'), JSON.stringify({ ...vault, http }));
  return { ...(await loadConfig(folder.path, environment)), path: folder.path };
}

/** What the configuration is refused with, after the name of its file. */
async function faultOf(http: unknown): Promise<string> {
  const { message } = await rejection(configOf(http), 'bad-configuration');
  return message.slice(message.indexOf(': ') + 2);
}

const everything = {
  host: '0.0.0.0',
  port: 8443,
  publicUrl: 'https://files.example.org/sealed/',
  tls: { cert: 'tls/chain.pem', key: '/keys/tls.pem' },
  trustProxy: ['10.1.2.3', '192.168.0.0/16', 'loopback', '2001:db8::/32'],
  cors: { origins: ['https://app.example.org', 'http://localhost:5173'] },
  maxFileSize: 1e9,
  idleTimeout: 30,
  shutdownDelay: 2,
  shutdownGrace: 60,
  rateLimit: { requests: 100, seconds: 10 },
  sweepEvery: 300,
  oidc: {
    issuer: 'https://id.example.org/',
    audience: 'sealroom',
    jwksUri: 'https://id.example.org/keys',
    algorithms: ['ES256'],
    tenantClaim: 'org',
    operator: true,
    roleClaim: 'groups',
    roles: { staff: 'writer' },
    requireAccessTokenType: false,
    timeout: 2,
  },
};

describe('the configuration of the service', () => {
  test('is read with its paths resolved against the folder and its times in milliseconds', async () => {
    const { http, path } = await configOf(everything);
    assert.deepEqual(http, {
      host: '0.0.0.0',
      port: 8443,
      publicUrl: 'https://files.example.org/sealed',
      tls: { cert: join(path, 'tls/chain.pem'), key: '/keys/tls.pem' },
      trustProxy: everything.trustProxy,
      corsOrigins: everything.cors.origins,
      maxFileSize: 1e9,
      idleTimeout: 30_000,
      shutdownDelay: 2000,
      shutdownGrace: 60_000,
      rateLimit: { requests: 100, window: 10_000 },
      sweepEvery: 300_000,
      oidc: { ...everything.oidc, timeout: 2000 },
    });
  });

  test('is frozen all through', async () => {
    const { http } = await configOf(everything);
    const thawed: string[] = [];
    const visit = (value: unknown, place: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) thawed.push(place);
      for (const [key, inner] of Object.entries(value)) visit(inner, `${place}.${key}`);
    };
    visit(http, 'http');
    assert.deepEqual(thawed, []);
  });

  test('may be absent: then nothing is said, no proxy is believed and no page of others may call', async () => {
    const { http } = await configOf(undefined);
    const { trustProxy, corsOrigins, ...rest } = http;
    assert.deepEqual([trustProxy, corsOrigins], [[], []]);
    assert.deepEqual(new Set(Object.values(rest)), new Set([undefined]));
  });

  test('believes proxies in private networks only, where it is said that there is one and not which', async () => {
    assert.deepEqual((await configOf({ trustProxy: true })).http.trustProxy, PRIVATE_NETWORKS);
    assert.deepEqual((await configOf({ trustProxy: false })).http.trustProxy, []);
  });

  test('is refused with the place and the reason', async () => {
    assert.equal(await faultOf({ hosts: 'x' }), 'http.hosts: there is no such key');
    assert.match(await faultOf({ port: 65_536 }), /^http\.port: Too big/);
    assert.equal(await faultOf({ port: '80' }), 'http.port: expected number, received string');
    assert.match(await faultOf({ idleTimeout: 0 }), /^http\.idleTimeout: Too small/);
    assert.equal(await faultOf({ tls: { cert: 'c' } }), 'http.tls.key: it is missing');
    assert.equal(await faultOf({ publicUrl: 'ftp://x' }), 'http.publicUrl: expected an http or https URL');
    assert.match(await faultOf({ publicUrl: 'https://x/?a' }), /^http\.publicUrl: expected a URL without/);
    assert.equal(await faultOf({ rateLimit: { requests: 1 } }), 'http.rateLimit.seconds: it is missing');
    assert.match(await faultOf({ oidc: { issuer: 'http://id.example.org', audience: 'a' } }), /^http\.oidc\.issuer: /);
    assert.equal(await faultOf({ oidc: { issuer: 'https://id.example.org' } }), 'http.oidc.audience: it is missing');
  });

  for (const origin of ['*', 'null', 'app.example.org', 'https://app.example.org/', 'file:///x', 'HTTPS://A']) {
    test(`takes no origin ${origin}`, async () => {
      assert.match(await faultOf({ cors: { origins: [origin] } }), /^http\.cors\.origins\[0\]: expected an origin/);
    });
  }

  for (const proxy of ['', '*', 'proxy.example.org', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0', '::/129']) {
    test(`takes no proxy ${JSON.stringify(proxy)}`, async () => {
      assert.match(await faultOf({ trustProxy: [proxy] }), /^http\.trustProxy/);
    });
  }

  test('never comes back in an error, for it may hold a key by mistake', async () => {
    const secret = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n';
    for (const http of [secret, { tls: secret }, { tls: { cert: 'c', key: secret } }, { publicUrl: secret }]) {
      assert.ok(!(await faultOf(http)).includes('c2VjcmV0'), JSON.stringify(http));
    }
  });
});

describe('the variable of the service', () => {
  test('is JSON that counts in place of the file, with paths relative to the current folder', async () => {
    const { http } = await configOf(everything, { SEALROOM_HTTP: '{ "port": 1, "tls": { "cert": "c", "key": "k" } }' });
    assert.deepEqual([http.port, http.host, http.tls], [1, undefined, { cert: resolve('c'), key: resolve('k') }]);
  });

  test('is refused with its name, the place in it and the reason', async () => {
    const faultIn = async (SEALROOM_HTTP: string): Promise<string> =>
      (await rejection(configOf(undefined, { SEALROOM_HTTP }), 'bad-configuration')).message;
    assert.match(await faultIn('port=1'), /^SEALROOM_HTTP: it is not JSON/);
    assert.equal(await faultIn('1'), 'SEALROOM_HTTP: expected object, received number');
    assert.match(await faultIn('{"tls":{"cert":"c","key":5}}'), /^SEALROOM_HTTP: tls\.key: expected string/);
    assert.equal(await faultIn('{"prot":1}'), 'SEALROOM_HTTP: prot: there is no such key');
  });

  test('of the limits is JSON, too', async () => {
    const { limits } = await configOf(undefined, { SEALROOM_LIMITS: '{ "graceTime": 60 }' });
    assert.equal(limits.graceTime, 60_000);
  });
});
