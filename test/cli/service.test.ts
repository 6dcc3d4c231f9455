/** The command line through a service: what the scripts, which say the same of both, do not say. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { initVault } from '../../src/compose/init.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { runCli, startCli } from '../support/cli.ts';
import type { CliResult } from '../support/cli.ts';
import { startService } from '../support/service.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const TOKEN = 'sr_abcdefghijklmnop_THIS-MUST-NOT-BE-SEEN';

const stat = { id: 'f', name: 'n', size: 1_000_000, version: 'v' };

/** A server that answers as it is told, on this machine. */
async function serverOf(listener: RequestListener): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Runs a command that must not say its token, even to whoever looks for a fault. */
async function run(words: readonly string[], cwd: string, env: Record<string, string>): Promise<CliResult> {
  const result = await runCli(words, { cwd, env: { NODE_DEBUG: 'sealroom', ...env } });
  assert.ok(!`${result.stdout}${result.stderr}`.includes('THIS-MUST-NOT-BE-SEEN'), result.stderr);
  return result;
}

/** The line that tells the error, among what NODE_DEBUG adds. */
function told({ stderr }: CliResult): string | undefined {
  return stderr.split('\n').find((line) => line.startsWith('sealroom: '));
}

describe('the service that the environment names', () => {
  test('needs a token', async () => {
    await using folder = await temporaryFolder();
    const result = await run(['ls'], folder.path, { SEALROOM_URL: 'https://files.example.org' });
    assert.equal(told(result), 'sealroom: SEALROOM_TOKEN: it is missing, and SEALROOM_URL names a service');
    assert.equal(result.exit, 2);
  });

  test('is not spoken to by plain http unless it is on this machine, or that is allowed', async () => {
    await using folder = await temporaryFolder();
    const env = { SEALROOM_URL: 'http://files.invalid', SEALROOM_TOKEN: TOKEN };
    const refused = await run(['ls'], folder.path, env);
    assert.match(told(refused)!, /^sealroom: http:\/\/files\.invalid: plain http /);
    assert.match(refused.stderr, /^hint: .*SEALROOM_INSECURE_HTTP=1/m);
    assert.equal(refused.exit, 2);
    const allowed = await run(['ls'], folder.path, { ...env, SEALROOM_INSECURE_HTTP: '1' });
    assert.match(told(allowed)!, /does not answer/);
    assert.equal(allowed.exit, 6);
  });

  test('counts less than a vault that is named on the command line, and more than one that the environment names', async () => {
    await using folder = await temporaryFolder();
    await initVault(join(folder.path, 'local'));
    let asked = 0;
    await using server = await serverOf((_request, response) => {
      asked++;
      response.setHeader('content-type', 'application/json').end('{"files":[],"unreadable":[]}');
    });
    const env = { SEALROOM_URL: server.url, SEALROOM_TOKEN: TOKEN, SEALROOM_VAULT: 'nowhere' };
    assert.equal((await run(['--vault', 'local', 'ls'], folder.path, env)).exit, 0);
    assert.equal(asked, 0);
    assert.equal((await run(['ls'], folder.path, env)).exit, 0);
    assert.equal(asked, 1);
  });

  test('is told the token in a header, and the tenant where one is named', async () => {
    await using folder = await temporaryFolder();
    const seen: (string | undefined)[] = [];
    await using server = await serverOf(({ headers }, response) => {
      seen.push(headers.authorization, headers['sealroom-tenant'] as string | undefined);
      response.setHeader('content-type', 'application/json').end('{"files":[],"unreadable":[]}');
    });
    const env = { SEALROOM_URL: server.url, SEALROOM_TOKEN: ` ${TOKEN}\n` };
    await run(['ls'], folder.path, env);
    await run(['ls'], folder.path, { ...env, SEALROOM_TENANT: 'acme' });
    await run(['ls', '--tenant', 'other'], folder.path, { ...env, SEALROOM_TENANT: 'acme' });
    const bearer = `Bearer ${TOKEN}`;
    assert.deepEqual(seen, [bearer, undefined, bearer, 'acme', bearer, 'other']);
  });

  test('that does not know the token is told so, with a hint', async () => {
    await using folder = await temporaryFolder();
    await using service = await startService();
    const result = await run(['ls'], folder.path, { SEALROOM_URL: service.server.url, SEALROOM_TOKEN: TOKEN });
    assert.equal(told(result), 'sealroom: the token is not valid: unknown, expired or revoked');
    assert.match(result.stderr, /^hint: SEALROOM_TOKEN /m);
    assert.equal(result.exit, 5);
  });

  test('that sends the caller elsewhere is not followed', async () => {
    await using folder = await temporaryFolder();
    let followed = false;
    await using other = await serverOf((_request, response) => {
      followed = true;
      response.end();
    });
    await using server = await serverOf((_request, response) => response.writeHead(302, { location: other.url }).end());
    const result = await run(['ls'], folder.path, { SEALROOM_URL: server.url, SEALROOM_TOKEN: TOKEN });
    assert.match(told(result)!, /redirection/);
    assert.deepEqual([result.exit, followed], [2, false]);
  });
});

