/**
 * The main job in one command: `npm run demo` makes a vault in a temporary folder, seals two files, shows what the
 * storage sees of them, and reads them back.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { styleText } from 'node:util';
import { openFsBlobs } from '../src/blobs/fs.ts';
import { openSqliteCatalog } from '../src/catalogs/sqlite.ts';
import { DataKey, createVault } from '../src/index.ts';
import type { Stat } from '../src/index.ts';
import { rawAesKeyring } from '../src/keyrings/raw-aes.ts';

const MIB = 1024 * 1024;
const LARGE = 64 * MIB;

function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}

function title(text: string): void {
  say();
  say(styleText('bold', text));
}

/** Megabytes a second, and how long it took. */
async function timed<T>(bytes: number, work: () => Promise<T>): Promise<{ result: T; speed: string }> {
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  return { result, speed: `${(seconds * 1000).toFixed(0)} ms, ${(bytes / 1e6 / seconds).toFixed(0)} MB/s` };
}

async function sha256(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

const pattern = randomBytes(MIB);

/** Made up as it is read, so that nothing large is ever in memory: the same MiB over and over, each with its number. */
async function* largeFile(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < LARGE; sent += MIB) {
    pattern.writeUInt32BE(sent / MIB);
    yield pattern;
  }
}

function hexLines(bytes: Uint8Array): string[] {
  return Array.from({ length: Math.ceil(bytes.length / 16) }, (_, line) => {
    const part = Buffer.from(bytes.subarray(line * 16, line * 16 + 16));
    const text = part.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '.');
    return `    ${part.toString('hex').replaceAll(/(..)/g, '$1 ')} ${text}`;
  });
}

/** Values of a record cut to the width of a line. */
function shortened(value: unknown): unknown {
  if (typeof value === 'string') return value.length > 48 ? `${value.slice(0, 45)}…` : value;
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shortened(field)]));
}

function check(equal: boolean, what: string): void {
  if (!equal) throw new Error(`${what}: NOT EQUAL`);
  say(`    ${styleText('green', 'equal')}: ${what}`);
}

const folder = await mkdtemp(join(tmpdir(), 'sealroom-demo-'));
try {
  title('1. A vault: a wrapping key, a folder for bytes, a catalog for records');
  using key = new DataKey(new Uint8Array(randomBytes(32)));
  const keyring = rawAesKeyring({ providerId: 'sealroom', name: 'demo', key });
  const blobs = await openFsBlobs(join(folder, 'blobs'), { create: true });
  await using catalog = await openSqliteCatalog(join(folder, 'catalog.db'), { create: true });
  using vault = await createVault({ keyring, blobs, catalog });
  const files = vault.tenant('default');
  say(`    vault ${vault.id} in ${folder}`);

  title('2. Two files sealed, each with a data key of its own');
  const readme = resolve(import.meta.dirname, '../README.md');
  const readmeSize = (await stat(readme)).size;
  const small = await timed(readmeSize, () =>
    files.put(createReadStream(readme), { name: 'README.md', type: 'text/markdown', tags: { kind: 'document' } }),
  );
  say(`    README.md, ${readmeSize} bytes: ${small.result.id} (${small.speed})`);
  const expected = createHash('sha256');
  const hashed = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of largeFile()) {
      expected.update(chunk);
      yield chunk;
    }
  };
  const large = await timed(LARGE, () => files.put(hashed(), { name: 'large.bin' }));
  say(`    large.bin, ${LARGE} bytes: ${large.result.id} (${large.speed})`);

  title('3. What the storage sees of README.md');
  const record = await catalog.get('file/default/0', small.result.id);
  const json = JSON.parse(Buffer.from(record!.data).toString()) as { segments: [{ blob: string }] };
  say('  its record in the catalog: the encrypted data key, the sealed name and type, where the bytes are');
  const shown = JSON.stringify(shortened(json), undefined, 2);
  say(shown.replaceAll(/^/gm, '    '));
  const blob = await blobBytes(json.segments[0].blob);
  say(`  its blob: ${blob.length} bytes, which begin`);
  hexLines(blob.subarray(0, 64)).forEach((line) => say(line));
  const sight = Buffer.concat([record!.data, blob]);
  check(
    !sight.includes('README') && !sight.includes('markdown') && !sight.includes(await readFile(readme)),
    'no name, type or byte of it is there',
  );

  title('4. A range: only the frames it lies in are read and opened');
  const start = 40 * MIB + 12_345;
  const range = await timed(4096, async () => {
    const { body } = await files.get(large.result.id, { range: { start, end: start + 4096 } });
    return Buffer.concat(await Array.fromAsync(body));
  });
  say(`    4,096 bytes at ${start} (${range.speed})`);

  title('5. Everything back, compared');
  await compare(
    small.result,
    createHash('sha256')
      .update(await readFile(readme))
      .digest('hex'),
  );
  await compare(large.result, expected.digest('hex'));
  check(range.result.equals(pattern.subarray(start % MIB, (start % MIB) + 4096)), 'the range, with what was put there');

  title('What to type next');
  say('    npx sealroom init                       makes ./sealroom, a vault of your own');
  say('    npx sealroom put README.md              seals a file, prints its id');
  say('    npx sealroom ls');
  say('    npx sealroom get ID -o copy.md');
  say('    npm start                               offers ./sealroom over HTTP, prints its address and a token');
  say('    npx sealroom --help');
  say();

  async function compare(file: Stat, hash: string): Promise<void> {
    const { result, speed } = await timed(file.size, async () => sha256((await files.get(file.id)).body));
    check(result === hash, `${file.name}, ${file.size} bytes (${speed})`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function blobBytes(blob: string): Promise<Buffer> {
  const names = await readdir(join(folder, 'blobs'), { recursive: true });
  return readFile(
    join(
      folder,
      'blobs',
      names.find((name) => name.endsWith(blob))!,
    ),
  );
}
