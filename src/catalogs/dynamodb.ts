/** The catalog as items of one DynamoDB table. */
import type { AwsClientOptions } from '../aws/client-options.ts';
import { sendOptions } from '../aws/send-options.ts';
import { SealroomError, throwIfCancelled } from '../errors.ts';
import { checkCatalogKey, checkList, checkWrite } from '../ports.ts';
import type { CallOptions, Catalog, Item, ListOptions, Page, WriteOperation } from '../ports.ts';
import { WatchedDynamodb } from './dynamodb-client.ts';
import { dynamodbError, writeError } from './dynamodb-failure.ts';
import { isExpired, itemOf } from './dynamodb-items.ts';
import { getCommand, listCommand, writeCommand } from './dynamodb-requests.ts';
import { sortRange } from './sort-range.ts';

export interface DynamodbCatalogOptions {
  readonly table: string;
  readonly client?: AwsClientOptions | undefined;
  /** The clock against which items expire, in milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/**
 * Opens a table, which is not looked at before it is used. Disposing waits for the calls under way and closes the
 * connections.
 */
export function openDynamodbCatalog(options: DynamodbCatalogOptions): Catalog & AsyncDisposable {
  return new DynamodbCatalog(options);
}

class DynamodbCatalog implements Catalog, AsyncDisposable {
  readonly #table: string;
  readonly #thing: string;
  readonly #now: () => number;
  readonly #dynamodb: WatchedDynamodb;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  constructor({ table, client = {}, now = Date.now }: DynamodbCatalogOptions) {
    this.#table = table;
    this.#thing = `the table ${table}`;
    this.#now = now;
    this.#dynamodb = new WatchedDynamodb(client, now);
  }

  async get(partition: string, sort: string, { signal }: CallOptions = {}): Promise<Item | undefined> {
    checkCatalogKey(partition, sort);
    const command = getCommand(this.#table, partition, sort);
    const { Item: attributes } = await this.#read(signal, () =>
      this.#dynamodb.client.send(command, sendOptions({ signal })),
    );
    if (attributes === undefined) return undefined;
    const item = itemOf(attributes, this.#thing);
    return isExpired(item, this.#now()) ? undefined : item;
  }

  async list(partition: string, options: ListOptions): Promise<Page> {
    checkList(partition, options);
    const { limit, reverse, signal } = options;
    const range = sortRange(options);
    // DynamoDB refuses a range that ends before it begins.
    if (range === undefined) return this.#track(signal, async () => ({ items: [] }));
    const command = listCommand(this.#table, { partition, range, limit, reverse, now: this.#now() });
    const answer = await this.#read(signal, () => this.#dynamodb.client.send(command, sendOptions({ signal })));
    const items = (answer.Items ?? []).map((attributes) => itemOf(attributes, this.#thing));
    const next = answer.LastEvaluatedKey?.['s']?.S;
    return next === undefined ? { items } : { items, next };
  }

  async write(operations: readonly WriteOperation[], { signal }: CallOptions = {}): Promise<void> {
    checkWrite(operations);
    const command = writeCommand(this.#table, operations, this.#now());
    await this.#track(signal, async () => {
      try {
        await this.#dynamodb.sendWrite(command, sendOptions({ signal }));
      } catch (error) {
        const since = this.#dynamodb.unheardSince(command.input);
        const unheardFor = since === undefined ? undefined : this.#now() - since;
        const failure = writeError(error, { thing: this.#thing, signal, operations, unheardFor });
        if (failure !== undefined) throw failure;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // A connection that is closed under a call would only make the SDK open another.
    await Promise.allSettled(this.#underWay);
    this.#dynamodb[Symbol.dispose]();
  }

  async #read<T>(signal: AbortSignal | undefined, send: () => Promise<T>): Promise<T> {
    return this.#track(signal, async () => {
      try {
        return await send();
      } catch (error) {
        throw dynamodbError(error, { thing: this.#thing, signal });
      }
    });
  }

  async #track<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new SealroomError('unexpected', `${this.#thing}: it was used after it was closed`);
    throwIfCancelled(signal);
    const running = call();
    this.#underWay.add(running);
    try {
      return await running;
    } finally {
      this.#underWay.delete(running);
    }
  }
}
