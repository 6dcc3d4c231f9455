import type { CallOptions } from '../ports.ts';
import type { VaultCore } from './core.ts';
import type { Stat } from './files.ts';
import { readRecord, statOf } from './record-access.ts';
import type { FilePlace } from './record-access.ts';

/** What is known about a file, authenticated but for `keys`, without touching its bytes or its data key. */
export async function stat(core: VaultCore, place: FilePlace, options: CallOptions = {}): Promise<Stat> {
  return statOf(await readRecord(core, place, options));
}
