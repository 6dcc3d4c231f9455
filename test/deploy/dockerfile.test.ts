/**
 * The image of `deploy/Dockerfile`. No test has a Docker engine: the file is read and held against what an image should
 * be, its commands are run in folders, and what they made is run as a container would be. That Docker itself builds and
 * runs it is not tested.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { startService } from '../support/service.ts';
import { portOf } from '../support/loopback.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Contained, missingForContainers, runContained } from './container.ts';
import { buildStages, contextOf, copyOf, dockerfilePath, execWords, readStages } from './dockerfile.ts';

const root = resolve(import.meta.dirname, '../..');
const stages = readStages(readFileSync(dockerfilePath, 'utf8'));
const image = stages.at(-1)!;
const of = (name: string): string[] => image.instructions.filter((each) => each.name === name).map(({ text }) => text);
const entrypoint = execWords(of('ENTRYPOINT')[0]!);
const command = execWords(of('CMD')[0]!);
const healthCheck = execWords(of('HEALTHCHECK')[0]!);

describe('the Dockerfile', () => {
  test('has every stage on the same official release of Node, which the package takes', () => {
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
    const bases = new Set(stages.map(({ base }) => base));
    assert.equal(stages.length, 3);
    assert.equal(bases.size, 1);
    const [, major] = /^node:(\d+)-slim$/.exec([...bases][0]!) ?? [];
    const pinned = readFileSync(join(root, 'tools/node-runtime/package.json'), 'utf8');
    assert.equal(major, (JSON.parse(pinned) as { version: string }).version.split('.')[0]);
    assert.ok(Number(major) >= Number(/\d+/.exec(engines.node)![0]));
  });

  test('ends as a user who is nobody, with programs that no shell reads', () => {
    assert.deepEqual(of('USER'), ['65532:65532']);
    const names = image.instructions.map(({ name }) => name);
    // As root, whatever comes after it would not run as that user.
    assert.ok(names.indexOf('USER') > Math.max(names.lastIndexOf('RUN'), names.lastIndexOf('COPY')));
    for (const name of ['ENTRYPOINT', 'CMD', 'HEALTHCHECK']) assert.equal(of(name).length, 1, name);
    assert.deepEqual(entrypoint, ['node', '/app/bin/sealroom.mjs']);
  });

  test('has no secret to keep: no argument, and no variable but those named here', () => {
    const all = stages.flatMap(({ instructions }) => instructions);
    const known = new Set(['WORKDIR', 'COPY', 'RUN', 'ENV', 'USER', 'EXPOSE', 'HEALTHCHECK', 'ENTRYPOINT', 'CMD']);
    assert.deepEqual(
      all.filter(({ name }) => !known.has(name)),
      [],
    );
    assert.deepEqual(
      all.filter(({ name }) => name === 'ENV').map(({ text }) => text),
      ['NODE_ENV=production SEALROOM_VAULT=/vault'],
    );
  });

  test('is given what it copies, and nothing else', () => {
    const { kept, dropped } = contextOf(`${dockerfilePath}.dockerignore`);
    assert.equal(dropped[0], '*');
    const copied = stages
      .flatMap(({ instructions }) => instructions)
      .filter(({ name }) => name === 'COPY')
      .map(({ text }) => copyOf(text))
      .filter(({ from }) => from === undefined)
      .flatMap(({ paths }) => paths);
    assert.deepEqual(new Set(copied), new Set(kept));
    for (const path of kept) assert.ok(existsSync(join(root, path)), path);
  });
});

/** What the health check of the image says of a port. */
async function health(port: number): Promise<number> {
  const [, ...words] = healthCheck.map((word) => word.replace(':8080/', `:${port}/`));
  return promisify(execFile)(process.execPath, words).then(
    () => 0,
    (error: { code: number }) => error.code,
  );
}

