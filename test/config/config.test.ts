import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { formatConfig, loadConfig, stateFolder, tenantName, vaultFolder } from '../../src/config/config.ts';
import type { Config } from '../../src/config/config.ts';
import { MAX_FRAME_LENGTH } from '../../src/message/header.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { isKeyFile } from '../../src/specs/key-spec.ts';
import { configJsonSchema, schemaFile } from '../../tools/write-config-schema.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const valid = {
  version: 1,
  id: '8c1d8b43-7c3e-4f0e-9a55-0d3a3f3f2b11',
  pins: ['ab'.repeat(32)],
  keys: ['jwk:master.jwk', 'rsa:/keys/recovery.pem.pub?name=recovery'],
  oldKeys: ['jwk:old.jwk'],
  blobs: 'fs:blobs',
  catalog: 'sqlite:catalog.db',
  limits: { frameLength: 4096, graceTime: 3600 },
};

/** A folder whose `sealroom.json` holds this text. */
async function folderWith(text: string): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await temporaryFolder();
  await writeFile(join(folder.path, 'sealroom.json'), text);
  return folder;
}

/** The message of the error that a configuration with these keys in place of the valid ones is refused with. */
async function faultOf(change: object): Promise<string> {
  await using folder = await folderWith(JSON.stringify({ ...valid, ...change }));
  const { message } = await rejection(loadConfig(folder.path, {}), 'bad-configuration');
  const [file, ...reason] = message.split(': ');
  assert.equal(file, join(folder.path, 'sealroom.json'));
  return reason.join(': ');
}

