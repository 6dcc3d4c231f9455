import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UnsecuredJWT, exportJWK, exportSPKI, importJWK } from 'jose';
import type { CryptoKey, JWTPayload } from 'jose';
import { OIDC_ALGORITHMS, accessTokenVerifier } from '../../src/access/oidc.ts';
import type { AccessTokenVerifier, OidcOptions } from '../../src/access/oidc.ts';
import { openAccess } from '../../src/access/open.ts';
import type { Principal } from '../../src/access/roles.ts';
import { refusal, rejection } from '../../src/testing/rejects.ts';
import { Clock } from '../support/memory-vault.ts';
import { Provider, signed, signingKey } from './provider.ts';
import type { SigningKey } from './provider.ts';
import { MINUTE, accessWorld } from './world.ts';

type Claims = Readonly<Record<string, unknown>>;

const AUDIENCE = 'https://sealroom.example';

/** A provider with one key, what trusts it, and tokens. */
class Realm implements AsyncDisposable {
  readonly clock: Clock = new Clock();
  readonly provider: Provider;
  readonly key: SigningKey;
  readonly verify: AccessTokenVerifier;

  private constructor(provider: Provider, key: SigningKey, options: Partial<OidcOptions>) {
    this.provider = provider;
    this.key = key;
    provider.keys = [key.jwk];
    this.verify = this.verifier(options);
  }

  static async open(options: Partial<OidcOptions> = {}, key?: SigningKey): Promise<Realm> {
    return new Realm(await Provider.start(), key ?? (await signingKey('ES256', 'k1')), options);
  }

  verifier(options: Partial<OidcOptions>): AccessTokenVerifier {
    return accessTokenVerifier(
      { issuer: this.provider.issuer, audience: AUDIENCE, ...options },
      { now: this.clock.now },
    );
  }

  get seconds(): number {
    return Math.floor(this.clock.time / 1000);
  }

  /** A good token but for the changes; a claim that is undefined is left out. */
  token(changes: Claims = {}, header: Claims = {}, key: SigningKey = this.key): Promise<string> {
    const { issuer } = this.provider;
    const times = { iat: this.seconds, exp: this.seconds + 300 };
    return signed(
      key,
      { iss: issuer, aud: AUDIENCE, sub: 'user-1', tenant: 'acme', role: 'writer', ...times, ...changes },
      header,
    );
  }

  async take(changes: Claims = {}, header: Claims = {}): Promise<Principal | null> {
    return this.verify(await this.token(changes, header));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.provider[Symbol.asyncDispose]();
  }
}

