/**
 * How much memory 10 GiB take, each way:
 *
 *     npm run bench:memory
 *
 * The bytes are made up and compared as they pass; only the vault is on disk, in the folder for temporary files, and
 * is removed. Exits 1 when a program had more resident than the limit, or gave other bytes back.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { machine } from './support/machine.ts';
import { NumberedBlocks } from './support/numbered-blocks.ts';
import { millisecondsOf } from './support/rounds.ts';
import { SEALROOM } from './support/sealroom.ts';
import { writeLent } from './support/streams.ts';
import { table } from './support/table.ts';
import { say } from './support/say.ts';

const SIZE = 10 * 2 ** 30;
/** Resident memory of each program, in bytes. */
const LIMIT = 200e6;

const blocks = new NumberedBlocks();
const peaks: { readonly name: string; readonly bytes: number; readonly with: string; readonly seconds: number }[] = [];

const folder = await mkdtemp(join(tmpdir(), 'sealroom-bench-'));
try {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < 2 * SIZE) throw new Error(`${folder}: fewer than ${2 * SIZE} bytes are free there`);
  await encryptAndDecrypt();
  await putAndGet();
} finally {
  await rm(folder, { recursive: true, force: true });
}
const rows = peaks.map((peak) => [peak.name, (peak.bytes / 1e6).toFixed(0), peak.seconds.toFixed(0), peak.with]);
const over = peaks.filter(({ bytes }) => bytes > LIMIT);
say(machine(), `10 GiB each; the limit is ${LIMIT / 1e6} MB`, '');
say(table(['command', 'peak resident, MB', 'seconds', 'at the same time'], rows));
say('', 'What came back was compared with what went in.');
for (const { name } of over) say(`MISSED: ${name} had more than ${LIMIT / 1e6} MB resident`);
process.exitCode = over.length === 0 ? 0 : 1;

/** One program's output is the other's input, so that the message is never on disk. */
async function encryptAndDecrypt(): Promise<void> {
  const key = join(folder, 'key.jwk');
  await start(['--quiet', 'key', 'new', '-o', key], ['ignore', 'ignore', 'inherit']).peak;
  const encrypt = start(['encrypt', '-k', `jwk:${key}`, '-'], ['pipe', 'pipe', 'inherit']);
  const decrypt = start(['decrypt', '-k', `jwk:${key}`, '-'], [encrypt.child.stdout!, 'pipe', 'inherit']);
  // This end would keep the pipe open after the program that reads it has gone.
  encrypt.child.stdout!.destroy();
  let [first, second] = [0, 0];
  const seconds = await secondsOf(async () => {
    [first, second] = await Promise.all([encrypt.peak, decrypt.peak, feed(encrypt.child), check(decrypt.child)]);
  });
  peaks.push({ name: 'encrypt', bytes: first, with: 'decrypt', seconds });
  peaks.push({ name: 'decrypt', bytes: second, with: 'encrypt', seconds });
}

async function putAndGet(): Promise<void> {
  const vault = ['--vault', join(folder, 'vault')];
  await start([...vault, '--quiet', 'init'], ['ignore', 'ignore', 'inherit']).peak;
  const put = start([...vault, 'put', '-'], ['pipe', 'pipe', 'inherit']);
  let [bytes, id] = [0, ''];
  const putSeconds = await secondsOf(async () => {
    [bytes, id] = await Promise.all([put.peak, text(put.child.stdout!), feed(put.child)]);
  });
  peaks.push({ name: 'put', bytes, with: '', seconds: putSeconds });
  const get = start([...vault, 'get', id.trim()], ['ignore', 'pipe', 'inherit']);
  const getSeconds = await secondsOf(async () => {
    [bytes] = await Promise.all([get.peak, check(get.child)]);
  });
  peaks.push({ name: 'get', bytes, with: '', seconds: getSeconds });
}

interface Started {
  readonly child: ChildProcess;
  /** Most memory it had resident, in bytes; rejects when it fails. */
  readonly peak: Promise<number>;
}

function start(
  words: readonly string[],
  stdio: readonly [input: 'pipe' | 'ignore' | Readable, output: 'pipe' | 'ignore', errors: 'inherit'],
): Started {
  const [node, script] = SEALROOM;
  const command = [node, '--import', join(import.meta.dirname, 'support/report-peak.ts'), script, ...words];
  // Linux counts the memory of whoever starts a program as the program's own: a shell has little.
  const child = spawn('sh', ['-c', '"$@"; exit "$?"', 'sh', ...command], {
    stdio: [...stdio, 'pipe'] satisfies StdioOptions,
  });
  return { child, peak: peakOf(child, words) };
}

async function peakOf(child: ChildProcess, words: readonly string[]): Promise<number> {
  const report = child.stdio[3];
  if (!(report instanceof Readable)) throw new Error('descriptor 3 is no pipe');
  const exited = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [kilobytes, code] = await Promise.all([text(report), exited]);
  if (code !== 0) throw new Error(`sealroom ${words.join(' ')} failed with ${code}`);
  return Number(kilobytes) * 1024;
}

function feed({ stdin }: ChildProcess): Promise<void> {
  return writeLent(stdin!, blocks.bytes(SIZE));
}

function check({ stdout }: ChildProcess): Promise<void> {
  return blocks.check(stdout!, SIZE);
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  return (await millisecondsOf(work)) / 1000;
}
