/**
 * How fast a file is encrypted and decrypted, beside other programs, in one run:
 *
 *     npm run bench:speed
 *
 * Files lie in memory (/dev/shm), so that no disk is measured. Exits 1 when a goal is missed.
 */
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_FRAME_LENGTH } from '../src/envelope/encrypt.ts';
import { isInstalled, run } from './support/commands.ts';
import { freshlyFreedMemory } from './support/freed-memory.ts';
import { machine } from './support/machine.ts';
import { NumberedBlocks } from './support/numbered-blocks.ts';
import { formatSpread, inRounds, ratioOf, spreadOf } from './support/rounds.ts';
import { SEALROOM } from './support/sealroom.ts';
import { writeToFile } from './support/streams.ts';
import { table } from './support/table.ts';
import { say } from './support/say.ts';

const ROUNDS = 5;
const SIZE = 2 ** 30;
/** The AWS Encryption SDK is slow and gets less; its times are multiplied. */
const PEER_SIZE = 2 ** 28;
/** Of Sealroom and of the first rows of client-node: `node bench/speed.ts 4096` measures another than the default. */
const FRAME_LENGTH = Number(process.argv[2] ?? DEFAULT_FRAME_LENGTH);
const GOAL_BESIDE_AGE = { encrypt: 0.8, decrypt: 1 } as const;
const GOAL_BESIDE_PEER = 3;

interface Program {
  readonly name: string;
  readonly command: readonly string[];
  readonly output: string;
  /** Least speed of Sealroom, as a multiple of this program's. */
  readonly goal?: number;
  /** Set for the AWS Encryption SDK, which gets `PEER_SIZE` and prints the time of its work without its start. */
  readonly peer?: true;
}

interface Times {
  /** Both for a file of `SIZE`. */
  readonly milliseconds: number;
  readonly processorMilliseconds: number;
}

const folder = await mkdtemp('/dev/shm/sealroom-bench-');
try {
  const blocks = new NumberedBlocks();
  await writeInput(blocks, at('whole'), SIZE);
  await writeInput(blocks, at('part'), PEER_SIZE);
  say(machine());
  say(`1 GiB in /dev/shm, frames of ${FRAME_LENGTH / 1024} KiB, medians of ${ROUNDS} rounds taken in turns.`);
  say('client-node gets 256 MiB: its times are of its work without its start, multiplied by 4.');
  const age = await agePrograms();
  if (age === undefined) say('age is NOT installed: it is left out, and the goals beside it are not checked.');
  const key = at('key.jwk');
  await run([...SEALROOM, 'key', 'new', '-o', key]);
  const copy: Program = { name: 'cp', command: ['cp', at('whole'), at('copy')], output: at('copy') };
  const encrypting: readonly Program[] = [
    {
      name: 'sealroom encrypt',
      command: [...sealroom('encrypt', key, 'whole', 'sealed'), '--frame-length', `${FRAME_LENGTH}`],
      output: at('sealed'),
    },
    ...(age === undefined ? [] : [age.encrypt]),
    {
      ...peerProgram('client-node encrypt', ['encrypt', at('part'), at('peer'), `${FRAME_LENGTH}`]),
      goal: GOAL_BESIDE_PEER,
    },
    peerProgram('client-node encrypt, its frames of 4 KiB', ['encrypt', at('part'), at('peer-4k')]),
  ];
  const decrypting: readonly Program[] = [
    { name: 'sealroom decrypt', command: sealroom('decrypt', key, 'sealed', 'opened'), output: at('opened') },
    ...(age === undefined ? [] : [age.decrypt]),
    { ...peerProgram('client-node decrypt', ['decrypt', at('peer'), at('peer-opened')]), goal: GOAL_BESIDE_PEER },
    peerProgram('client-node decrypt, its frames of 4 KiB', ['decrypt', at('peer-4k'), at('peer-4k-opened')]),
  ];
  const times = await inRounds(ROUNDS, [...encrypting, ...decrypting, copy], timesOf);
  for (const { output, peer } of [...decrypting, copy]) {
    await blocks.check(createReadStream(output, { highWaterMark: 2 ** 20 }), peer ? PEER_SIZE : SIZE);
  }
  const met = [encrypting, decrypting].map((programs) => report([...programs, copy], times));
  say('', 'What every program decrypted was compared with what was encrypted.');
  process.exitCode = met.every(Boolean) ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

function at(name: string): string {
  return join(folder, name);
}

function sealroom(verb: string, key: string, from: string, to: string): readonly string[] {
  return [...SEALROOM, verb, '--key', `jwk:${key}`, '-o', at(to), at(from)];
}

async function writeInput(blocks: NumberedBlocks, path: string, size: number): Promise<void> {
  await using handle = await open(path, 'wx');
  await writeToFile(handle, blocks.bytes(size));
}

async function agePrograms(): Promise<{ encrypt: Program; decrypt: Program } | undefined> {
  if (!(await isInstalled('age'))) return undefined;
  await run(['age-keygen', '-o', at('identity')]);
  const recipient = (await run(['age-keygen', '-y', at('identity')])).stdout.trim();
  return {
    encrypt: {
      name: 'age',
      command: ['age', '-r', recipient, '-o', at('age'), at('whole')],
      output: at('age'),
      goal: GOAL_BESIDE_AGE.encrypt,
    },
    decrypt: {
      name: 'age -d',
      command: ['age', '-d', '-i', at('identity'), '-o', at('age-opened'), at('age')],
      output: at('age-opened'),
      goal: GOAL_BESIDE_AGE.decrypt,
    },
  };
}

function peerProgram(
  name: string,
  words: readonly [verb: string, from: string, to: string, ...frameLength: string[]],
): Program {
  const command = [process.execPath, join(import.meta.dirname, 'programs/client-node.ts'), ...words];
  return { name, command, output: words[2], peer: true };
}

async function timesOf({ command, output, peer }: Program): Promise<Times> {
  await rm(output, { force: true });
  await freshlyFreedMemory(at('whole'), at('freed'));
  const { milliseconds, processorMilliseconds, stdout } = await run(command);
  if (!peer) return { milliseconds, processorMilliseconds };
  const factor = SIZE / PEER_SIZE;
  return { milliseconds: Number(stdout) * factor, processorMilliseconds: processorMilliseconds * factor };
}

/** Prints a table, the first program's speed beside each other's; false when a goal is missed. */
function report(programs: readonly Program[], times: ReadonlyMap<Program, readonly Times[]>): boolean {
  const millisecondsOf = (program: Program): number[] => times.get(program)!.map(({ milliseconds }) => milliseconds);
  const first = programs[0]!;
  const ratios = programs.map((program) => ratioOf(millisecondsOf(program), millisecondsOf(first)));
  const rows = programs.map((program, index) => {
    const { median } = spreadOf(millisecondsOf(program));
    const processor = spreadOf(times.get(program)!.map(({ processorMilliseconds }) => processorMilliseconds)).median;
    return [
      program.name,
      (median / 1000).toFixed(2),
      (SIZE / 1e6 / median).toFixed(2),
      (processor / 1000).toFixed(2),
      program === first ? '1' : formatSpread(ratios[index]!),
      program.goal === undefined ? '' : `at least ${program.goal}`,
    ];
  });
  const beside = "Sealroom's speed beside it (least to most)";
  say('', table(['program', 'seconds', 'GB/s', 'processor seconds', beside, 'goal'], rows));
  const missed = programs.filter(({ goal = 0 }, index) => ratios[index]!.median < goal);
  for (const { name, goal } of missed) say(`MISSED: ${first.name} at ${goal} times the speed of ${name}`);
  return missed.length === 0;
}
