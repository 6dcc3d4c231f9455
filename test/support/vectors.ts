import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const folder = resolve(process.env['SEALROOM_VECTORS'] ?? resolve(import.meta.dirname, '../../../shared/vectors'));

/** The file of published test vectors with this name, or, where it is not at hand, the reason to skip. */
export function vectorFile(name: string): { path: string; skip: false | string } {
  const path = resolve(folder, name);
  return { path, skip: existsSync(path) ? false : `${path} is absent: SEALROOM_VECTORS names the folder of vectors` };
}
