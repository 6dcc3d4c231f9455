/**
 * How fast the service takes and sends a file, beside itself with a cipher that does nothing, and beside the least that a
 * server can be, in one run:
 *
 *     npm run bench:http-speed
 *     node bench/http-speed.ts 256 3        another size, in MiB, and number of rounds
 *
 * curl is the client; its own processor seconds stand beside, because a client that is busy all the time is what was
 * measured. Files and vaults lie in memory (/dev/shm), so that no disk is. Needs Linux and curl.
 */
import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './support/commands.ts';
import { curlPlace, downloadCommand, downloadPiped, idOf, removeCommand, uploadCommand } from './support/curl.ts';
import type { CurlPlace } from './support/curl.ts';
import { freshlyFreedMemory } from './support/freed-memory.ts';
import { machine } from './support/machine.ts';
import { NumberedBlocks } from './support/numbered-blocks.ts';
import { processorSeconds } from './support/process-facts.ts';
import { formatSpread, inRounds, ratioOf, spreadOf } from './support/rounds.ts';
import type { Spread } from './support/rounds.ts';
import { serve } from './support/serve.ts';
import { ServerProcess } from './support/server-process.ts';
import { writeToFile } from './support/streams.ts';
import { table } from './support/table.ts';
import { say } from './support/say.ts';

const MIB = 2 ** 20;
const SIZE = Number(process.argv[2] ?? 1024) * MIB;
const ROUNDS = Number(process.argv[3] ?? 5);

interface Subject {
  readonly name: string;
  readonly server: ServerProcess;
  readonly place: CurlPlace;
}

/** All of one transfer. */
interface Taken {
  readonly seconds: number;
  readonly serverSeconds: number;
  readonly clientSeconds: number;
}

interface Measured {
  readonly upload: Taken;
  readonly download: Taken;
}

const folder = await mkdtemp('/dev/shm/sealroom-bench-');
try {
  const blocks = new NumberedBlocks();
  await using scope = new AsyncDisposableStack();
  await writeInput(blocks, at('whole'));
  const idleCipher = join(import.meta.dirname, 'programs/use-idle-cipher.ts');
  const subjects = [
    await subject('sealroom', scope.use(await serve(at('sealroom')))),
    await subject('sealroom, its cipher idle', scope.use(await serve(at('idle'), { preload: idleCipher }))),
    await subject('bare node:http', scope.use(await bareServer(at('bare')))),
  ];
  await expectSealed(at('sealroom/blobs'), subjects[0]!, true);
  await expectSealed(at('idle/blobs'), subjects[1]!, false);
  const measured = await inRounds(ROUNDS, subjects, measure);
  for (const { name, place } of subjects) await expectWhole(name, place, blocks);
  const results = subjects.map((each) => ({ name: each.name, rounds: measured.get(each)! }));
  say(machine());
  say(`${SIZE / MIB} MiB in /dev/shm, medians of ${ROUNDS} rounds taken in turns; the client is curl.`);
  for (const direction of ['upload', 'download'] as const) report(direction, results);
  say('', 'What each server sends was compared with what it was sent.');
  for (const { server } of subjects) await server.stop();
} finally {
  await rm(folder, { recursive: true, force: true });
}

function at(name: string): string {
  return join(folder, name);
}

async function writeInput(blocks: NumberedBlocks, path: string): Promise<void> {
  await using handle = await open(path, 'wx');
  await writeToFile(handle, blocks.bytes(SIZE));
}

async function subject(name: string, server: ServerProcess): Promise<Subject> {
  const own = at(`headers-${server.pid}`);
  await mkdir(own);
  return { name, server, place: await curlPlace(server, own) };
}

async function bareServer(own: string): Promise<ServerProcess> {
  await mkdir(own);
  return ServerProcess.start([process.execPath, join(import.meta.dirname, 'programs/bare-http.ts'), own]);
}

async function measure({ server, place }: Subject): Promise<Measured> {
  await freshlyFreedMemory(at('whole'), at('freed'));
  const { taken: upload, stdout } = await takenBy(server, uploadCommand(place, at('whole')));
  const id = idOf(stdout);
  const { taken: download } = await takenBy(server, downloadCommand(place, id, '/dev/null'));
  await run(removeCommand(place, id));
  return { upload, download };
}

async function takenBy(server: ServerProcess, command: readonly string[]): Promise<{ taken: Taken; stdout: string }> {
  const before = await processorSeconds(server.pid);
  const { milliseconds, processorMilliseconds, stdout } = await run(command);
  const serverSeconds = (await processorSeconds(server.pid)) - before;
  return {
    taken: { seconds: milliseconds / 1000, serverSeconds, clientSeconds: processorMilliseconds / 1000 },
    stdout,
  };
}

/** That what is compared is what it is called: with the idle cipher, and only then, blobs hold the bytes of the file. */
async function expectSealed(blobs: string, { name, place }: Subject, sealed: boolean): Promise<void> {
  const probe = at('probe');
  const text = Buffer.from(`${crypto.randomUUID()} in the clear`);
  await writeFile(probe, text);
  const id = idOf((await run(uploadCommand(place, probe))).stdout);
  const files = (await readdir(blobs, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  if (files.length !== 1) throw new Error(`${name}: ${files.length} blobs for one file`);
  await using blob = await open(join(files[0]!.parentPath, files[0]!.name));
  if ((await blob.readFile()).includes(text) === sealed) throw new Error(`${name}: it has the other's cipher`);
  await run(removeCommand(place, id));
}

async function expectWhole(name: string, place: CurlPlace, blocks: NumberedBlocks): Promise<void> {
  const id = idOf((await run(uploadCommand(place, at('whole')))).stdout);
  try {
    await downloadPiped(place, id, (body) => blocks.check(body, SIZE));
  } catch (error) {
    throw new Error(`${name}: not what it was sent`, { cause: error });
  }
  await run(removeCommand(place, id));
}

interface Result {
  readonly name: string;
  readonly rounds: readonly Measured[];
}

/** Prints a table: the first one's times, and how the others' are beside them. */
function report(direction: 'upload' | 'download', results: readonly Result[]): void {
  const valuesOf = ({ rounds }: Result, what: keyof Taken): number[] => rounds.map((each) => each[direction][what]);
  const first = results[0]!;
  const beside = (result: Result, what: 'seconds' | 'serverSeconds'): Spread =>
    ratioOf(valuesOf(first, what), valuesOf(result, what));
  const rows = results.map((result) => {
    const seconds = spreadOf(valuesOf(result, 'seconds'));
    return [
      result.name,
      formatSpread(seconds),
      (SIZE / 1e9 / seconds.median).toFixed(2),
      result === first ? '1' : formatSpread(beside(result, 'seconds')),
      spreadOf(valuesOf(result, 'serverSeconds')).median.toFixed(2),
      result === first ? '1' : formatSpread(beside(result, 'serverSeconds')),
      spreadOf(valuesOf(result, 'clientSeconds')).median.toFixed(2),
    ];
  });
  const multiple = "Sealroom's as a multiple";
  const head = ['seconds', 'GB/s', multiple, "server's processor seconds", multiple, "curl's"];
  say('', table([direction, ...head], rows));
}
