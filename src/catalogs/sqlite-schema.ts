/** The database file: how it is opened, what it must be, and how a new one begins. */
import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { syncFolder } from '../durable-file.ts';
import { SealroomError } from '../errors.ts';
import { systemCode } from '../file-errors.ts';

/** Counts up with each change of the schema; in `PRAGMA user_version`. */
const SCHEMA_VERSION = 1;

/** `SEAL` in ASCII, in `PRAGMA application_id`: no other program's database is taken for a catalog. */
const APPLICATION_ID = 0x5345414c;

const SCHEMA = `
  CREATE TABLE items (
    p TEXT NOT NULL,
    s TEXT NOT NULL,
    v TEXT NOT NULL,
    x INTEGER,
    d BLOB NOT NULL,
    PRIMARY KEY (p, s)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX items_by_expiry ON items (x) WHERE x IS NOT NULL;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Full: a write that was reported is on disk. Secure delete: what was removed, a data key say, is overwritten. */
const SETTINGS = `
  PRAGMA synchronous = FULL;
  PRAGMA secure_delete = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;
`;

/**
 * Makes an empty database file, for its owner only, unless there is one. Durable when it resolves.
 *
 * The file is opened and closed in one step of the event loop, and only when it is new: POSIX drops every lock that
 * this process has on a file when any of its descriptors closes, SQLite's locks included.
 */
export async function createDatabaseFile(path: string): Promise<void> {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
  await syncFolder(dirname(path));
}

/** Opens a database file that is there, with no lock taken and nothing read yet. */
export function openDatabase(path: string): DatabaseSync {
  // SQLite would open a file that it cannot write as read-only, and say so at the first write only.
  accessSync(path, constants.R_OK | constants.W_OK);
  // Its log and its index are made beside it.
  accessSync(dirname(path), constants.W_OK);
  const url = pathToFileURL(path);
  // It would also make one that has gone since.
  url.searchParams.set('mode', 'rw');
  return new DatabaseSync(url, { timeout: 0 });
}

/**
 * Brings a connection to the state that every statement relies on; makes the schema in an empty file where that is
 * wanted. Throws SQLite's busy errors, after which it may simply be called again.
 *
 * @throws SealroomError `no-vault` on an empty file or another program's, `unsupported-version` on a newer schema
 */
export function prepareDatabase(database: DatabaseSync, thing: string, create: boolean): void {
  database.exec(SETTINGS);
  const state = stateOf(database, thing);
  if (state === 'empty' && !create) {
    throw new SealroomError('no-vault', `${thing}: it is empty; check the path, or make a new vault`);
  }
  const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
  if (mode !== 'wal') {
    throw new SealroomError('bad-configuration', `${thing}: its file system cannot share memory; use a local disk`);
  }
  if (state === 'empty') createSchema(database, thing);
}

function createSchema(database: DatabaseSync, thing: string): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    // Somebody may have been faster.
    if (stateOf(database, thing) === 'empty') database.exec(SCHEMA);
    database.exec('COMMIT');
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK');
  }
}

function stateOf(database: DatabaseSync, thing: string): 'empty' | 'ours' {
  const number = (sql: string, column: string): unknown => database.prepare(sql).get()?.[column];
  const application = number('PRAGMA application_id', 'application_id');
  const version = number('PRAGMA user_version', 'user_version');
  if (application === APPLICATION_ID && version === SCHEMA_VERSION) return 'ours';
  if (application === APPLICATION_ID) {
    throw new SealroomError('unsupported-version', `${thing}: written by a newer Sealroom; update this one`);
  }
  if (application === 0 && version === 0 && number('SELECT count(*) AS n FROM sqlite_schema', 'n') === 0)
    return 'empty';
  throw new SealroomError('no-vault', `${thing}: it is the database of another program; check the path`);
}
