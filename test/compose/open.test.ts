import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { collect, utf8 } from '../../src/bytes.ts';
import { initVault } from '../../src/compose/init.ts';
import type { InitOptions } from '../../src/compose/init.ts';
import { openVaultAt } from '../../src/compose/open.ts';
import { loadConfig } from '../../src/config/config.ts';
import { isSealroomError } from '../../src/errors.ts';
import { createJwk } from '../../src/key-files/jwk.ts';
import { parseKeySpec } from '../../src/specs/key-spec.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Every file and folder below a folder. */
async function everything(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}

describe('a vault that was made', () => {
  test('opens from its configuration, keeps files, and opens again', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'vault');
    const { id } = await initVault(path);
    const config = await loadConfig(path, {});
    assert.equal(config.id, id);
    let file: string;
    {
      await using opened = await openVaultAt(config);
      ({ id: file } = await opened.vault.tenant('default').put(utf8('bytes'), { name: 'n' }));
    }
    const again = await openVaultAt(config);
    const { body } = await again.vault.tenant('default').get(file);
    assert.deepEqual(await collect(body), utf8('bytes'));
    await again.close();
    await rejection(again.vault.tenant('default').stat(file), 'unexpected');
    await again.close();
  });

  test('works with the limits of its configuration', async () => {
    await using folder = await temporaryFolder();
    await initVault(folder.path);
    const file = join(folder.path, 'sealroom.json');
    const limits = { frameLength: 100, segmentLength: 250 };
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), limits }));
    await using opened = await openVaultAt(await loadConfig(folder.path, {}));
    const { segments } = await opened.vault.tenant('default').put(new Uint8Array(600), { name: 'n' });
    assert.deepEqual(
      segments.map(({ size, frameLength }) => [size, frameLength]),
      [
        [250, 100],
        [250, 100],
        [100, 100],
      ],
    );
  });

  test('has a configuration that holds neither its key nor a path of this machine', async () => {
    await using folder = await temporaryFolder();
    const { masterKey } = await initVault(folder.path);
    const { k } = JSON.parse(await readFile(masterKey!, 'utf8')) as { k: string };
    const text = await readFile(join(folder.path, 'sealroom.json'), 'utf8');
    assert.ok(!text.includes(k));
    assert.ok(!text.includes(folder.path));
  });

  test('is for its owner only', async (t) => {
    if (process.platform === 'win32') return t.skip('Windows keeps its permissions elsewhere');
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'vault');
    await initVault(path);
    for (const name of ['', ...(await everything(path))]) {
      assert.equal((await stat(join(path, name))).mode & 0o077, 0, name);
    }
  });

  test('has a key whose name tells it from other vaults', async () => {
    await using folder = await temporaryFolder();
    const kids = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const { masterKey } = await initVault(join(folder.path, name));
        return (JSON.parse(await readFile(masterKey!, 'utf8')) as { kid: string }).kid;
      }),
    );
    assert.notEqual(kids[0], kids[1]);
  });
});

describe('making a vault', () => {
  test('takes a relative path for a key as relative to the current folder, and keeps it right', async () => {
    await using folder = await temporaryFolder();
    const key = join(folder.path, 'own.jwk');
    await createJwk(key);
    const path = join(folder.path, 'vault');
    const { masterKey } = await initVault(path, { keys: [parseKeySpec(`jwk:${relative(process.cwd(), key)}`)] });
    assert.equal(masterKey, undefined);
    assert.deepEqual(await everything(path), ['blobs', 'catalog.db', 'sealroom.json']);
    const config = await loadConfig(path, {});
    assert.deepEqual(config.keys, [{ scheme: 'jwk', path: key, provider: 'sealroom' }]);
    await (await openVaultAt(config)).close();
  });

  for (const name of ['sealroom.json', 'master.jwk', 'catalog.db', 'blobs']) {
    test(`fails where there is ${name}, names it, and leaves everything as it was`, async () => {
      await using folder = await temporaryFolder();
      await (name === 'blobs' ? mkdir(join(folder.path, name)) : writeFile(join(folder.path, name), ''));
      const { message } = await rejection(initVault(folder.path), 'exists');
      assert.ok(message.includes(join(folder.path, name)));
      assert.deepEqual(await everything(folder.path), [name]);
    });
  }

  test('when cancelled removes what it made, folders included, and nothing else', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'mine'), '');
    const abort = new AbortController();
    abort.abort();
    await rejection(initVault(folder.path, { signal: abort.signal }), 'cancelled');
    await rejection(initVault(join(folder.path, 'a/b'), { signal: abort.signal }), 'cancelled');
    assert.deepEqual(await everything(folder.path), ['mine']);
  });

  test('twice at once makes one vault, which opens', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'vault');
    const results = await Promise.allSettled(Array.from({ length: 4 }, () => initVault(path)));
    const made = results.filter((result) => result.status === 'fulfilled');
    assert.equal(made.length, 1);
    for (const result of results) {
      if (result.status === 'rejected') assert.ok(isSealroomError(result.reason, 'exists'), String(result.reason));
    }
    const config = await loadConfig(path, {});
    assert.equal(config.id, made[0]!.value.id);
    await using opened = await openVaultAt(config);
    await opened.vault.tenant('default').put(utf8('x'), { name: 'n' });
    const names = (await readdir(path)).filter((name) => !name.startsWith('catalog.db-'));
    assert.deepEqual(names.sort(), ['blobs', 'catalog.db', 'master.jwk', 'sealroom.json']);
  });
});