describe('the configuration in a file', () => {
  test('is read with its paths resolved against its folder and its times in milliseconds', async () => {
    await using folder = await folderWith(JSON.stringify(valid));
    const { path } = folder;
    const { http: _, ...config } = await loadConfig(path, {});
    assert.deepEqual(config, {
      folder: path,
      id: valid.id,
      pins: valid.pins,
      keys: [
        { scheme: 'jwk', path: join(path, 'master.jwk'), provider: 'sealroom' },
        {
          scheme: 'rsa',
          path: '/keys/recovery.pem.pub',
          name: 'recovery',
          provider: 'sealroom',
          padding: 'oaep-sha256',
        },
      ],
      oldKeys: [{ scheme: 'jwk', path: join(path, 'old.jwk'), provider: 'sealroom' }],
      blobs: { kind: 'fs', path: join(path, 'blobs') },
      catalog: { kind: 'sqlite', path: join(path, 'catalog.db') },
      limits: {
        frameLength: 4096,
        segmentLength: undefined,
        uploadSegmentLength: undefined,
        uploadTime: undefined,
        graceTime: 3_600_000,
      },
    });
  });

  test('is frozen all through', async () => {
    await using folder = await folderWith(JSON.stringify(valid));
    const thawed: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) thawed.push(path);
      for (const [key, inner] of Object.entries(value)) visit(inner, `${path}.${key}`);
    };
    visit(await loadConfig(folder.path, {}), 'config');
    assert.deepEqual(thawed, []);
  });

  test('is what a new vault writes', async () => {
    const { id, pins, keys, blobs, catalog } = valid;
    await using folder = await folderWith(formatConfig({ id, pins, keys, blobs, catalog }));
    assert.equal((await loadConfig(folder.path, {})).id, id);
  });

  test('may name its schema, and have a byte order mark', async () => {
    const text = JSON.stringify({ ...valid, $schema: './sealroom.schema.json' });
    await using folder = await folderWith(`\uFEFF${text}`);
    assert.equal((await loadConfig(folder.path, {})).id, valid.id);
  });

  test('is refused with the name of the key and the reason', async () => {
    assert.equal(await faultOf({ id: undefined }), 'id: it is missing');
    assert.equal(await faultOf({ id: 'x' }), 'id: expected the id of a vault');
    assert.equal(await faultOf({ pins: [] }), 'pins: Too small: expected array to have >=1 items');
    assert.match(await faultOf({ pins: [valid.pins[0], 'ab'] }), /^pins\[1\]: expected 64 hexadecimal digits/);
    assert.equal(await faultOf({ keys: 'jwk:a' }), 'keys: expected array, received string');
    assert.match(await faultOf({ keys: ['jwk:a', 'k'] }), /^keys\[1\]: a key is given as jwk:PATH/);
    assert.match(await faultOf({ oldKeys: ['pgp:a'] }), /^oldKeys\[0\]: there are no keys of kind "pgp:"/);
    assert.equal(await faultOf({ blobs: 'ftp:x' }), 'blobs: expected fs:FOLDER or s3:BUCKET/PREFIX');
    assert.equal(await faultOf({ catalog: 'sqlite:' }), 'catalog: expected sqlite:FILE or dynamodb:TABLE');
    assert.equal(await faultOf({ blob: 'fs:x' }), 'blob: there is no such key');
    assert.equal(await faultOf({ limits: { frames: 1 } }), 'limits.frames: there is no such key');
    assert.equal(await faultOf({ limits: { graceTime: '1' } }), 'limits.graceTime: expected number, received string');
    assert.match(await faultOf({ limits: { frameLength: 0 } }), /^limits\.frameLength: Too small/);
    assert.match(await faultOf({ limits: { frameLength: MAX_FRAME_LENGTH + 1 } }), /^limits\.frameLength: Too big/);
    assert.equal(await faultOf({ version: undefined }), 'version: it is missing');
    assert.match(await faultOf({ version: '1' }), /^version: /);
  });

  test('never comes back in an error, for it may hold a key by mistake', async () => {
    const secret = 'c2VjcmV0LWtleS1ieXRlcw';
    for (const change of [
      { keys: [secret] },
      { id: secret },
      { blobs: secret },
      { pins: [secret] },
      { limits: secret },
    ]) {
      assert.ok(!(await faultOf(change)).includes(secret));
    }
    await using folder = await folderWith(`{ "keys": ["${secret}" }`);
    const { message } = await rejection(loadConfig(folder.path, {}), 'bad-configuration');
    assert.ok(!message.includes(secret));
  });

  test('that is not JSON is refused with the place', async () => {
    await using folder = await folderWith('{\n  "version": 1\n  "id": 2\n}');
    const { message } = await rejection(loadConfig(folder.path, {}), 'bad-configuration');
    assert.equal(message, `${join(folder.path, 'sealroom.json')}: it is not JSON (line 3, column 3)`);
  });

  for (const [what, text] of [
    ['an array', '[]'],
    ['null', 'null'],
    ['half an object', '{ "version": '],
    ['nothing', ''],
  ] as const) {
    test(`that is ${what} is refused`, async () => {
      await using folder = await folderWith(text);
      await rejection(loadConfig(folder.path, {}), 'bad-configuration');
    });
  }

  test('that is no text is refused', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'sealroom.json'), Uint8Array.of(0xff, 0xfe));
    await rejection(loadConfig(folder.path, {}), 'bad-configuration');
  });

  test('that is a folder is refused', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'sealroom.json'));
    await rejection(loadConfig(folder.path, {}), 'bad-configuration');
  });

  test('of a newer version is told apart from a mistake, whatever else it holds', async () => {
    await using folder = await folderWith('{ "version": 2, "vault": {} }');
    await rejection(loadConfig(folder.path, {}), 'unsupported-version');
  });

  test('that may not be read says so', async (t) => {
    if (process.getuid?.() === 0) return t.skip('root may read everything');
    await using folder = await folderWith(JSON.stringify(valid));
    await chmod(join(folder.path, 'sealroom.json'), 0);
    await rejection(loadConfig(folder.path, {}), 'permission');
  });

  test('that is absent is no vault, and the error says what to do', async () => {
    await using folder = await temporaryFolder();
    const { message } = await rejection(loadConfig(folder.path, {}), 'no-vault');
    assert.match(message, /^no vault here: run sealroom init/);
    await rejection(loadConfig(join(folder.path, 'nowhere'), {}), 'no-vault');
  });
});

