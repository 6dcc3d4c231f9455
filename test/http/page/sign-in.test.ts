/** What the page is told of the identity provider. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '../../../src/http/errors.ts';
import { Provider } from '../../access/provider.ts';
import { httpApp } from '../../support/http-app.ts';
import type { TestService } from '../../support/http-app.ts';

const AUDIENCE = 'https://files.example';

/** A provider that has what the code flow needs. */
async function pageProvider(): Promise<Provider> {
  const provider = await Provider.start();
  provider.discovery = {
    authorization_endpoint: `${provider.issuer}/authorize?kind=people`,
    token_endpoint: `${provider.issuer}/token;v=1,2?kind=people`,
  };
  return provider;
}

function appWith({ issuer }: Provider, options: { readonly clientId?: string; readonly scope?: string } = {}) {
  return httpApp({ oidc: { issuer, audience: AUDIENCE, tenantClaim: 'secret_tenant_claim', ...options } });
}

async function policyAt(service: TestService, url: string): Promise<string> {
  return String((await service.inject(undefined, { url })).headers['content-security-policy']);
}

test('without a provider for the page, it is told of none', async () => {
  await using service = await httpApp();
  const { statusCode, body, headers } = await service.inject(undefined, { url: '/page.json' });
  assert.equal(statusCode, 200);
  assert.equal(body, '{}');
  assert.equal(headers['cache-control'], 'no-store');
  await using provider = await pageProvider();
  await using withoutClient = await appWith(provider);
  assert.equal((await withoutClient.inject(undefined, { url: '/page.json' })).body, '{}');
  assert.deepEqual(provider.asked, []);
});

test('with a client id, anyone is told where to sign in, and nothing that is not for everyone', async () => {
  await using provider = await pageProvider();
  await using service = await appWith(provider, { clientId: 'sealroom-page', scope: 'openid files' });
  const response = await service.inject(undefined, { url: '/page.json' });
  assert.deepEqual(response.json(), {
    oidc: {
      issuer: provider.issuer,
      authorizationEndpoint: `${provider.issuer}/authorize?kind=people`,
      tokenEndpoint: `${provider.issuer}/token;v=1,2?kind=people`,
      clientId: 'sealroom-page',
      scope: 'openid files',
    },
  });
});

test('the provider is asked when somebody wants to sign in, and once for many', async () => {
  await using provider = await pageProvider();
  await using service = await appWith(provider, { clientId: 'sealroom-page' });
  await service.inject(undefined, { url: '/' });
  assert.deepEqual(provider.asked, []);
  const answers = await Promise.all(
    ['/page.json', '/page.json', '/signed-in'].map((url) => service.inject(undefined, { url })),
  );
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [200, 200, 200],
  );
  assert.equal(answers[0]!.json<{ oidc: { scope: string } }>().oidc.scope, 'openid');
  assert.deepEqual(provider.asked, ['/realm/.well-known/openid-configuration']);
  service.world.clock.time += 10 * 60_000;
  await service.inject(undefined, { url: '/page.json' });
  assert.equal(provider.asked.length, 2);
});

test('the page speaks to the token endpoint from the address that people come back to, and from no other', async () => {
  await using provider = await pageProvider();
  await using service = await appWith(provider, { clientId: 'sealroom-page' });
  assert.match(
    await policyAt(service, '/signed-in'),
    // What would end the source, or the directive, is escaped; the query does not count in a policy.
    new RegExp(`; connect-src 'self' ${provider.issuer}/token%3Bv=1%2C2; worker-src`),
  );
  for (const url of ['/', '/admin']) assert.match(await policyAt(service, url), /; connect-src 'self'; worker-src/);
});

test('a provider that cannot be asked, or is not to be trusted, keeps nobody from the page', async () => {
  await using provider = await pageProvider();
  await using service = await appWith(provider, { clientId: 'sealroom-page' });
  const good = provider.discovery;
  const faults = [
    { ...good, authorization_endpoint: 'http://elsewhere.example/authorize' },
    { ...good, token_endpoint: 'https://user:password@elsewhere.example/token' },
    { ...good, token_endpoint: undefined },
    { ...good, issuer: 'https://elsewhere.example' },
  ];
  for (const fault of faults) {
    provider.discovery = fault;
    // For so long it is not asked again.
    service.world.clock.time += 10_000;
    const response = await service.inject(undefined, { url: '/page.json' });
    assert.equal(response.statusCode, 503);
    assert.equal(response.json<Problem>().code, 'unavailable');
    assert.doesNotMatch(response.body, /elsewhere|password/);
    assert.equal((await service.inject(undefined, { url: '/signed-in' })).statusCode, 200);
    assert.match(await policyAt(service, '/signed-in'), /; connect-src 'self'; worker-src/);
  }
  assert.equal(provider.asked.length, faults.length);
  provider.discovery = good;
  service.world.clock.time += 10_000;
  assert.equal((await service.inject(undefined, { url: '/page.json' })).statusCode, 200);
});

test('a client id or scope that no provider takes is refused at the start', async () => {
  await using provider = await pageProvider();
  const refused = [
    { clientId: '' },
    { scope: 'openid' },
    { clientId: 'x', scope: 'profile' },
    { clientId: 'x', scope: '' },
    { clientId: 'x', scope: 'openid  profile' },
    { clientId: 'x', scope: 'openid "files"' },
  ];
  for (const options of refused) {
    await assert.rejects(appWith(provider, options), { code: 'bad-configuration' }, JSON.stringify(options));
  }
});
