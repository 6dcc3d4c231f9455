import { SealroomError, type ErrorCode } from '../errors.ts';
import { fileError } from '../file-errors.ts';

/** Primary result codes of SQLite; an extended one has its primary code in the low byte. */
const ERROR = 1;
const PERM = 3;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const PROTOCOL = 15;
const CONSTRAINT = 19;
const NOTADB = 26;

const rows: Readonly<Record<number, readonly [code: ErrorCode, advice: string]>> = {
  // Our statements are fixed, so what makes one wrong is a schema that is not ours any more.
  [ERROR]: ['damaged', 'its schema was changed: restore a backup'],
  [PERM]: ['permission', 'access is denied: check the owner and the mode'],
  [BUSY]: ['unavailable', 'another process holds it: try again later'],
  [LOCKED]: ['unavailable', 'another process holds it: try again later'],
  [READONLY]: ['permission', 'it cannot be written: check the owner, the mode and the file system'],
  [CORRUPT]: ['damaged', 'the database is corrupt: restore a backup'],
  [FULL]: ['no-space', 'there is no room left: free some space and try again'],
  [PROTOCOL]: ['unavailable', 'another process holds it: try again later'],
  [CONSTRAINT]: ['usage', 'an item has a form that cannot be kept: an expiry is a whole number'],
  [NOTADB]: ['damaged', 'it is no SQLite database: restore a backup'],
};

/** True when the same statement can succeed once another connection is done. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === BUSY || code === LOCKED || code === PROTOCOL;
}

/**
 * The error for what SQLite refused. An error of Sealroom's comes back as it is.
 *
 * @param thing the database, for people, such as `the catalog /srv/catalog.db`
 */
export function sqliteError(error: unknown, thing: string): SealroomError {
  const result = resultCode(error);
  if (result === undefined) return fileError(error, thing);
  const [code, advice] = rows[result] ?? ['unavailable', `SQLite answered ${result}: look at the disk and try again`];
  return new SealroomError(code, `${thing}: ${advice}`, { cause: error });
}

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}
