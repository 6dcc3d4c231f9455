/** Two services, in processes of their own, on one vault in S3, DynamoDB and KMS. Nothing else connects them. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Draws, checkSeeded } from '../../bench/support/seeded-bytes.ts';
import { openAccess } from '../../src/access/open.ts';
import { formatConfig } from '../../src/config/config.ts';
import { isSealroomError } from '../../src/errors.ts';
import { createVault, openVault } from '../../src/vault/vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { LIMITED, MixedWork, QUOTA } from '../support/aws/mixed-work.ts';
import type { KeptFile } from '../support/aws/mixed-work.ts';
import { blobKeysOf, checkPlace, newAwsPlace, openPlace, startAwsServers } from '../support/aws/place.ts';
import type { AwsPlace } from '../support/aws/place.ts';
import { serveCli } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const OPERATIONS = 2000;
const WORKERS = 16;

/** Makes a vault, and a configuration for it. */
async function makeVault(
  place: AwsPlace,
  folder: string,
): Promise<{ readonly id: string; readonly pins: readonly string[]; readonly token: string }> {
  await using ports = openPlace(place);
  using vault = await createVault({ ...ports, shards: 8 });
  const { id, pins } = vault;
  const { token } = await openAccess(vault).tokens.create({ role: 'admin', tenant: '*' });
  const { key, blobs, catalog } = place;
  await mkdir(join(folder, 'sealroom'));
  await writeFile(join(folder, 'sealroom', 'sealroom.json'), formatConfig({ id, pins, keys: [key], blobs, catalog }));
  return { id, pins, token };
}

/** The files of a tenant are these, with these bytes, and no others. */
async function expectFiles(vault: Vault, tenant: string, expected: readonly KeptFile[]): Promise<void> {
  const files = vault.tenant(tenant);
  const listed = new Map<string, string>();
  let cursor: string | undefined;
  do {
    const page = await files.list({ limit: 1000, cursor });
    assert.deepEqual(page.unreadable, []);
    for (const { id, name } of page.files) listed.set(id, name);
    cursor = page.cursor;
  } while (cursor !== undefined);
  assert.deepEqual(listed, new Map(expected.map(({ id, name }) => [id, name])));
  for (const { id, seed, size } of expected) {
    assert.equal(await checkSeeded((await files.get(id)).body, seed), size);
  }
}

/** Nothing is left of the quota afterwards: one byte more is refused, and so is one file more. */
async function expectExactQuota(vault: Vault, held: readonly KeptFile[]): Promise<void> {
  const files = vault.tenant(LIMITED);
  const bytes = held.reduce((sum, { size }) => sum + size, 0);
  assert.ok(bytes <= QUOTA.bytes && held.length <= QUOTA.files, `${bytes} bytes in ${held.length} files`);
  if (held.length === QUOTA.files) await files.remove(held[0]!.id);
  const left = QUOTA.bytes - bytes + (held.length === QUOTA.files ? held[0]!.size : 0);
  const isQuota = (error: unknown): boolean => isSealroomError(error, 'quota');
  await assert.rejects(files.put(new Uint8Array(left + 1), { name: 'too much' }), isQuota);
  await files.put(new Uint8Array(left), { name: 'all that is left' });
  await assert.rejects(files.put(new Uint8Array(1), { name: 'one byte' }), isQuota);
}

describe('two services on one vault', () => {
  test('do 2,000 mixed operations at once, lose nothing, and count exactly', async (t) => {
    await using servers = await startAwsServers(t);
    if (servers === undefined) return;
    await using scope = new AsyncDisposableStack();
    const place = scope.use(await newAwsPlace(servers));
    const folder = scope.use(await temporaryFolder());
    const { token, ...made } = await makeVault(place, folder.path);
    const serve = async (): Promise<Served> =>
      scope.use(
        await serveCli({ cwd: folder.path, token, http: { trustProxy: ['loopback'] }, variables: place.variables }),
      );
    const services = await Promise.all([serve(), serve()]);

    const work = new MixedWork(services);
    const seed = Date.now();
    await work.prepare(new Draws(seed));
    await work.run(OPERATIONS, { workers: WORKERS, seed: seed + 1 });
    t.diagnostic(`seed ${seed}: ${JSON.stringify(work.done)}, ${work.refusedByQuota} refused by the quota`);
    assert.ok(work.refusedByQuota > 0, 'the quota was fought over');
    for (const { limit, asked, opened } of work.links) assert.equal(opened, Math.min(asked, limit ?? asked));
    for (const service of services) {
      service.signal('SIGTERM');
      assert.equal((await service.result).exit, 0);
    }

    await using ports = openPlace(place);
    using vault = await openVault({ ...made, ...ports });
    const counted = await openAccess(vault).links('default').list();
    const used = new Map(counted.map((link) => [link.id, link.used]));
    for (const { id, opened } of work.links) assert.equal(used.get(id), opened);
    await expectFiles(vault, 'default', [...work.files, ...work.links.map(({ file }) => file)]);
    await expectFiles(vault, LIMITED, work.limited);
    await checkPlace(place, made);
    await expectExactQuota(vault, work.limited);
    for (let i = 0; i < 2; i++) await vault.sweep({ grace: 0 });
    await checkPlace(place, made);
    const files = [...(await vault.tenant('default').list({ limit: 1000 })).files];
    files.push(...(await vault.tenant(LIMITED).list({ limit: 1000 })).files);
    const segments = files.reduce((sum, file) => sum + file.segments.length, 0);
    assert.equal((await blobKeysOf(place)).length, segments, 'no blob is left that no record lists');
  });
});
