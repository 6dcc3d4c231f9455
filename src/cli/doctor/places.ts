/** The files and folders of a vault on this machine: who may write them, and whether there is room. */
import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { CONFIG_FILE } from '../../config/config.ts';
import type { Config } from '../../config/config.ts';
import { fileError, systemCode } from '../../file-errors.ts';
import type { Examination } from './attempt.ts';

const OTHERS_WRITE = 0o022;
const MIB = 1024 * 1024;
/** A segment of SQLite's log and some files: with less, the next put may fail. */
const LITTLE = 1024 * MIB;

export async function examinePlaces({ folder, blobs, catalog }: Config, examination: Examination): Promise<void> {
  const stores = [blobs, catalog].flatMap((spec) => ('path' in spec ? [spec.path] : []));
  await examination.attempt('modes', undefined, async () => {
    const open: string[] = [];
    for (const path of [folder, join(folder, CONFIG_FILE), ...stores]) {
      if (await othersWrite(path)) open.push(path);
    }
    if (open.length === 0) return examination.add({ name: 'modes', level: 'ok', what: 'nobody else may write' });
    const what = `others than the owner may write ${open.join(', ')}`;
    examination.add({ name: 'modes', level: 'warning', what, mend: `chmod go-w ${open.join(' ')}` });
  });
  for (const path of stores) await examination.attempt('room', undefined, () => examineRoom(path, examination));
}

async function othersWrite(path: string): Promise<boolean> {
  // Windows keeps its permissions elsewhere and shows the same mode for every file.
  if (process.platform === 'win32') return false;
  try {
    return ((await stat(path)).mode & OTHERS_WRITE) !== 0;
  } catch (error) {
    // A configuration in variables needs no file. What else is missing, the stores themselves say.
    if (systemCode(error) === 'ENOENT') return false;
    throw fileError(error, path);
  }
}

async function examineRoom(path: string, examination: Examination): Promise<void> {
  const { bavail, bsize } = await statfs(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
  const free = bavail * bsize;
  const what = `${Math.floor(free / MIB)} MiB free at ${path}`;
  if (free >= LITTLE) examination.add({ name: 'room', level: 'ok', what });
  else examination.add({ name: 'room', level: 'warning', what, mend: 'Make room, or move the vault.' });
}