describe('a vault whose stores are elsewhere', () => {
  const elsewhere = (folder: string): Required<Pick<InitOptions, 'blobs' | 'catalog'>> => ({
    blobs: { kind: 'fs', path: join(folder, 'elsewhere/blobs') },
    catalog: { kind: 'sqlite', path: join(folder, 'elsewhere.db') },
  });

  test('has them named in its configuration, and only its key in its folder', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'vault');
    const stores = elsewhere(folder.path);
    await initVault(path, stores);
    assert.deepEqual(await everything(path), ['master.jwk', 'sealroom.json']);
    const config = await loadConfig(path, {});
    assert.deepEqual({ blobs: config.blobs, catalog: config.catalog }, stores);
    await using opened = await openVaultAt(config);
    await opened.vault.tenant('default').put(utf8('x'), { name: 'n' });
  });

  test('is finished by the next run when the one before was broken off', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'vault');
    const options = { ...elsewhere(folder.path) };
    const { id, masterKey } = await initVault(path, options);
    const unfinished = `sealroom.json.${id}.unfinished`;
    await rename(join(path, 'sealroom.json'), join(path, unfinished));
    // One that never came into the catalog, from a run that died earlier.
    const other = JSON.stringify({
      ...JSON.parse(await readFile(join(path, unfinished), 'utf8')),
      id: '00000000-0000-4000-8000-000000000000',
    });
    await writeFile(join(path, 'sealroom.json.00000000-0000-4000-8000-000000000000.unfinished'), other);
    assert.deepEqual(await initVault(path, options), { folder: path, id, masterKey });
    assert.deepEqual(await everything(path), ['master.jwk', 'sealroom.json']);
    await (await openVaultAt(await loadConfig(path, {}))).close();
  });

  test('is not finished by a run that names other stores', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'vault');
    const options = elsewhere(folder.path);
    const { id } = await initVault(path, options);
    await rename(join(path, 'sealroom.json'), join(path, `sealroom.json.${id}.unfinished`));
    const { message } = await rejection(
      initVault(path, { ...options, blobs: { kind: 'fs', path: join(folder.path, 'b') } }),
      'exists',
    );
    assert.match(message, /unfinished: a vault was begun here with other keys or stores/);
    assert.deepEqual(await everything(path), ['master.jwk', `sealroom.json.${id}.unfinished`]);
  });

  test('is not made where there is one already, and nobody loses his configuration', async () => {
    await using folder = await temporaryFolder();
    const options = elsewhere(folder.path);
    const first = join(folder.path, 'first');
    await initVault(first, options);
    const second = join(folder.path, 'second');
    await rejection(initVault(second, options), 'exists');
    await (await openVaultAt(await loadConfig(first, {}))).close();
    await assert.rejects(everything(second), { code: 'ENOENT' });
    await initVault(second);
  });
});

describe('opening a vault', () => {
  test("tells another vault's catalog apart", async () => {
    await using folder = await temporaryFolder();
    await initVault(join(folder.path, 'a'));
    await initVault(join(folder.path, 'b'));
    const config = await loadConfig(join(folder.path, 'a'), {
      SEALROOM_CATALOG: `sqlite:${join(folder.path, 'b/catalog.db')}`,
    });
    await rejection(openVaultAt(config), 'wrong-vault');
  });

  test('makes nothing where something is missing', async () => {
    await using folder = await temporaryFolder();
    await initVault(folder.path);
    const before = await everything(folder.path);
    for (const change of [
      { SEALROOM_CATALOG: `sqlite:${join(folder.path, 'no.db')}` },
      { SEALROOM_BLOBS: `fs:${join(folder.path, 'none')}` },
    ]) {
      await rejection(openVaultAt(await loadConfig(folder.path, change)), 'no-vault');
    }
    const config = await loadConfig(folder.path, { SEALROOM_KEYS: `jwk:${join(folder.path, 'no.jwk')}` });
    await rejection(openVaultAt(config), 'bad-key');
    assert.deepEqual(await everything(folder.path), before);
  });
});
