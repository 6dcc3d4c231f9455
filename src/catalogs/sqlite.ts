import { resolve } from 'node:path';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { SealroomError } from '../errors.ts';
import { systemCode } from '../file-errors.ts';
import {
  checkCatalogKey,
  checkList,
  checkWrite,
  type Catalog,
  type CallOptions,
  type Item,
  type ListOptions,
  type Page,
} from '../ports.ts';
import { sortRange } from './sort-range.ts';
import { retryWhileBusy } from './sqlite-busy.ts';
import { sqliteError } from './sqlite-errors.ts';
import { createDatabaseFile, openDatabase, prepareDatabase } from './sqlite-schema.ts';
import { SqliteScrubber } from './sqlite-scrubber.ts';
import { SqliteWriter } from './sqlite-writes.ts';

export interface SqliteCatalogOptions {
  /** Makes the database when there is none. Its folder must be there. */
  readonly create?: boolean | undefined;
  /** Milliseconds since 1970, against which items expire. */
  readonly now?: (() => number) | undefined;
  /** Milliseconds that a call waits while another process holds the database. */
  readonly busyLimit?: number | undefined;
  /** Milliseconds after which what was removed is gone from the write-ahead log too. */
  readonly scrubDelay?: number | undefined;
}

/** A catalog that holds a file open until it is disposed, which first waits for the writes under way. */
export type SqliteCatalog = Catalog & AsyncDisposable;

/** A page ends early past this many bytes: reading it stops the event loop. */
const PAGE_BYTES = 4_000_000;

/**
 * Opens a catalog in one SQLite file, on a local disk. Any number of processes may have it open.
 *
 * @throws SealroomError `no-vault` when there is none, `unsupported-version`, `damaged`, `permission`, `unavailable`
 */
export async function openSqliteCatalog(path: string, options: SqliteCatalogOptions = {}): Promise<SqliteCatalog> {
  const { create = false, busyLimit = 30_000 } = options;
  const file = resolve(path);
  const thing = `the catalog ${file}`;
  let database: DatabaseSync | undefined;
  try {
    if (create) await createDatabaseFile(file);
    const opened = (database = openDatabase(file));
    await retryWhileBusy(() => prepareDatabase(opened, thing, create), busyLimit);
    return new OpenSqliteCatalog(opened, thing, { ...options, busyLimit });
  } catch (error) {
    database?.close();
    if (systemCode(error) !== 'ENOENT') throw sqliteError(error, thing);
    throw new SealroomError('no-vault', `${thing}: it is not there; check the path, or make a new vault`, {
      cause: error,
    });
  }
}

class OpenSqliteCatalog implements SqliteCatalog {
  readonly #database: DatabaseSync;
  readonly #thing: string;
  readonly #now: () => number;
  readonly #busyLimit: number;
  readonly #scrubber: SqliteScrubber;
  readonly #writer: SqliteWriter;
  readonly #get: StatementSync;
  readonly #ascending: StatementSync;
  readonly #descending: StatementSync;
  #closed = false;

  constructor(database: DatabaseSync, thing: string, options: SqliteCatalogOptions & { readonly busyLimit: number }) {
    const { now = Date.now, busyLimit, scrubDelay = 1000 } = options;
    this.#database = database;
    this.#thing = thing;
    this.#now = now;
    this.#busyLimit = busyLimit;
    this.#scrubber = new SqliteScrubber(database, scrubDelay);
    this.#writer = new SqliteWriter(database, { thing, now, busyLimit, onErased: this.#scrubber.soon });
    const items = 'SELECT s, v, x, d FROM items WHERE (x IS NULL OR x >= ?) AND p = ?';
    this.#get = database.prepare(`${items} AND s = ?`);
    this.#ascending = database.prepare(`${items} AND s BETWEEN ? AND ? ORDER BY s`);
    this.#descending = database.prepare(`${items} AND s BETWEEN ? AND ? ORDER BY s DESC`);
  }

  async get(partition: string, sort: string, options: CallOptions = {}): Promise<Item | undefined> {
    checkCatalogKey(partition, sort);
    const row = await this.#read(() => this.#get.get(this.#now(), partition, sort), options.signal);
    return row === undefined ? undefined : itemOf(partition, row, this.#thing);
  }

  async list(partition: string, options: ListOptions): Promise<Page> {
    checkList(partition, options);
    return this.#read(() => this.#page(partition, options), options.signal);
  }

  async write(...[operations, options = {}]: Parameters<Catalog['write']>): Promise<void> {
    checkWrite(operations);
    this.#checkOpen();
    return this.#writer.write(operations, options.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writer.idle();
    this.#scrubber[Symbol.dispose]();
    this.#database.close();
  }

  #page(partition: string, options: ListOptions): Page {
    const { limit, reverse = false } = options;
    const range = sortRange(options);
    if (range === undefined) return { items: [] };
    const statement = reverse ? this.#descending : this.#ascending;
    const items: Item[] = [];
    let bytes = 0;
    for (const row of statement.iterate(this.#now(), partition, range.from, range.to)) {
      if (items.length === limit || bytes > PAGE_BYTES) return { items, next: items.at(-1)!.sort };
      const item = itemOf(partition, row, this.#thing);
      bytes += item.data.length;
      items.push(item);
    }
    return { items };
  }

  async #read<T>(statement: () => T, signal: AbortSignal | undefined): Promise<T> {
    this.#checkOpen();
    try {
      return await retryWhileBusy(statement, this.#busyLimit, signal);
    } catch (error) {
      throw sqliteError(error, this.#thing);
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new SealroomError('unexpected', `${this.#thing}: it was used after it was closed`);
  }
}

function itemOf(partition: string, row: Record<string, SQLOutputValue>, thing: string): Item {
  const { s: sort, v: version, x: expires, d: data } = row;
  if (typeof sort !== 'string' || typeof version !== 'string' || !(data instanceof Uint8Array)) {
    throw new SealroomError('damaged', `${thing}: a row has a form that no item has; restore a backup`);
  }
  const item = { partition, sort, version, data };
  return typeof expires === 'number' ? { ...item, expires } : item;
}
