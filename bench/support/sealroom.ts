import { resolve } from 'node:path';

/** Begins every command: the command line of this checkout. */
export const SEALROOM: readonly [node: string, script: string] = [
  process.execPath,
  resolve(import.meta.dirname, '../../bin/sealroom.mjs'),
];
