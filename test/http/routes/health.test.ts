import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Vault } from '../../../src/vault/vault.ts';
import { httpApp } from '../../support/http-app.ts';

test('the process says that it lives, to anyone, without asking the vault', async () => {
  let asked = 0;
  const tenants = (): Promise<never> => Promise.reject(new Error(`asked ${++asked} times`));
  await using service = await httpApp({ replace: (vault): Vault => ({ ...vault, tenants }) });
  const response = await service.inject(undefined, { url: '/healthz' });
  assert.deepEqual([response.statusCode, response.json()], [200, { status: 'ok' }]);
  assert.equal(asked, 0);
});

test('it is ready when the vault answers, and not when it does not', async () => {
  let broken = false;
  await using service = await httpApp({
    replace: (vault) => ({
      ...vault,
      tenants: (options) => (broken ? Promise.reject(new Error('broken')) : vault.tenants(options)),
    }),
  });
  const status = async (): Promise<number> => (await service.inject(undefined, { url: '/readyz' })).statusCode;
  assert.equal(await status(), 200);
  broken = true;
  service.world.clock.time += 1000;
  const refused = await service.inject(undefined, { url: '/readyz' });
  assert.equal(refused.statusCode, 503);
  assert.equal(refused.headers['content-type'], 'application/problem+json');
  broken = false;
  service.world.clock.time += 1000;
  assert.equal(await status(), 200);
});

test('however many ask, the vault is asked once a second', async () => {
  let asked = 0;
  await using service = await httpApp({
    replace: (vault) => ({
      ...vault,
      tenants: (options) => {
        asked++;
        return vault.tenants(options);
      },
    }),
  });
  const ask = (): Promise<unknown> => service.inject(undefined, { url: '/readyz' });
  await Promise.all(Array.from({ length: 20 }, ask));
  assert.equal(asked, 1);
  service.world.clock.time += 1000;
  await Promise.all(Array.from({ length: 20 }, ask));
  assert.equal(asked, 2);
});

test('a vault that is silent is given up, and told to stop', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let signal: AbortSignal | undefined;
  const { promise: waiting, resolve: waits } = Promise.withResolvers<void>();
  await using service = await httpApp({
    replace: (vault): Vault => ({
      ...vault,
      tenants: (options) => {
        signal = options?.signal;
        waits();
        return new Promise(() => undefined);
      },
    }),
  });
  const asking = service.inject(undefined, { url: '/readyz' });
  await waiting;
  t.mock.timers.tick(2000);
  assert.equal((await asking).statusCode, 503);
  assert.equal(signal?.aborted, true);
});

test('it is not ready once it is to end', async () => {
  let ready = true;
  await using service = await httpApp({ ready: () => ready });
  assert.equal((await service.inject(undefined, { url: '/readyz' })).statusCode, 200);
  ready = false;
  assert.equal((await service.inject(undefined, { url: '/readyz' })).statusCode, 503);
  assert.equal((await service.inject(undefined, { url: '/healthz' })).statusCode, 200);
  assert.equal((await service.inject('reader', { url: '/v1/files' })).statusCode, 200, 'what comes is still answered');
});
