/** The items of a catalog's table as they lie there, past all conditions. */
import assert from 'node:assert/strict';
import { BatchGetItemCommand, BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBClient, WriteRequest } from '@aws-sdk/client-dynamodb';
import { attributesOf, itemOf, keyOf } from '../../../src/catalogs/dynamodb-items.ts';
import type { Attributes } from '../../../src/catalogs/dynamodb-items.ts';
import type { Item } from '../../../src/ports.ts';

export type Place = Pick<Item, 'partition' | 'sort'>;

/** What DynamoDB takes in one request. */
const MOST_WRITTEN = 25;
const MOST_READ = 100;

export interface RawTableOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** What every partition there begins with, and none here. */
  readonly prefix: string;
}

export class RawTable {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #prefix: string;

  constructor({ client, table, prefix }: RawTableOptions) {
    this.#client = client;
    this.#table = table;
    this.#prefix = prefix;
  }

  /** Puts and removes, whatever was there. */
  async write(puts: readonly Item[], removals: readonly Place[]): Promise<void> {
    const requests: WriteRequest[] = [
      ...puts.map((item) => ({ PutRequest: { Item: this.#attributes(item) } })),
      ...removals.map((place) => ({ DeleteRequest: { Key: this.#key(place) } })),
    ];
    for (let i = 0; i < requests.length; i += MOST_WRITTEN) {
      const input = { RequestItems: { [this.#table]: requests.slice(i, i + MOST_WRITTEN) } };
      const { UnprocessedItems } = await this.#client.send(new BatchWriteItemCommand(input));
      assert.deepEqual(UnprocessedItems ?? {}, {});
    }
  }

  /** Those that are there, expired ones included. */
  async read(places: readonly Place[]): Promise<Item[]> {
    const items: Item[] = [];
    for (let i = 0; i < places.length; i += MOST_READ) {
      const Keys = places.slice(i, i + MOST_READ).map((place) => this.#key(place));
      const input = { RequestItems: { [this.#table]: { Keys, ConsistentRead: true } } };
      const { Responses, UnprocessedKeys } = await this.#client.send(new BatchGetItemCommand(input));
      assert.deepEqual(UnprocessedKeys ?? {}, {});
      items.push(...(Responses?.[this.#table] ?? []).map((attributes) => this.#item(attributes)));
    }
    return items;
  }

  #key({ partition, sort }: Place): Attributes {
    return keyOf(this.#prefix + partition, sort);
  }

  #attributes(item: Item): Attributes {
    return attributesOf({ ...item, partition: this.#prefix + item.partition });
  }

  #item(attributes: Attributes): Item {
    const { partition, ...item } = itemOf(attributes, this.#table);
    return { ...item, partition: partition.slice(this.#prefix.length) };
  }
}