describe('the health check of the image', () => {
  test('passes where the service answers', async () => {
    await using service = await startService();
    assert.equal(await health(service.server.address.port), 0);
  });

  test('fails where nobody listens, and where the answer is an error', async () => {
    await using scope = new AsyncDisposableStack();
    const ill = createServer((_request, response) => void response.writeHead(503).end());
    scope.defer(() => void ill.close());
    const port = await portOf(ill);
    assert.equal(await health(port), 1);
    ill.close();
    assert.equal(await health(port), 1);
  });
});

/** Makes a vault, serves it, puts a file and ends, as the image does. */
async function useImage(app: string, vault: string): Promise<void> {
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    SEALROOM_VAULT: vault,
    NODE_ENV: 'production',
  };
  const options = { volume: vault, env };
  const sealroom = entrypoint.map((word) => word.replace('/app', app));
  const contained = (...words: string[]): string => {
    const { status, stdout, stderr } = runContained([...sealroom, '--json', ...words], options);
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const write = runContained(['node', '-e', `fs.writeFileSync(${JSON.stringify(join(app, 'x'))}, '')`], options);
  assert.notEqual(write.status, 0, 'it cannot write where its own files are');
  assert.match(write.stderr, /EROFS|EACCES/);

  contained('init');
  const { token } = JSON.parse(contained('token', 'create', '--role', 'writer')) as { token: string };
  const words = command.map((word) => word.replace('8080', '0'));
  const serving = { ...options, env: { ...env, SEALROOM_HTTP: '{"shutdownDelay":0}' } };
  await using service = new Contained([...sealroom, '--json', '--quiet', ...words], serving);
  const { url } = JSON.parse(await service.said()) as { url: string };
  assert.equal(await health(Number(new URL(url).port)), 0);
  const headers = { authorization: `Bearer ${token}` };
  const stored = await fetch(`${url}/v1/files?name=a.txt`, { method: 'POST', headers, body: 'some bytes' });
  const { id } = (await stored.json()) as { id: string };
  const got = await fetch(`${url}/v1/files/${id}/content`, { headers });
  assert.equal(await got.text(), 'some bytes');
  assert.equal(lstatSync(join(vault, 'sealroom.json')).uid, 65_532);
  assert.deepEqual(await service.stop(), [0, null]);
}

function containersLeftOut(t: TestContext): boolean {
  const missing = missingForContainers();
  if (missing === undefined) return false;
  if (process.env['SEALROOM_REQUIRE_ALL'] !== undefined) throw new Error(missing);
  t.skip(`left out: ${missing}`);
  return true;
}

/** A folder whose inside others may reach. */
async function openFolder(): Promise<Awaited<ReturnType<typeof temporaryFolder>>> {
  const folder = await temporaryFolder();
  chmodSync(folder.path, 0o755);
  return folder;
}

describe('what is in the image', () => {
  test('runs as nobody, without a capability, on a root that takes no writes', async (t) => {
    if (containersLeftOut(t)) return;
    await using folder = await openFolder();
    const vault = join(folder.path, 'vault');
    mkdirSync(vault, { mode: 0o700 });
    chownSync(vault, 65_532, 65_532);
    await useImage(root, vault);
  });

  test('is made by the commands of the Dockerfile, and runs so', async (t) => {
    if (process.env['SEALROOM_REQUIRE_ALL'] === undefined) {
      return t.skip('left out: it installs all packages twice; SEALROOM_REQUIRE_ALL=1 has it run');
    }
    if (containersLeftOut(t)) return;
    await using folder = await openFolder();
    const npm = { npm_config_prefer_offline: 'true', npm_config_update_notifier: 'false' };
    const built = await buildStages(stages, { folder: folder.path, context: root, env: { ...process.env, ...npm } });
    const app = join(built, 'app');
    assert.ok(!existsSync(join(app, 'src')), 'it runs what was compiled');
    assert.ok(!existsSync(join(app, 'node_modules/typescript')), 'nothing that is for development comes along');
    await useImage(app, join(built, 'vault'));
  });
});
