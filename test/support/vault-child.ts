/** What tests of vaults let other processes do: `node vault-child.ts <task> <place as JSON> [values]`, see `Child`. */
import { once } from 'node:events';
import { isSealroomError } from '../../src/errors.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { Files } from '../../src/vault/files.ts';
import { openDiskVault } from './disk-vault.ts';
import type { DiskPlace, DiskVault } from './disk-vault.ts';
import { peakMemory } from './peak-memory.ts';

const [task, text, ...values] = process.argv.slice(2) as [string, string, ...string[]];
const place = JSON.parse(text) as DiskPlace;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Waits until it is told to go on. */
async function ready(): Promise<void> {
  const answered = once(process.stdin, 'data');
  say('ready');
  await answered;
}

const MIB = 1024 * 1024;

const tasks: Record<string, () => Promise<void>> = {
  /** Puts, updates and removes without end, once it is told to; says the id of each file that it keeps. */
  async churn() {
    await using disk = await openDiskVault(place, { frameLength: 1000, segmentLength: 4000 });
    const files = disk.vault.tenant('default');
    await ready();
    for (let i = 0; ; i++) {
      const bytes = patterned(3000 + (i % 5) * 2500);
      const { id } = await files.put(bytes, { name: `${i}`, tags: { size: `${bytes.length}` } });
      if (i % 3 === 2) await files.remove(id);
      else {
        say(id);
        await files.update(id, { name: `${i} again` });
      }
      if (i % 7 === 0) await disk.vault.sweep();
    }
  },

  /** Works on files that another process works on too; says what it keeps. */
  async share() {
    await using disk = await openDiskVault(place, { frameLength: 1000, segmentLength: 4000 });
    await ready();
    const kept = await shareFiles(disk, Number(values[0]));
    say(JSON.stringify(kept));
  },

  /** Puts a large file and gets it back; says how much memory that took at most, in MiB. */
  async large() {
    await using disk = await openDiskVault(place);
    const files = disk.vault.tenant('default');
    const size = Number(values[0]) * MIB;
    const chunk = patterned(MIB);
    const { id } = await files.put(
      (function* () {
        for (let i = 0; i < size; i += MIB) yield chunk;
      })(),
      { name: 'large' },
    );
    let got = 0;
    for await (const { length } of (await files.get(id)).body) got += length;
    say(JSON.stringify({ got, peak: peakMemory() / 1024 / 1024 }));
  },

  /** As `large`, by a resumable upload. */
  async pieces() {
    await using disk = await openDiskVault(place);
    say(JSON.stringify(await inPieces(disk, Number(values[0]) * MIB)));
  },
};

/** Uploads a file in pieces of 2 MiB, so many that the first are merged; says what that took, and into how many parts. */
async function inPieces({ vault }: DiskVault, size: number): Promise<{ got: number; peak: number; segments: number }> {
  const uploads = vault.uploads('default');
  const chunk = patterned(MIB);
  const { id } = await uploads.begin({ name: 'large', size });
  for (let offset = 0; offset < size; offset += 2 * MIB) await uploads.append(id, [chunk, chunk], { offset });
  const { body, stat } = await vault.tenant('default').get(id);
  let got = 0;
  for await (const { length } of body) got += length;
  return { got, peak: peakMemory() / MIB, segments: stat.segments.length };
}

async function shareFiles({ vault }: DiskVault, rounds: number): Promise<string[]> {
  const files = vault.tenant('default');
  const kept: string[] = [];
  for (let i = 0; i < rounds; i++) {
    const bytes = patterned(3000 + (i % 3) * 3000);
    const { id } = await files.put(bytes, { name: `${i}`, tags: { size: `${bytes.length}` } });
    kept.push(id);
    const { files: all } = await files.list();
    const other = all.find((stat) => !kept.includes(stat.id));
    if (other !== undefined) await touch(files, other.id, i);
    await vault.sweep();
  }
  return kept;
}

/** The other process may remove it at the same time. */
async function touch(files: Files, id: string, round: number): Promise<void> {
  try {
    await files.update(id, { metadata: { touched: `${round}` } });
    await files.verify(id);
    if (round % 2 === 0) await files.remove(id);
  } catch (error) {
    if (!isSealroomError(error, 'not-found')) throw error;
  }
}

await tasks[task]!();
process.exit();
