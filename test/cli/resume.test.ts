/** Large files through a service: a put that was killed or stopped goes on. */
import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runCli, startCli } from '../support/cli.ts';
import type { CliResult } from '../support/cli.ts';
import { portOf } from '../support/loopback.ts';
import { download, startService } from '../support/service.ts';
import type { RunningService } from '../support/service.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MEBIBYTE = 2 ** 20;
const SIZE = 66 * MEBIBYTE;

/** A line to the service that lets so many bytes through, and then waits. */
class Line implements AsyncDisposable {
  readonly #server = createServer((socket) => this.#carry(socket));
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #left = Infinity;
  #exhausted = Promise.withResolvers<void>();
  /** Bytes that went to the service. */
  carried = 0;
  url = '';

  constructor(service: RunningService) {
    this.#target = Number(new URL(service.server.url).port);
  }

  async open(): Promise<this> {
    this.url = `http://127.0.0.1:${await portOf(this.#server)}`;
    return this;
  }

  /** Lets so many bytes more through; resolves once they are, and the next ones wait. */
  allow(bytes: number): Promise<void> {
    this.carried = 0;
    this.#left = bytes;
    this.#exhausted = Promise.withResolvers<void>();
    for (const socket of this.#sockets) this.#goOn(socket);
    return this.#exhausted.promise;
  }

  #carry(socket: Socket): void {
    const other = connect(this.#target, '127.0.0.1');
    for (const [one, two] of [
      [socket, other],
      [other, socket],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        this.#sockets.delete(one);
        // What is on the way arrives.
        two.destroySoon();
      });
    }
    other.on('data', (chunk) => void socket.write(chunk));
    other.on('drain', () => this.#goOn(socket));
    socket.on('data', (chunk) => {
      this.carried += chunk.length;
      this.#left -= chunk.length;
      if (!other.write(chunk) || this.#left <= 0) socket.pause();
      if (this.#left <= 0) this.#exhausted.resolve();
    });
  }

  #goOn(socket: Socket): void {
    if (this.#left > 0) socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

interface World extends AsyncDisposable {
  readonly service: RunningService;
  readonly line: Line;
  readonly folder: string;
  readonly file: string;
  start(words: readonly string[]): ReturnType<typeof startCli>;
  run(words: readonly string[]): Promise<CliResult>;
  /** What the command line remembers. */
  remembered(): string[];
  unfinished(): Promise<number>;
}

async function newWorld(environment: Readonly<Record<string, string>> = {}): Promise<World> {
  await using scope = new AsyncDisposableStack();
  const service = scope.use(await startService());
  const line = scope.use(await new Line(service).open());
  const folder = scope.use(await temporaryFolder()).path;
  const file = join(folder, 'large.bin');
  writeFileSync(file, randomFillSync(Buffer.allocUnsafe(SIZE)));
  const env = {
    SEALROOM_URL: line.url,
    SEALROOM_TOKEN: service.token,
    XDG_STATE_HOME: join(folder, 'state'),
    ...environment,
  };
  const all = scope.move();
  return {
    service,
    line,
    folder,
    file,
    start: (words) => startCli(words, { cwd: folder, env }),
    run: (words) => runCli(words, { cwd: folder, env }),
    remembered: () => {
      const uploads = join(folder, 'state/sealroom/uploads');
      return readdirSync(uploads).map((name) => join(uploads, name));
    },
    unfinished: async () => (await service.disk.vault.uploads('default').list()).length,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Begins a put, and kills it in the middle. */
async function kill(world: World, signal: NodeJS.Signals): Promise<CliResult> {
  const reached = world.line.allow(20 * MEBIBYTE);
  const { process: child, result } = world.start(['put', 'large.bin']);
  await reached;
  child.kill(signal);
  const ended = await result;
  void world.line.allow(Infinity);
  return ended;
}

async function assertStored({ service, file }: World, { stdout }: CliResult): Promise<void> {
  const id = stdout.trim();
  const { url } = service.server;
  const stored = await download({ url, token: service.token }, id);
  assert.ok(stored.equals(readFileSync(file)), 'the file is there, byte for byte');
  assert.equal((await service.disk.vault.tenant('default').stat(id)).name, 'large.bin');
}

describe('a large file through a service', { skip: process.platform === 'win32', timeout: 120_000 }, () => {
  test('goes on after the command was killed, and is remembered no more when it is there', async () => {
    await using world = await newWorld();
    const killed = await kill(world, 'SIGKILL');
    assert.deepEqual([killed.stdout, killed.exit], ['', null]);
    const [note, ...others] = world.remembered();
    assert.deepEqual(others, []);
    assert.equal(statSync(note!).mode & 0o777, 0o600);
    const text = readFileSync(note!, 'utf8');
    assert.ok(!text.includes(world.service.token) && !text.includes(world.service.token.split('_').at(-1)!));
    assert.deepEqual(Object.keys(JSON.parse(text) as object).sort(), [
      'expires',
      'id',
      'modified',
      'path',
      'service',
      'size',
      'tenant',
    ]);
    assert.equal(await world.unfinished(), 1);
    const resumed = await world.run(['put', '--resume', 'large.bin']);
    assert.deepEqual([resumed.stderr, resumed.exit], ['', 0]);
    assert.ok(world.line.carried < SIZE - 10 * MEBIBYTE, `${world.line.carried} bytes were sent the second time`);
    await assertStored(world, resumed);
    assert.deepEqual([world.remembered(), await world.unfinished()], [[], 0]);
  });

  test('that was changed since it was stopped is refused, and then put anew', async () => {
    await using world = await newWorld();
    const stopped = await kill(world, 'SIGINT');
    const how = 'hint: sealroom put --resume large.bin goes on where it was\n';
    assert.equal(stopped.stderr, `sealroom: stopped by SIGINT before it was done\n${how}`);
    assert.equal(stopped.exit, 130);
    appendFileSync(world.file, 'more');
    const refused = await world.run(['put', '--resume', 'large.bin']);
    assert.equal(
      refused.stderr,
      'sealroom: large.bin: it was changed since its upload was begun, and half of each would be no file\n' +
        'hint: sealroom put large.bin, without --resume, begins anew\n',
    );
    assert.equal(refused.exit, 5);
    assert.deepEqual([world.remembered().length, await world.unfinished()], [1, 1]);
    const anew = await world.run(['put', 'large.bin']);
    assert.deepEqual([anew.stderr, anew.exit], ['', 0]);
    await assertStored(world, anew);
    assert.deepEqual([world.remembered(), await world.unfinished()], [[], 0]);
  });

  test('that is put anew leaves what was begun before, and one that is gone is begun anew', async () => {
    await using world = await newWorld();
    await kill(world, 'SIGKILL');
    const second = await kill(world, 'SIGTERM');
    assert.match(second.stderr, /^large\.bin: it is put from its beginning; put --resume goes on with what was begun/);
    assert.deepEqual([world.remembered().length, await world.unfinished()], [2, 2]);
    const uploads = world.service.disk.vault.uploads('default');
    await uploads.abandon((await uploads.list()).at(-1)!.id);
    const anew = await world.run(['put', '--resume', 'large.bin']);
    assert.equal(anew.stderr, 'large.bin: what was begun is not there any more: it is put from its beginning\n');
    await assertStored(world, anew);
    assert.deepEqual([world.remembered(), await world.unfinished()], [[], 1]);
  });

  test('that changes while it is sent is given up', async () => {
    await using world = await newWorld();
    const reached = world.line.allow(20 * MEBIBYTE);
    const { result } = world.start(['put', 'large.bin']);
    await reached;
    appendFileSync(world.file, 'more');
    void world.line.allow(Infinity);
    const { stdout, stderr, exit } = await result;
    assert.match(stderr, /^sealroom: large\.bin: it was changed while it was read.*\nhint: put it again/);
    assert.deepEqual([stdout, exit], ['', 5]);
    assert.deepEqual([world.remembered(), await world.unfinished()], [[], 0]);
    assert.deepEqual((await world.service.disk.vault.tenant('default').list()).files, []);
  });

  test('is put all the same where nothing was, or can be, remembered', async () => {
    await using world = await newWorld({ XDG_STATE_HOME: '/dev/null/no' });
    const result = await world.run(['put', '--resume', 'large.bin']);
    const [warning, note, ...others] = result.stderr.split('\n');
    assert.match(warning!, /^warning: uploads are not remembered, so that --resume knows of none: /);
    assert.equal(note, 'large.bin: there is nothing to go on with: it is put from its beginning');
    assert.deepEqual([others, result.exit], [[''], 0]);
    await assertStored(world, result);
  });
});

describe('put --resume', () => {
  test('of a small file, or of stdin, has nothing to go on with', async () => {
    await using folder = await temporaryFolder();
    await using service = await startService();
    writeFileSync(join(folder.path, 'a'), 'hello');
    const env = { SEALROOM_URL: service.server.url, SEALROOM_TOKEN: service.token, HOME: folder.path };
    const small = await runCli(['put', '--resume', 'a'], { cwd: folder.path, env });
    assert.match(small.stderr, /^a: .* it is put from its beginning\n$/);
    const quiet = await runCli(['put', '--resume', '--quiet', 'a'], { cwd: folder.path, env });
    assert.deepEqual([quiet.stderr, quiet.exit], ['', 0]);
    const stdin = await runCli(['put', '--resume', 'a', '-'], { cwd: folder.path, env });
    assert.equal(stdin.stderr, 'sealroom: --resume is for files: what came from stdin is gone\n');
    assert.deepEqual([stdin.stdout, stdin.exit], ['', 2]);
    assert.deepEqual(readdirSync(folder.path), ['a']);
  });
});
