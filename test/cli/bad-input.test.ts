/** What the command line says of a full disk, of files that it may not touch, and of two that run at once. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { initVault } from '../../src/compose/init.ts';
import { createJwk } from '../../src/key-files/jwk.ts';
import { runCli } from '../support/cli.ts';
import type { CliResult } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Someone who owns nothing. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

interface Told {
  readonly code: string;
  readonly message: string;
}

/** The error that a command told with `--json`, when it told one. */
function told({ stderr }: CliResult): Told {
  return JSON.parse(stderr) as Told;
}

function everything(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/catalog\.db-(wal|shm)$/.test(name))
    .sort();
}

/** A file system of 1 MiB, where the system lets it be made. */
function smallDisk(path: string): Disposable | string {
  if (!isRoot || process.platform !== 'linux') return 'mounting a small disk needs root on Linux';
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'pipe' });
  } catch (error) {
    return `a small disk could not be mounted: ${String(error)}`;
  }
  return { [Symbol.dispose]: () => execFileSync('umount', [path], { stdio: 'pipe' }) };
}

describe('on a full disk', () => {
  test('an output file is refused with no-space and leaves nothing', async (t) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'disk');
    const disk = smallDisk(path);
    if (typeof disk === 'string') return t.skip(disk);
    using _ = disk;
    await createJwk(join(folder.path, 'k.jwk'));
    writeFileSync(join(folder.path, 'plain'), Buffer.alloc(2 ** 21));
    const words = ['encrypt', 'plain', '-o', 'disk/out', '-k', 'jwk:k.jwk', '--json'];
    const result = await runCli(words, { cwd: folder.path });
    assert.equal(result.exit, 6);
    assert.equal(told(result).code, 'no-space');
    assert.deepEqual(readdirSync(path), []);
  });

  test('a put is refused with no-space, and the vault is as it was', async (t) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'disk');
    const disk = smallDisk(path);
    if (typeof disk === 'string') return t.skip(disk);
    using _ = disk;
    await initVault(join(path, 'sealroom'));
    writeFileSync(join(folder.path, 'plain'), Buffer.alloc(2 ** 21));
    const before = everything(path);
    const result = await runCli(['put', join(folder.path, 'plain'), '--json'], { cwd: path });
    assert.equal(result.exit, 6);
    assert.equal(told(result).code, 'no-space');
    assert.deepEqual(JSON.parse(result.stdout), { files: [] });
    assert.deepEqual(
      everything(path).filter((name) => !/blobs\/..$/.test(name)),
      before,
    );
    const after = await runCli(['ls', '--json'], { cwd: path });
    assert.deepEqual([after.exit, JSON.parse(after.stdout)], [0, { files: [] }]);
  });
});

describe('without permission', { skip: isRoot ? false : 'becoming another user needs root' }, () => {
  /** A folder of nobody's, with a key, a file, and things of root's in it. */
  async function folderOfNobody(): Promise<AsyncDisposable & { readonly path: string }> {
    const folder = await temporaryFolder();
    const { path } = folder;
    chmodSync(path, 0o755);
    await createJwk(join(path, 'k.jwk'));
    writeFileSync(join(path, 'plain'), 'text');
    writeFileSync(join(path, 'secret'), 'text', { mode: 0o600 });
    mkdirSync(join(path, 'closed'), { mode: 0o700 });
    for (const name of ['.', 'k.jwk', 'plain']) chownSync(join(path, name), NOBODY, NOBODY);
    return folder;
  }

  const cases: readonly (readonly [what: string, words: readonly string[], code: string, exit: number])[] = [
    ['a file that may not be read', ['encrypt', 'secret', '-o', 'out', '-k', 'jwk:k.jwk'], 'permission', 5],
    ['a folder that may not be written', ['encrypt', 'plain', '-o', 'closed/out', '-k', 'jwk:k.jwk'], 'permission', 5],
    ['a key that may not be read', ['encrypt', 'plain', '-o', 'out', '-k', 'jwk:secret'], 'bad-key', 2],
    ['a folder that takes no vault', ['init', 'closed'], 'permission', 5],
    ['a folder in which no vault can be made', ['init', 'closed/vault'], 'permission', 5],
    ['a folder that takes no key', ['key', 'new', '-o', 'closed/k.jwk'], 'permission', 5],
    ['a configuration that may not be read', ['ls', '--vault', 'closed'], 'permission', 5],
    [
      'an output file that may not be looked at',
      ['encrypt', 'plain', '-o', 'closed/a/b', '-k', 'jwk:k.jwk'],
      'permission',
      5,
    ],
  ];
  for (const [what, words, code, exit] of cases) {
    test(`${what} is refused with ${code}, and nothing is left`, async () => {
      await using folder = await folderOfNobody();
      const before = everything(folder.path);
      const result = await runCli([...words, '--json'], { cwd: folder.path, uid: NOBODY });
      assert.deepEqual([told(result).code, result.exit], [code, exit], result.stderr);
      assert.equal(result.stdout, '');
      assert.deepEqual(everything(folder.path), before);
    });
  }

  test('a catalog that may only be read is refused with permission, and stays as it is', async () => {
    await using folder = await folderOfNobody();
    const vault = join(folder.path, 'sealroom');
    await initVault(vault);
    chmodSync(vault, 0o755);
    for (const name of ['sealroom.json', 'master.jwk', 'blobs']) chownSync(join(vault, name), NOBODY, NOBODY);
    chmodSync(join(vault, 'catalog.db'), 0o644);
    const before = readFileSync(join(vault, 'catalog.db'));
    const result = await runCli(['put', 'plain', '--json'], { cwd: folder.path, uid: NOBODY });
    assert.deepEqual([told(result).code, result.exit], ['permission', 5], result.stderr);
    assert.deepEqual(readFileSync(join(vault, 'catalog.db')), before);
  });
});

describe('two at once', () => {
  test('making one vault: one makes it, the other is refused and leaves it alone', async () => {
    await using folder = await temporaryFolder();
    const results = await Promise.all([0, 1].map(() => runCli(['init', '--quiet'], { cwd: folder.path })));
    assert.deepEqual(results.map(({ exit }) => String(exit)).sort(), ['0', '5']);
    const listed = await runCli(['put', join(folder.path, 'sealroom/sealroom.json')], { cwd: folder.path });
    assert.equal(listed.exit, 0, listed.stderr);
  });

  test('writing one output file: one has it, the other is refused, and it is whole', async () => {
    await using folder = await temporaryFolder();
    await createJwk(join(folder.path, 'k.jwk'));
    writeFileSync(join(folder.path, 'plain'), 'text');
    const words = ['encrypt', 'plain', '-o', 'out', '-k', 'jwk:k.jwk'];
    const results = await Promise.all([0, 1].map(() => runCli(words, { cwd: folder.path })));
    assert.deepEqual(results.map(({ exit }) => String(exit)).sort(), ['0', '5']);
    const { exit } = await runCli(['decrypt', 'out', '-o', 'opened', '-k', 'jwk:k.jwk'], { cwd: folder.path });
    assert.equal(exit, 0);
    assert.deepEqual(readdirSync(folder.path).sort(), ['k.jwk', 'opened', 'out', 'plain']);
  });
});