describe('the environment', () => {
  const all = {
    SEALROOM_ID: valid.id,
    SEALROOM_PINS: valid.pins.join(' '),
    SEALROOM_KEYS: 'jwk:a.jwk  jwk:/b%20c.jwk\n',
    SEALROOM_BLOBS: 'fs:b',
    SEALROOM_CATALOG: 'sqlite:/c.db',
  };

  test('needs no file, and its paths are relative to the current folder', async () => {
    await using folder = await temporaryFolder();
    const config = await loadConfig(folder.path, all);
    assert.deepEqual(pathsOf(config.keys), [resolve('a.jwk'), '/b c.jwk']);
    assert.deepEqual(config.oldKeys, []);
    assert.deepEqual(config.blobs, { kind: 'fs', path: resolve('b') });
    assert.deepEqual(config.catalog, { kind: 'sqlite', path: '/c.db' });
  });

  test('counts more than the file, key by key; what is empty is not set', async () => {
    await using folder = await folderWith(JSON.stringify(valid));
    const config = await loadConfig(folder.path, { SEALROOM_OLD_KEYS: 'jwk:/older.jwk', SEALROOM_BLOBS: ' ' });
    assert.deepEqual(pathsOf(config.oldKeys), ['/older.jwk']);
    assert.deepEqual(config.blobs, { kind: 'fs', path: join(folder.path, 'blobs') });
  });

  test('is refused with the name of the variable', async () => {
    await using folder = await temporaryFolder();
    const faultIn = async (change: object): Promise<string> =>
      (await rejection(loadConfig(folder.path, { ...all, ...change }), 'bad-configuration')).message;
    assert.equal(await faultIn({ SEALROOM_CATALOG: undefined }), 'SEALROOM_CATALOG: it is missing');
    assert.equal(await faultIn({ SEALROOM_ID: 'x' }), 'SEALROOM_ID: expected the id of a vault');
    assert.match(await faultIn({ SEALROOM_KEYS: 'jwk:a k' }), /^SEALROOM_KEYS, word 2: a key is given as/);
  });

  test('names vault and tenant where the command line does not', () => {
    assert.equal(vaultFolder(undefined, {}), resolve('sealroom'));
    assert.equal(vaultFolder(undefined, { SEALROOM_VAULT: '/srv/v' }), '/srv/v');
    assert.equal(vaultFolder('w', { SEALROOM_VAULT: '/srv/v' }), resolve('w'));
    assert.equal(tenantName(undefined, {}), 'default');
    assert.equal(tenantName(undefined, { SEALROOM_TENANT: 'acme' }), 'acme');
    assert.equal(tenantName('other', { SEALROOM_TENANT: 'acme' }), 'other');
  });
});

test('what is remembered on a machine has a folder of the user’s own', () => {
  const home = homedir();
  assert.equal(stateFolder({ XDG_STATE_HOME: resolve('state') }), join(resolve('state'), 'sealroom'));
  for (const XDG_STATE_HOME of [undefined, '', 'state']) {
    assert.equal(stateFolder({ XDG_STATE_HOME }, 'linux'), join(home, '.local/state/sealroom'));
    assert.equal(stateFolder({ XDG_STATE_HOME }, 'darwin'), join(home, 'Library/Application Support/sealroom'));
    assert.equal(stateFolder({ XDG_STATE_HOME }, 'win32'), join(home, 'AppData/Local/sealroom'));
  }
  assert.equal(stateFolder({ LOCALAPPDATA: resolve('local') }, 'win32'), join(resolve('local'), 'sealroom'));
});

test('the published schema is the one that configurations are checked with', async () => {
  assert.equal(await readFile(schemaFile, 'utf8'), configJsonSchema(), 'run node tools/write-config-schema.ts');
});

function pathsOf(keys: Config['keys']): (string | undefined)[] {
  return keys.map((spec) => (isKeyFile(spec) ? spec.path : undefined));
}