describe('an access token of the identity provider', () => {
  test('says who it is, and its id in logs names nobody', async () => {
    await using realm = await Realm.open();
    const principal = await realm.take();
    assert.ok(principal !== null);
    const { id, ...rest } = principal;
    assert.deepEqual(rest, { name: 'user-1', tenant: 'acme', role: 'writer' });
    assert.match(id, /^oidc-[0-9a-f]{32}$/);
    assert.equal((await realm.take({ role: 'reader' }))!.id, id, 'the same subject');
    assert.notEqual((await realm.take({ sub: 'user-2' }))!.id, id);
  });

  test('is taken with every algorithm of the list, and with no other', async () => {
    for (const alg of OIDC_ALGORITHMS) {
      const key = await signingKey(alg, alg);
      await using realm = await Realm.open({}, key);
      assert.notEqual(await realm.take(), null, alg);
      const others = OIDC_ALGORITHMS.filter((name) => name !== alg);
      assert.equal(await realm.verifier({ algorithms: others })(await realm.token()), null, `without ${alg}`);
    }
  });

  test('without a signature, or with the public key as a secret, is none', async () => {
    await using realm = await Realm.open({}, await signingKey('RS256', 'k1'));
    const good = await realm.token();
    const [, payload = ''] = good.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as JWTPayload;
    assert.equal(await realm.verify(new UnsecuredJWT(claims).encode()), null);
    const publicKey = (await importJWK(realm.key.jwk, 'RS256')) as CryptoKey;
    for (const secret of [await exportSPKI(publicKey), JSON.stringify(realm.key.jwk), realm.key.jwk.n!, '']) {
      for (const alg of ['HS256', 'none', 'RS256']) {
        const head = Buffer.from(JSON.stringify({ alg, kid: 'k1', typ: 'at+jwt' })).toString('base64url');
        const mac = createHmac('sha256', secret).update(`${head}.${payload}`).digest('base64url');
        assert.equal(await realm.verify(`${head}.${payload}.${mac}`), null);
        assert.equal(await realm.verify(`${head}.${payload}.`), null);
      }
    }
    assert.notEqual(await realm.verify(good), null);
  });

  test('signed by another key under the same name is none', async () => {
    await using realm = await Realm.open();
    const impostor = await signingKey('ES256', 'k1');
    assert.equal(await realm.verify(await realm.token({}, {}, impostor)), null);
    // A key that the token brings along is nobody's.
    const { jwk } = impostor;
    const jku = `${realm.provider.issuer}/evil`;
    assert.equal(await realm.verify(await realm.token({}, { jwk, jku }, impostor)), null);
    assert.ok(!realm.provider.asked.includes('/realm/evil'));
  });

  test('changed in any character, or no token at all, is none', async () => {
    await using realm = await Realm.open();
    const token = await realm.token();
    // Not the last character: of its six bits two belong to the signature, and the rest to nobody.
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 2), fc.string({ minLength: 1, maxLength: 3 }), async (at, text) => {
        const changed = token.slice(0, at) + text + token.slice(at + 1);
        if (changed !== token) assert.equal(await realm.verify(changed), null);
      }),
      { numRuns: 200 },
    );
    for (const none of ['', '.', '..', 'a.b.c', 'e30.e30.AA', `${token}.`, `${token}.x.y`, `${token} `, `a${token}`]) {
      assert.equal(await realm.verify(none), null, none);
    }
    const header = fc.record({ alg: fc.constantFrom<unknown>('ES256', 1, null), kid: fc.jsonValue() });
    await fc.assert(
      fc.asyncProperty(header, fc.jsonValue(), async (head, body) => {
        const parts = [head, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
        assert.equal(await realm.verify(`${parts.join('.')}.AAAA`), null);
      }),
      { numRuns: 100 },
    );
    assert.equal(await realm.take({ filler: 'x'.repeat(20_000) }), null, 'too long');
  });

  test('is of exactly this issuer and for exactly this audience', async () => {
    await using realm = await Realm.open();
    const { issuer } = realm.provider;
    const wrongIssuers = [undefined, '', `${issuer}/`, issuer.toUpperCase(), `${issuer}2`, 'https://other.example'];
    for (const iss of wrongIssuers) assert.equal(await realm.take({ iss }), null, String(iss));
    const wrongAudiences = [undefined, '', [], `${AUDIENCE}/`, [`${AUDIENCE}x`], AUDIENCE.slice(0, -1)];
    for (const aud of wrongAudiences) assert.equal(await realm.take({ aud }), null, String(aud));
    assert.notEqual(await realm.take({ aud: ['account', AUDIENCE] }), null);
  });

  test('has an end, and a begin where it says so, give or take half a minute', async () => {
    await using realm = await Realm.open();
    const now = realm.seconds;
    assert.equal(await realm.take({ exp: undefined }), null);
    assert.equal(await realm.take({ exp: `${now + 300}` }), null);
    assert.equal(await realm.take({ exp: now - 30 }), null);
    assert.notEqual(await realm.take({ exp: now - 29 }), null);
    assert.equal(await realm.take({ nbf: now + 31 }), null);
    assert.notEqual(await realm.take({ nbf: now + 30 }), null);
    const token = await realm.token();
    realm.clock.time += 6 * MINUTE;
    assert.equal(await realm.verify(token), null);
  });

  test('names its tenant, which is never taken for granted', async () => {
    await using realm = await Realm.open();
    const wrong = [undefined, null, '', 'Acme', ' acme', '../acme', 'a/b', '*', ['acme'], 1, true, {}, 'a'.repeat(64)];
    for (const tenant of wrong) assert.equal(await realm.take({ tenant }), null, JSON.stringify(tenant));
    const operators = realm.verifier({ operator: true });
    assert.equal((await operators(await realm.token({ tenant: '*', role: 'admin' })))!.tenant, '*');
    const named = realm.verifier({ tenantClaim: 'https://sealroom.example/tenant' });
    assert.equal(await named(await realm.token()), null, 'the claim of another name does not count');
    const claims = { tenant: 'default', 'https://sealroom.example/tenant': 'acme' };
    assert.equal((await named(await realm.token(claims)))!.tenant, 'acme');
    assert.equal(await realm.verifier({ tenantClaim: 'toString' })(await realm.token()), null);
  });

  test('names a role that is known; of several the highest counts', async () => {
    await using realm = await Realm.open();
    for (const role of [undefined, null, '', 'owner', 'Writer', 'toString', '__proto__', 3, {}, [], [['admin']]]) {
      assert.equal(await realm.take({ role }), null, JSON.stringify(role));
    }
    assert.equal((await realm.take({ role: ['reader', 'admin', 'x', 'writer', 7] }))!.role, 'admin');
    assert.equal((await realm.take({ role: 'openid writer reader' }))!.role, 'writer');
    const mapped = realm.verifier({ roleClaim: 'groups', roles: { 'sealroom:rw': 'writer', 'sealroom:ro': 'reader' } });
    assert.equal((await mapped(await realm.token({ groups: ['sealroom:ro', 'sealroom:rw'] })))!.role, 'writer');
    assert.equal(await mapped(await realm.token({ groups: ['admin', 'writer'], role: 'admin' })), null);
  });

  test('has a subject that can be written down', async () => {
    await using realm = await Realm.open();
    for (const sub of [undefined, '', 'a\nb', 'x'.repeat(257), 7]) {
      assert.equal(await realm.take({ sub }), null);
    }
    assert.equal((await realm.take({ sub: 'x'.repeat(256) }))!.name, 'x'.repeat(256));
  });

  test('says that it is one', async () => {
    await using realm = await Realm.open();
    for (const typ of ['at+jwt', 'application/at+jwt', 'AT+JWT']) assert.notEqual(await realm.take({}, { typ }), null);
    for (const typ of [undefined, 'JWT', 'id+jwt', 'logout+jwt', 'xat+jwt', 'application/application/at+jwt', '']) {
      assert.equal(await realm.take({}, { typ }), null, String(typ));
    }
  });

  test('that does not have to say so must not show that it is something else', async () => {
    await using realm = await Realm.open({ requireAccessTokenType: false });
    for (const typ of [undefined, 'JWT', 'jwt', 'at+jwt'])
      assert.notEqual(await realm.take({}, { typ }), null, String(typ));
    for (const typ of ['id+jwt', 'logout+jwt', 'dpop+jwt', 'secevent+jwt', '']) {
      assert.equal(await realm.take({}, { typ }), null, typ);
    }
    for (const claim of ['nonce', 'at_hash', 'c_hash', 's_hash', 'events']) {
      assert.equal(await realm.take({ [claim]: 'x' }, { typ: 'JWT' }), null, claim);
    }
  });

  test('that is bound to a key of the client is not taken without it', async () => {
    await using realm = await Realm.open();
    assert.equal(await realm.take({ cnf: { jkt: 'x' } }), null);
  });

  test('with a critical extension that nobody here knows is none', async () => {
    await using realm = await Realm.open();
    const [, payload = '', signature = ''] = (await realm.token()).split('.');
    const header = { alg: 'ES256', kid: 'k1', typ: 'at+jwt', crit: ['x'], x: 1 };
    const head = Buffer.from(JSON.stringify(header)).toString('base64url');
    assert.equal(await realm.verify(`${head}.${payload}.${signature}`), null);
  });
});