describe('a connection that breaks', () => {
  const breaking: RequestListener = ({ url }, response) => {
    if (url!.endsWith('/content')) {
      response.setHeader('content-length', String(stat.size));
      response.write(patterned(500_000), () => response.destroy());
    } else response.setHeader('content-type', 'application/json').end(JSON.stringify(stat));
  };

  test('leaves no output file, and says to try again', async () => {
    await using folder = await temporaryFolder();
    await using server = await serverOf(breaking);
    const env = { SEALROOM_URL: server.url, SEALROOM_TOKEN: TOKEN };
    const result = await run(['get', 'f', '-o', 'out'], folder.path, env);
    assert.match(told(result)!, /^sealroom: the connection broke after \d+ of 1000000 bytes/);
    assert.equal(result.exit, 6);
    assert.deepEqual(readdirSync(folder.path), []);
  });
});

describe('a signal, through a service', { skip: process.platform === 'win32', timeout: 60_000 }, () => {
  test('in the middle of a get removes the unfinished file', async () => {
    await using folder = await temporaryFolder();
    const begun = Promise.withResolvers<void>();
    await using server = await serverOf(({ url }, response) => {
      if (url!.endsWith('/content')) {
        response.setHeader('content-length', String(stat.size));
        response.write(patterned(500_000), () => begun.resolve());
      } else response.setHeader('content-type', 'application/json').end(JSON.stringify(stat));
    });
    const env = { SEALROOM_URL: server.url, SEALROOM_TOKEN: TOKEN };
    const { process: child, result } = startCli(['get', 'f', '-o', 'out'], { cwd: folder.path, env });
    await begun.promise;
    while (!readdirSync(folder.path).some((name) => name.endsWith('.part'))) await sleep(5);
    child.kill('SIGINT');
    const { stderr, exit } = await result;
    assert.deepEqual([stderr, exit], ['sealroom: stopped by SIGINT before it was done\n', 130]);
    assert.deepEqual(readdirSync(folder.path), []);
  });

  test('in the middle of a put leaves no file', async () => {
    await using folder = await temporaryFolder();
    await using service = await startService();
    const { url } = service.server;
    const env = { SEALROOM_URL: url, SEALROOM_TOKEN: service.token };
    const { process: child, result } = startCli(['put', '-', '--json'], { cwd: folder.path, env });
    child.stdin!.write(patterned(2_000_000));
    const blobs = join(service.place.folder, 'blobs');
    const written = (): boolean =>
      existsSync(blobs) && readdirSync(blobs, { recursive: true, withFileTypes: true }).some((entry) => entry.isFile());
    while (!written()) await sleep(5);
    child.kill('SIGTERM');
    const { stdout, exit } = await result;
    assert.deepEqual([JSON.parse(stdout), exit], [{ files: [] }, 130]);
    assert.deepEqual((await service.disk.vault.tenant('default').list()).files, []);
    while (written()) await sleep(5);
  });
});
