/** A command that is asked for the vault's own files must not lose what others commit meanwhile. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { initVault } from '../../src/compose/init.ts';
import { runCli, startCli } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a put of the catalog’s own files leaves the catalog to whoever else writes it', { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder();
  const cwd = folder.path;
  await initVault(join(cwd, 'sealroom'));
  writeFileSync(join(cwd, 'plain'), 'text');
  const own = ['', '-wal', '-shm'].map((suffix) => `sealroom/catalog.db${suffix}`);
  const { process: child, result } = startCli(['put', ...own, '-'], { cwd });
  using _ = { [Symbol.dispose]: () => child.kill('SIGKILL') };
  // Told on stderr when one was refused, on stdout when it was put: then it waits for the last.
  await lines(child, own.length);
  // Had it lost its locks, this would take itself for the last to leave, and take the log away.
  const other = await runCli(['put', 'plain'], { cwd });
  assert.equal(other.exit, 0, other.stderr);
  assert.ok(existsSync(join(cwd, 'sealroom/catalog.db-wal')), 'the log is still in use');
  child.stdin!.end('late');
  const { stdout } = await result;
  const ids = [...other.stdout.trim().split('\n'), ...stdout.trim().split('\n')];
  const verified = await runCli(['verify', ...ids], { cwd });
  assert.equal(verified.exit, 0, verified.stderr);
  assert.equal(ids.length, 2);
});

/** Waits until a command has told this many lines, to whichever of its outputs. */
async function lines({ stdout, stderr }: ChildProcess, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let told = 0;
  const note = (chunk: Buffer): void => {
    told += chunk.toString().split('\n').length - 1;
    if (told >= count) resolve();
  };
  for (const output of [stdout!, stderr!]) output.on('data', note);
  await promise;
}