describe('the keys of the identity provider', () => {
  test('are found by discovery, asked for once by however many, and kept', async () => {
    await using realm = await Realm.open();
    const token = await realm.token();
    const all = await Promise.all(Array.from({ length: 20 }, () => realm.verify(token)));
    assert.ok(all.every((principal) => principal !== null));
    for (let i = 0; i < 5; i++) await realm.verify(token);
    assert.deepEqual(realm.provider.asked, ['/realm/.well-known/openid-configuration', '/realm/keys']);
  });

  test('are where the configuration says, without discovery', async () => {
    await using realm = await Realm.open();
    const verify = realm.verifier({ jwksUri: `${realm.provider.issuer}/keys` });
    assert.notEqual(await verify(await realm.token()), null);
    assert.deepEqual(realm.provider.asked, ['/realm/keys']);
  });

  test('are asked for again when a token names one that is unknown, once a minute at most', async () => {
    await using realm = await Realm.open();
    await realm.take();
    const next = await signingKey('ES256', 'k2');
    const token = await realm.token({}, {}, next);
    realm.provider.keys = [realm.key.jwk, next.jwk];
    assert.equal(await realm.verify(token), null, 'asked within this minute already');
    assert.equal(realm.provider.keysAsked, 1);
    realm.clock.time += MINUTE;
    const all = await Promise.all(Array.from({ length: 10 }, () => realm.verify(token)));
    assert.ok(all.every((principal) => principal !== null));
    assert.equal(realm.provider.keysAsked, 2);
    const unknown = await signingKey('ES256', 'k3');
    for (let i = 0; i <= 30; i++) {
      assert.equal(await realm.verify(await realm.token({}, { kid: `invented-${i}` }, unknown)), null);
      realm.clock.time += 4000;
    }
    assert.equal(realm.provider.keysAsked, 4, 'two minutes');
  });

  test('that were taken back serve for ten minutes at most', async () => {
    await using realm = await Realm.open();
    const token = await realm.token({ exp: realm.seconds + 7200 });
    assert.notEqual(await realm.verify(token), null);
    realm.provider.keys = [(await signingKey('ES256', 'k2')).jwk];
    realm.clock.time += 10 * MINUTE - 1;
    assert.notEqual(await realm.verify(token), null);
    realm.clock.time += 1;
    assert.equal(await realm.verify(token), null);
  });

  test('serve for an hour while the provider is silent, which is asked now and then', async () => {
    await using realm = await Realm.open();
    const token = await realm.token({ exp: realm.seconds + 7200 });
    await realm.verify(token);
    realm.provider.answer = (response) => void response.writeHead(503).end();
    const before = realm.provider.asked.length;
    realm.clock.time += 10 * MINUTE;
    for (let i = 0; i < 10; i++) assert.notEqual(await realm.verify(token), null);
    assert.equal(realm.provider.asked.length, before + 1, 'a failure is not repeated at once');
    realm.clock.time += 50 * MINUTE;
    await rejection(realm.verify(token), 'unavailable');
    realm.provider.answer = undefined;
    realm.clock.time += 10_000;
    assert.notEqual(await realm.verify(token), null);
  });

  test('that cannot be had make a token neither good nor bad', async () => {
    await using realm = await Realm.open();
    const verify = realm.verifier({ timeout: 50 });
    const token = await realm.token();
    const big = JSON.stringify({ keys: [], filler: 'x'.repeat(600 * 1024) });
    const answers: ((response: ServerResponse) => void)[] = [
      (response) => response.writeHead(500).end(),
      (response) => response.writeHead(404).end(),
      (response) => response.writeHead(204).end(),
      (response) => response.writeHead(200).end('not JSON'),
      (response) => response.writeHead(200).end('[]'),
      (response) => response.writeHead(200).end('null'),
      (response) => response.writeHead(200).end(Uint8Array.of(0xff)),
      (response) => response.writeHead(200).end(big),
      (response) => void response.destroy(),
      (response) => void response.writeHead(200).write('{'),
      () => undefined,
    ];
    for (const answer of answers) {
      realm.provider.answer = answer;
      await rejection(verify(token), 'unavailable');
      const asked = realm.provider.asked.length;
      await rejection(verify(token), 'unavailable');
      assert.equal(realm.provider.asked.length, asked, 'a failure is not repeated at once');
      realm.clock.time += 10_000;
    }
    realm.provider.answer = undefined;
    assert.notEqual(await verify(token), null);
  });

  test('are read no further than the limit', async () => {
    await using realm = await Realm.open();
    let sent = 0;
    const closed = Promise.withResolvers<void>();
    realm.provider.answer = (response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(64 * 1024, ' ');
      const send = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        sent += chunk.length;
      };
      response.on('drain', send).on('close', closed.resolve);
      send();
    };
    await rejection(realm.verify(await realm.token()), 'unavailable');
    await closed.promise;
    assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes`);
  });

  test('are refused when the discovery document is of another, or leads to where anybody can answer', async () => {
    await using realm = await Realm.open();
    const documents = [
      { issuer: `${realm.provider.issuer}/` },
      { issuer: undefined },
      { jwks_uri: undefined },
      { jwks_uri: 'http://192.0.2.1/keys' },
      { jwks_uri: 'file:///etc/keys' },
      { jwks_uri: '/realm/keys' },
    ];
    const { issuer } = realm.provider;
    // Where everybody would answer.
    const asked: string[] = [];
    const everywhere: typeof fetch = (address, init) => {
      assert.ok(typeof address === 'string');
      asked.push(address);
      return fetch(address.startsWith(issuer) ? address : `${issuer}/keys`, init);
    };
    const options = { now: realm.clock.now, fetch: everywhere };
    const verify = accessTokenVerifier({ issuer, audience: AUDIENCE }, options);
    const token = await realm.token();
    for (const discovery of documents) {
      realm.provider.discovery = discovery;
      await rejection(verify(token), 'unavailable');
      realm.clock.time += 10_000;
    }
    assert.equal(asked.length, documents.length);
    assert.equal(realm.provider.keysAsked, 0);
    realm.provider.discovery = { jwks_uri: 'https://keys.example/' };
    assert.notEqual(await verify(token), null);
  });

  test('are not looked for where a redirection leads', async () => {
    await using realm = await Realm.open();
    const keys = `${realm.provider.issuer}/keys`;
    realm.provider.answer = (response, { url }) => {
      if (url === '/realm/moved') response.writeHead(302, { location: keys }).end();
      else response.writeHead(200).end(JSON.stringify({ keys: realm.provider.keys }));
    };
    const moved = realm.verifier({ jwksUri: `${realm.provider.issuer}/moved` });
    await rejection(moved(await realm.token()), 'unavailable');
    assert.deepEqual(realm.provider.asked, ['/realm/moved']);
    assert.notEqual(await realm.verifier({ jwksUri: keys })(await realm.token()), null);
  });

  test('that are malformed, private, symmetric, too short, or for encryption verify nothing', async () => {
    await using realm = await Realm.open();
    const { jwk, privateKey } = realm.key;
    const token = await realm.token();
    const keys = [
      [{ ...jwk, use: 'enc' }],
      [{ ...jwk, key_ops: ['sign'] }],
      [{ ...jwk, alg: 'ES384' }],
      [{ kty: 'oct', kid: 'k1', k: 'AAAA', alg: 'ES256' }],
      [jwk, { ...(await signingKey('ES256', 'k1')).jwk }],
    ];
    for (const set of keys) {
      realm.provider.keys = set;
      assert.equal(await realm.verifier({})(token), null);
    }
    const unusable = [
      { ...jwk, x: 'AAAA' },
      { ...jwk, x: undefined },
      { ...(await exportJWK(privateKey)), kid: 'k1' },
    ];
    for (const key of unusable) {
      realm.provider.keys = [key as typeof jwk];
      const principal = await realm
        .verifier({})(token)
        .catch((error: unknown) => error);
      assert.ok(principal === null || (principal as { code?: unknown }).code === 'unavailable');
    }
  });

  test('are waited for by others when one gives up', async () => {
    await using realm = await Realm.open();
    const { resolve, promise } = Promise.withResolvers<void>();
    realm.provider.answer = (response) => {
      const answer = JSON.stringify({ keys: realm.provider.keys });
      void promise.then(() => response.writeHead(200).end(answer));
    };
    const verify = realm.verifier({ jwksUri: `${realm.provider.issuer}/keys` });
    const token = await realm.token();
    const giving = new AbortController();
    const first = verify(token, { signal: giving.signal });
    const second = verify(token);
    setImmediate(() => giving.abort());
    await rejection(first, 'cancelled');
    resolve();
    assert.notEqual(await second, null);
    assert.equal(realm.provider.keysAsked, 1);
  });
});

describe('the options of the identity provider', () => {
  const good: OidcOptions = { issuer: 'https://id.example', audience: AUDIENCE };
  const verifier = (changes: Partial<OidcOptions>): AccessTokenVerifier =>
    accessTokenVerifier({ ...good, ...changes }, { now: Date.now });

  test('take https, and http on this machine only', () => {
    const addresses = ['https://id.example/a/', 'http://127.0.0.1:8080', 'http://localhost/x', 'http://[::1]:1/'];
    for (const issuer of addresses) verifier({ issuer, jwksUri: issuer });
    const unsafe = ['http://id.example', 'http://127.0.0.1.evil.example', 'http://localhost.evil.example', 'ftp://x'];
    for (const issuer of [...unsafe, '', 'id.example', 'https://user:pass@id.example', 'https://id.example/#x']) {
      refusal(() => verifier({ issuer }), 'bad-configuration');
      refusal(() => verifier({ jwksUri: issuer }), 'bad-configuration');
    }
    refusal(() => verifier({ issuer: 'https://id.example?x' }), 'bad-configuration');
  });

  test('are refused when they make no sense or allow what is unsafe', () => {
    for (const algorithms of [[], ['none'], ['HS256'], ['RS256', 'HS512'], ['RSA-OAEP']]) {
      refusal(() => verifier({ algorithms }), 'bad-configuration');
    }
    refusal(() => verifier({ audience: '' }), 'bad-configuration');
    refusal(() => verifier({ tenantClaim: '' }), 'bad-configuration');
    refusal(() => verifier({ roleClaim: '' }), 'bad-configuration');
    refusal(() => verifier({ roles: {} }), 'bad-configuration');
    refusal(() => verifier({ roles: { 'a b': 'admin' } }), 'bad-configuration');
    refusal(() => verifier({ roles: { a: 'owner' as 'admin' } }), 'bad-configuration');
    for (const timeout of [0, -1, 1.5, 60_001]) refusal(() => verifier({ timeout }), 'bad-configuration');
  });
});

describe('access with an identity provider', () => {
  test('takes its tokens for tenants that exist, beside those of the vault', async () => {
    const { world, vault, access } = await accessWorld();
    await using realm = await Realm.open();
    const both = openAccess(vault, {
      now: world.clock.now,
      oidc: { issuer: realm.provider.issuer, audience: AUDIENCE, operator: true },
    });
    const own = await access.tokens.create({ role: 'reader', tenant: 'acme' });
    assert.equal((await both.authenticate(own.token))!.id, own.id);
    assert.equal((await both.authenticate(await realm.token()))!.tenant, 'acme');
    assert.equal((await both.authenticate(await realm.token({ tenant: '*' })))!.tenant, '*');
    assert.equal(await both.authenticate(await realm.token({ tenant: 'nobody' })), null);
    assert.equal(await both.authenticate(`sr_${await realm.token()}`), null);
    assert.equal(await access.authenticate(await realm.token()), null, 'where none is configured');
    await vault.createTenant('nobody');
    assert.notEqual(await both.authenticate(await realm.token({ tenant: 'nobody' })), null);
  });

  test('asks nobody for what is no token of theirs', async () => {
    const { world, vault, access } = await accessWorld();
    const oidc = { issuer: 'https://id.example', audience: AUDIENCE };
    const fetch = (): Promise<never> => assert.fail('nobody was to be asked');
    const both = openAccess(vault, { now: world.clock.now, oidc, fetch });
    const { token } = await access.tokens.create({ role: 'reader', tenant: 'acme' });
    assert.notEqual(await both.authenticate(token), null);
    for (const none of ['', 'sr_', 'sr_a.b.c', 'x', 'a.b', 'a.b.c.d.e', `${token}x`]) {
      assert.equal(await both.authenticate(none), null);
    }
  });
});
