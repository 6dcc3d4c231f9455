import assert from 'node:assert/strict';
import { chmod, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createJwk, readJwk } from '../../src/key-files/jwk.ts';
import { assertShowsNot } from '../../src/testing/keyring-suite.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const WINDOWS = process.platform === 'win32' && 'Windows keeps its permissions elsewhere';

describe('a JWK file', () => {
  test('that was created holds a key of 256 bits, named after the file', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'vault.jwk');
    assert.equal(await createJwk(path), 'vault');
    const { name, key, exposed } = await readJwk(path);
    assert.equal(name, 'vault');
    assert.equal(key.length, 32);
    assert.equal(exposed, false);
    const text = await readFile(path, 'utf8');
    const k = Buffer.from(key.bytes).toString('base64url');
    assert.deepEqual(JSON.parse(text), { kty: 'oct', kid: 'vault', k });
  });

  test('takes another name, and holds another key each time', async () => {
    await using folder = await temporaryFolder();
    const paths = [join(folder.path, 'a'), join(folder.path, 'b')] as const;
    for (const path of paths) assert.equal(await createJwk(path, 'größer'), 'größer');
    const [first, second] = await Promise.all(paths.map(readJwk));
    assert.equal(first!.name, 'größer');
    assert.notDeepEqual(first!.key.bytes, second!.key.bytes);
  });

  test('is its owner’s alone', { skip: WINDOWS }, async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'vault.jwk');
    await createJwk(path);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    for (const [mode, exposed] of [
      [0o400, false],
      [0o640, true],
      [0o604, true],
    ] as const) {
      await chmod(path, mode);
      assert.equal((await readJwk(path)).exposed, exposed, mode.toString(8));
    }
  });

  test('is never overwritten', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'vault.jwk');
    await createJwk(path);
    const before = await readFile(path);
    await rejection(createJwk(path), 'exists');
    assert.deepEqual(await readFile(path), before);
  });

  test('is not created in a folder that is not there, nor under a name that is none', async () => {
    await using folder = await temporaryFolder();
    await rejection(createJwk(join(folder.path, 'absent', 'vault.jwk')), 'bad-key');
    await rejection(createJwk(join(folder.path, 'vault.jwk'), 'a\nb'), 'bad-key');
    assert.deepEqual(await readdir(folder.path), []);
  });

  for (const length of [16, 24, 32]) {
    test(`may hold ${length * 8} bits, and members that mean nothing here`, async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, 'key');
      const k = Buffer.alloc(length, 0xfb).toString('base64url');
      await writeFile(path, JSON.stringify({ kty: 'oct', use: 'enc', kid: 'mine', k, ext: true }));
      const { name, key } = await readJwk(path);
      assert.equal(name, 'mine');
      assert.deepEqual(key.bytes, new Uint8Array(length).fill(0xfb));
    });
  }

  test('that cannot be used is refused by name and reason, never by content', async () => {
    const secret = Buffer.from('c4c0ffee8badf00dc4c0ffee8badf00dc4c0ffee8badf00dc4c0ffee8badf00d', 'hex');
    const k = secret.toString('base64url');
    const cases: readonly [string | Uint8Array, RegExp][] = [
      [k, /not JSON/],
      [`{"kty":"oct","kid":"a","k":"${k}"`, /not JSON/],
      [`"${k}"`, /not a JSON object/],
      ['null', /not a JSON object/],
      [JSON.stringify({ keys: [{ kty: 'oct', kid: 'a', k }] }), /set of keys/],
      [JSON.stringify({ kid: 'a', k }), /"kty"/],
      [JSON.stringify({ kty: k, kid: 'a', k }), /"kty"/],
      [JSON.stringify({ kty: 'oct', k }), /no name/],
      [JSON.stringify({ kty: 'oct', kid: '', k }), /no name/],
      [JSON.stringify({ kty: 'oct', kid: `${k}\n`, k }), /no name/],
      [JSON.stringify({ kty: 'oct', kid: 'a' }), /no key/],
      [JSON.stringify({ kty: 'oct', kid: 'a', k: secret.toString('base64') }), /base64url/],
      [JSON.stringify({ kty: 'oct', kid: 'a', k: `${k} ` }), /base64url/],
      [JSON.stringify({ kty: 'oct', kid: 'a', k: secret.subarray(1).toString('base64url') }), /128, 192 or 256/],
      [JSON.stringify({ kty: 'oct', kid: 'a', k: '' }), /128, 192 or 256/],
      [Buffer.concat([secret, secret]), /not text/],
      [`{"kty":"oct","kid":"a","k":"${k}"}`.padEnd(65_537), /too large/],
    ];
    await using folder = await temporaryFolder();
    for (const [index, [content, reason]] of cases.entries()) {
      const path = join(folder.path, `key-${index}`);
      await writeFile(path, content);
      const error = await rejection(readJwk(path), 'bad-key');
      assert.ok(error.message.startsWith(`${path}: `), error.message);
      assert.match(error.message, reason);
      assertShowsNot(error, secret);
      assertShowsNot(error, secret.subarray(1));
    }
  });

  test('that is absent or a folder is refused', async () => {
    await using folder = await temporaryFolder();
    assert.match((await rejection(readJwk(join(folder.path, 'absent')), 'bad-key')).message, /no such file/);
    assert.match((await rejection(readJwk(folder.path), 'bad-key')).message, /folder/);
  });
});
