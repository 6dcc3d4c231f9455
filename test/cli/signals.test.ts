/** A signal stops a command, which leaves nothing half-done. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { initVault } from '../../src/compose/init.ts';
import { openVaultAt } from '../../src/compose/open.ts';
import { loadConfig } from '../../src/config/config.ts';
import { systemCode } from '../../src/file-errors.ts';
import { createJwk } from '../../src/key-files/jwk.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { cliProgram, runCli, startCli } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Waits for an unfinished output file that has this many bytes. */
async function partOf(folder: string, least: number): Promise<string> {
  for (;;) {
    const part = readdirSync(folder).find((name) => name.endsWith('.part'));
    if (part !== undefined && statSync(join(folder, part)).size >= least) return part;
    await sleep(5);
  }
}

const chunk = Buffer.alloc(1024 * 1024);

describe('a signal', { skip: process.platform === 'win32' ? 'Windows has no signals' : false, timeout: 60_000 }, () => {
  test('in the middle of a get removes the unfinished file and exits with 130', async () => {
    await using folder = await temporaryFolder();
    const work = folder.path;
    const vault = join(work, 'sealroom');
    await initVault(vault);
    let id: string;
    {
      await using opened = await openVaultAt(await loadConfig(vault, {}));
      const plaintext = Array.from({ length: 64 }, () => chunk);
      ({ id } = await opened.vault.tenant('default').put(plaintext, { name: 'large' }));
    }
    const before = readdirSync(work);
    const { process: child, result } = startCli(['get', id, '-o', 'out'], { cwd: work });
    await partOf(work, 0);
    child.kill('SIGSTOP');
    assert.ok(!readdirSync(work).includes('out'), 'it was stopped in the middle');
    child.kill('SIGINT');
    child.kill('SIGCONT');
    assert.deepEqual(await result, {
      stdout: '',
      stderr: 'sealroom: stopped by SIGINT before it was done\n',
      exit: 130,
    });
    assert.deepEqual(readdirSync(work), before);
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    test(`${signal} ends a command whose input is silent`, async () => {
      await using folder = await temporaryFolder();
      await createJwk(join(folder.path, 'k.jwk'));
      const { process: child, result } = startCli(['encrypt', '-', '-o', 'out', '-k', 'jwk:k.jwk'], {
        cwd: folder.path,
      });
      for (let i = 0; i < 3; i++) child.stdin!.write(chunk);
      await partOf(folder.path, chunk.length);
      child.kill(signal);
      assert.equal((await result).exit, 130);
      assert.deepEqual(readdirSync(folder.path), ['k.jwk']);
    });
  }

  test('in the middle of a put leaves no file, and no bytes', async () => {
    await using folder = await temporaryFolder();
    const vault = join(folder.path, 'sealroom');
    await initVault(vault);
    const { process: child, result } = startCli(['put', '-', '--json'], { cwd: folder.path });
    for (let i = 0; i < 3; i++) child.stdin!.write(chunk);
    const blobs = join(vault, 'blobs');
    const written = (): string[] =>
      readdirSync(blobs, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(blobs, name)).isFile());
    while (!written().some((name) => statSync(join(blobs, name)).size > 0)) await sleep(5);
    child.kill('SIGTERM');
    const { stdout, stderr, exit } = await result;
    assert.equal(exit, 130);
    assert.deepEqual(JSON.parse(stdout), { files: [] });
    assert.deepEqual(JSON.parse(stderr), { code: 'cancelled', message: 'stopped by SIGTERM before it was done' });
    assert.deepEqual(written(), []);
    await using opened = await openVaultAt(await loadConfig(vault, {}));
    assert.deepEqual((await opened.vault.tenant('default').list()).files, []);
  });

  test('ends a command that writes to whoever does not read', async () => {
    await using folder = await temporaryFolder();
    await createJwk(join(folder.path, 'k.jwk'));
    writeFileSync(join(folder.path, 'plain'), Buffer.alloc(16 * 1024 * 1024));
    const child = spawn(process.execPath, [cliProgram, 'encrypt', 'plain', '-k', 'jwk:k.jwk'], {
      cwd: folder.path,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = once(child, 'exit');
    // It begins to write, fills the pipe, and waits: nobody takes what is there.
    await once(child.stdout, 'readable');
    child.kill('SIGINT');
    assert.deepEqual(await exited, [130, null]);
  });

  test('in the middle of a decrypt to a full pipe gives a late reader nothing that was not there', async () => {
    await using folder = await temporaryFolder();
    const { path } = folder;
    await createJwk(join(path, 'k.jwk'));
    const plaintext = patterned(8 * 1024 * 1024);
    writeFileSync(join(path, 'plain'), plaintext);
    const sealed = await runCli(['encrypt', 'plain', '-o', 'sealed', '-k', 'jwk:k.jwk'], { cwd: path });
    assert.equal(sealed.exit, 0, sealed.stderr);
    // A named pipe keeps what is in it when its writer ends; of a pipe of ours, Node would throw it away then.
    const pipe = join(path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    using reader = new PipeReader(pipe);
    // stderr goes the same way: while the pipe is full the process cannot tell that it was stopped.
    const command = `exec '${process.execPath}' '${cliProgram}' decrypt sealed -k jwk:k.jwk > pipe 2>&1`;
    const child = spawn('/bin/sh', ['-c', command], { cwd: path, stdio: 'ignore' });
    const beginning = await reader.some();
    child.kill('SIGINT');
    // It gives up the write, which only a reader could see: and there is none yet.
    await sleep(200);
    const output = Buffer.concat([beginning, await reader.rest()]);
    const told = 'sealroom: stopped by SIGINT before it was done\n';
    const at = output.indexOf(told);
    assert.ok(at > 0, 'it was stopped in the middle');
    const bytes = Buffer.concat([output.subarray(0, at), output.subarray(at + told.length)]);
    assert.ok(bytes.length < plaintext.length);
    assert.ok(bytes.equals(plaintext.subarray(0, bytes.length)));
  });
});

/** The reading end of a named pipe, which takes nothing until it is asked. */
class PipeReader implements Disposable {
  readonly #descriptor: number;

  constructor(path: string) {
    this.#descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** A first byte, once there is one. */
  async some(): Promise<Buffer> {
    for (;;) {
      const bytes = this.#read(1);
      if (bytes !== undefined && bytes.length > 0) return bytes;
      await sleep(1);
    }
  }

  /** Everything up to the end. */
  async rest(): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (;;) {
      const bytes = this.#read(65_536);
      if (bytes === undefined) await sleep(1);
      else if (bytes.length === 0) return Buffer.concat(parts);
      else parts.push(bytes);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }

  /** Undefined when a writer is there and has nothing; empty when there is no writer. */
  #read(most: number): Buffer | undefined {
    const buffer = Buffer.alloc(most);
    try {
      return buffer.subarray(0, readSync(this.#descriptor, buffer));
    } catch (error) {
      if (systemCode(error) === 'EAGAIN') return undefined;
      throw error;
    }
  }
}
