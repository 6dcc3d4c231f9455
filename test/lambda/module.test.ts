/** `sealroom/lambda` as Lambda loads it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { initVault } from '../../src/compose/init.ts';
import { openVaultAt } from '../../src/compose/open.ts';
import { openAccess } from '../../src/access/open.ts';
import { loadConfig } from '../../src/config/config.ts';
import { formatKeySpec } from '../../src/specs/key-spec.ts';
import { formatStoreSpec } from '../../src/specs/store-spec.ts';
import { Child } from '../support/child.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { eventFor } from './runtime-double.ts';

interface Answer {
  readonly statusCode: number;
  readonly body: string;
}

const CHILD = '../lambda/module-child.ts';

async function ask(child: Child, event: unknown): Promise<Answer> {
  child.tell(JSON.stringify(event));
  return JSON.parse(await child.line()) as Answer;
}

describe('sealroom/lambda', () => {
  test('serves and sweeps the vault that the variables name', async () => {
    await using folder = await temporaryFolder();
    const place = join(folder.path, 'vault');
    await initVault(place);
    const config = await loadConfig(place, {});
    await using opened = await openVaultAt(config);
    const { token } = await openAccess(opened.vault).tokens.create({ role: 'writer', tenant: 'default' });
    const variables = {
      SEALROOM_VAULT: join(folder.path, 'none'),
      SEALROOM_ID: config.id,
      SEALROOM_PINS: config.pins.join(' '),
      SEALROOM_KEYS: config.keys.map((spec) => formatKeySpec({ ...spec })).join(' '),
      SEALROOM_BLOBS: formatStoreSpec(config.blobs),
      SEALROOM_CATALOG: formatStoreSpec(config.catalog),
    };
    await using child = new Child(CHILD, [JSON.stringify(variables)]);
    const headers = { authorization: `Bearer ${token}` };
    const body = Buffer.from('some bytes');
    const stored = await ask(child, eventFor({ method: 'POST', path: '/v1/files?name=a.txt', headers, body }));
    assert.equal(stored.statusCode, 201);
    const { id } = JSON.parse(Buffer.from(stored.body, 'base64').toString()) as { id: string };
    const got = await ask(child, eventFor({ path: `/v1/files/${id}/content`, headers }));
    assert.deepEqual([got.statusCode, Buffer.from(got.body, 'base64').toString()], [200, 'some bytes']);
    assert.deepEqual(await ask(child, 'sweep'), 'swept');
  });

  test('answers with a problem when the variables name no vault, and goes on', async () => {
    await using folder = await temporaryFolder();
    await using child = new Child(CHILD, [JSON.stringify({ SEALROOM_VAULT: folder.path })]);
    for (let i = 0; i < 2; i++) {
      const { statusCode, body } = await ask(child, eventFor({ path: '/healthz' }));
      const { code } = JSON.parse(Buffer.from(body, 'base64').toString()) as { code: string };
      assert.deepEqual([statusCode, code], [500, 'unexpected']);
    }
  });

  test('says what it is for when it is loaded anywhere else', async () => {
    const source = resolve(import.meta.dirname, '../../src/lambda/index.ts');
    const loading = promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      `await import(${JSON.stringify(source)})`,
    ]);
    await assert.rejects(loading, /sealroom\/lambda is for functions in AWS Lambda/);
  });
});
