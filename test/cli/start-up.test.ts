/** What the command line loads before it knows what it is to do. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { cliProgram } from '../support/cli.ts';

const root = resolve(import.meta.dirname, '../..');

/** The files, below the checkout, that a command loads before it ends. */
function loadedBy(...words: string[]): string[] {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
    process.on('exit', () => process.stderr.write(JSON.stringify(loaded)));`;
  const preload = `data:text/javascript,${encodeURIComponent(script)}`;
  // Nobody listens there, and nobody is asked by commands that need no vault.
  const env = { SEALROOM_URL: 'http://127.0.0.1:1', SEALROOM_TOKEN: 'none' };
  const { stderr } = spawnSync(process.execPath, ['--import', preload, cliProgram, ...words], {
    encoding: 'utf8',
    env,
  });
  return (JSON.parse(stderr.split('\n').at(-1)!) as string[]).map((url) => url.replace(`file://${root}/`, ''));
}

describe('start-up', () => {
  for (const words of [['--version'], ['--help'], ['help', 'put']]) {
    test(`of sealroom ${words.join(' ')} loads commander and a few small files`, () => {
      const loaded = loadedBy(...words);
      const ours = loaded.filter((url) => !url.startsWith('node:') && !url.includes('/commander/'));
      const allowed = /^(bin\/sealroom\.mjs|src\/cli\/[a-z-]+\.ts|src\/(errors|file-errors)\.ts)$/;
      assert.deepEqual(
        ours.filter((url) => !allowed.test(url)),
        [],
      );
      assert.ok(ours.length <= 12, `${ours.length} files: ${ours.join(' ')}`);
      assert.ok(!loaded.includes('node:sqlite'));
    });
  }

  test('of a command without a vault loads neither SQLite nor the schema of the configuration', () => {
    const loaded = loadedBy('key', 'new', '-o', '/dev/null/no', '--json');
    assert.ok(loaded.some((url) => url.endsWith('commands/key-new.ts')));
    const heavy = loaded.filter((url) => /sqlite|zod|mime|vault\/|blobs\//.test(url));
    assert.deepEqual(heavy, []);
  });
});

test('a command through a service loads no vault, no store and no key', () => {
  const loaded = loadedBy('ls', '--json');
  assert.ok(loaded.some((url) => url.endsWith('client/connect.ts')));
  const heavy = loaded.filter((url) =>
    /sqlite|zod|fastify|pino|jose|keyrings|blobs|catalogs|compose|vault\//.test(url),
  );
  assert.deepEqual(heavy, []);
});

describe('an old Node', () => {
  const pretend = (version: string): { stdout: string; stderr: string; status: number | null } => {
    const versions = `{ value: { ...process.versions, node: '${version}' } }`;
    const preload = `data:text/javascript,Object.defineProperty(process, 'versions', ${versions})`;
    return spawnSync(process.execPath, ['--import', preload, cliProgram, '--version'], { encoding: 'utf8' });
  };

  for (const version of ['18.20.0', '22.99.0', '24.14.9']) {
    test(`${version} is told to be too old, in one line`, () => {
      const { stdout, stderr, status } = pretend(version);
      assert.equal(stderr, `sealroom needs Node 24.15 or newer, and this is Node ${version}\n`);
      assert.deepEqual([stdout, status], ['', 2]);
    });
  }

  for (const version of ['24.15.0', '26.0.0', '100.1.0']) {
    test(`${version} is none`, () => assert.equal(pretend(version).status, 0));
  }

  test('finds nothing in the program that it cannot parse', (t) => {
    const node = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
      const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
      return /^v(18|20|22)\./.test(stdout ?? '');
    });
    if (node === undefined) return t.skip('there is no Node 18, 20 or 22 on this machine to try it on');
    const { stderr, status } = spawnSync(node, [cliProgram, '--version'], { encoding: 'utf8' });
    assert.match(stderr, /^sealroom needs Node 24\.15 or newer, and this is Node \d+\.\d+\.\d+\n$/);
    assert.equal(status, 2);
  });
});

test('the version is the one of the package', () => {
  const stdout = execFileSync(process.execPath, [cliProgram, '--version'], { encoding: 'utf8' });
  const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  assert.equal(stdout, `${version}\n`);
});
