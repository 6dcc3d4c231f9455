/**
 * What the length of a frame costs, within one process and from memory:
 *
 *     npm run bench:frame-length
 *
 * Long frames cost fewer calls; short ones let a small range be read without much beside it.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { collect } from '../src/bytes.ts';
import { DataKey } from '../src/data-key.ts';
import { decryptLent, decryptRange } from '../src/envelope/decrypt.ts';
import type { RandomAccess } from '../src/envelope/decrypt.ts';
import { encryptLent } from '../src/envelope/encrypt.ts';
import { rawAesKeyring } from '../src/keyrings/raw-aes.ts';
import type { Keyring } from '../src/ports.ts';
import { machine } from './support/machine.ts';
import { formatSpread, inRounds, millisecondsOf, ratioOf, spreadOf } from './support/rounds.ts';
import { table } from './support/table.ts';
import { say } from './support/say.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const ROUNDS = 7;
const FRAME_LENGTHS = [16, 32, 64, 96, 128, 256, 512, 1024].map((length) => length * KIB);
/** What the others are compared with: the default. */
const BASE = FRAME_LENGTHS.indexOf(64 * KIB);
const LARGE = 256 * MIB;
const SMALL = [KIB, 100 * KIB];
const SMALL_COUNT = 200;
const RANGE_LENGTH = 4 * KIB;
const RANGE_COUNT = 200;

interface Subject {
  readonly frameLength: number;
  readonly message: Uint8Array;
}

interface Measured {
  /** Milliseconds. */
  readonly encrypt: number;
  readonly decrypt: number;
  /** Of one range. */
  readonly range: number;
  readonly rangeBytes: number;
  /** Of one small file encrypted and decrypted, for each size. */
  readonly small: readonly number[];
}

using key = new DataKey(new Uint8Array(randomBytes(32)));
const keyring: Keyring = rawAesKeyring({ providerId: 'sealroom', name: 'bench', key });
const block = randomBytes(MIB);

const subjects: Subject[] = [];
for (const frameLength of FRAME_LENGTHS) {
  subjects.push({ frameLength, message: await collect(encryptLent(large(), { keyring, frameLength })) });
}
const results = [...(await inRounds(ROUNDS, subjects, measure)).values()];

say(machine(), `Medians of ${ROUNDS} rounds in turns; (least to most) of the ratios, by round.`, '');
say(`Speed with ${LARGE / MIB} MiB, and beside that of ${kib(FRAME_LENGTHS[BASE]!)}:`, '');
say(
  table(
    ['frame', 'encrypt, GB/s', 'beside', 'decrypt, GB/s', 'beside'],
    FRAME_LENGTHS.map((frameLength, index) => [
      kib(frameLength),
      speed(index, 'encrypt'),
      beside(index, ({ encrypt }) => 1 / encrypt),
      speed(index, 'decrypt'),
      beside(index, ({ decrypt }) => 1 / decrypt),
    ]),
  ),
);
say('', `A range of ${kib(RANGE_LENGTH)} anywhere in them, header included; times beside those of the default:`, '');
say(
  table(
    ['frame', 'bytes read', 'bytes read / bytes wanted', 'ms', 'beside'],
    FRAME_LENGTHS.map((frameLength, index) => {
      const bytes = medianOf(index, ({ rangeBytes }) => rangeBytes);
      return [
        kib(frameLength),
        bytes.toFixed(0),
        (bytes / RANGE_LENGTH).toFixed(1),
        medianOf(index, ({ range }) => range).toFixed(3),
        beside(index, ({ range }) => range),
      ];
    }),
  ),
);
say('', 'A small file encrypted and decrypted, ms, and beside the default:', '');
say(
  table(
    ['frame', ...SMALL.flatMap((size) => [kib(size), 'beside'])],
    FRAME_LENGTHS.map((frameLength, index) =>
      [kib(frameLength)].concat(
        SMALL.flatMap((_, size) => [
          medianOf(index, ({ small }) => small[size]!).toFixed(3),
          beside(index, ({ small }) => small[size]!),
        ]),
      ),
    ),
  ),
);

function kib(bytes: number): string {
  return `${bytes / KIB} KiB`;
}

function medianOf(index: number, value: (measured: Measured) => number): number {
  return spreadOf(results[index]!.map(value)).median;
}

function beside(index: number, value: (measured: Measured) => number): string {
  return formatSpread(ratioOf(results[index]!.map(value), results[BASE]!.map(value)));
}

function speed(index: number, verb: 'encrypt' | 'decrypt'): string {
  return (LARGE / 1e6 / medianOf(index, (measured) => measured[verb])).toFixed(2);
}

function* large(): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < LARGE; at += MIB) yield block;
}

/** In pieces, as a file would come: whole, it would not stay in the processor's cache. */
function* pieces(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += MIB) yield bytes.subarray(at, at + MIB);
}

async function count(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let length = 0;
  for await (const chunk of chunks) length += chunk.length;
  return length;
}

async function expectLength(chunks: AsyncIterable<Uint8Array>, expected: number): Promise<void> {
  const length = await count(chunks);
  if (length !== expected) throw new Error(`${expected} bytes were expected, and ${length} came`);
}

async function measure({ frameLength, message }: Subject): Promise<Measured> {
  const encrypt = await millisecondsOf(() =>
    expectLength(encryptLent(large(), { keyring, frameLength }), message.length),
  );
  const decrypt = await millisecondsOf(async () =>
    expectLength((await decryptLent(pieces(message), { keyring })).body, LARGE),
  );
  const small: number[] = [];
  for (const size of SMALL) {
    const plaintext = block.subarray(0, size);
    const all = await millisecondsOf(async () => {
      for (let i = 0; i < SMALL_COUNT; i++) {
        const sealed = await collect(encryptLent(plaintext, { keyring, frameLength }));
        await expectLength((await decryptLent(sealed, { keyring })).body, size);
      }
    });
    small.push(all / SMALL_COUNT);
  }
  return { encrypt, decrypt, small, ...(await measureRanges(message)) };
}

async function measureRanges(message: Uint8Array): Promise<{ range: number; rangeBytes: number }> {
  let read = 0;
  const source: RandomAccess = {
    size: message.length,
    read: async ({ start, end }) => countedPieces(message.subarray(start, end), (length) => (read += length)),
  };
  const all = await millisecondsOf(async () => {
    for (let i = 0; i < RANGE_COUNT; i++) {
      const start = randomInt(LARGE - RANGE_LENGTH);
      const range = { start, end: start + RANGE_LENGTH };
      await expectLength((await decryptRange(source, { keyring, range })).body, RANGE_LENGTH);
    }
  });
  return { range: all / RANGE_COUNT, rangeBytes: read / RANGE_COUNT };
}

/** In pieces of what one read of a socket gives, each counted when it is taken. */
async function* countedPieces(
  bytes: Uint8Array,
  onRead: (length: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += 64 * KIB) {
    const piece = bytes.subarray(at, at + 64 * KIB);
    onRead(piece.length);
    yield piece;
  }
}
