/**
 * The configuration of a vault that is about to be made. Its catalog may be far away, and whoever loses the id and the
 * pins of a vault cannot open it: so they are in the folder before the vault is in the catalog, under another name.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chunksOf, toHex, utf8 } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import { CONFIG_FILE, loadConfig } from '../config/config.ts';
import type { Config } from '../config/config.ts';
import { createFile, removeFile } from '../durable-file.ts';
import { isSealroomError } from '../errors.ts';
import { fileError, systemCode } from '../file-errors.ts';
import type { CallOptions } from '../ports.ts';

const UNFINISHED = /^sealroom\.json\.[0-9a-f-]{36}\.unfinished$/;

/** A configuration, and the file that it is in. */
export interface Unfinished {
  readonly path: string;
  readonly config: Config;
}

/** Writes a text, all of it or none, in the place of no other file. */
export async function writeConfig(folder: string, name: string, text: string, { signal }: CallOptions): Promise<void> {
  const temporary = `.${CONFIG_FILE}.${toHex(cipher.randomBytes(4))}`;
  await createFile({ folder, name, temporary, thing: join(folder, name), signal }, chunksOf(utf8(text)));
}

/** The name of the file that says how to finish a vault. */
export function unfinishedName(id: string): string {
  return `${CONFIG_FILE}.${id}.unfinished`;
}

/** What was begun in a folder and may, or may not, have become a vault. */
export async function listUnfinished(folder: string): Promise<Unfinished[]> {
  const found: Unfinished[] = [];
  for (const name of await unfinishedNames(folder)) {
    try {
      found.push({ path: join(folder, name), config: await loadConfig(folder, {}, { name }) });
    } catch (error) {
      // Somebody else's init has just been done with it.
      if (!isSealroomError(error, 'no-vault')) throw error;
    }
  }
  return found;
}

/** Once a vault is there, whatever else was begun in its folder is of no use to anybody. */
export async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await unfinishedNames(folder)) await removeFile(join(folder, name));
}

async function unfinishedNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => UNFINISHED.test(name));
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
    throw fileError(error, folder);
  }
}
