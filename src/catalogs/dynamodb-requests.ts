/** What is asked of DynamoDB: one request for each call of a catalog. */
import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { ListOptions, WriteOperation } from '../ports.ts';
import { NAMES, attributesOf, keyOf, numberOf } from './dynamodb-items.ts';
import type { SortRange } from './sort-range.ts';

export type WriteCommand = PutItemCommand | DeleteItemCommand | TransactWriteItemsCommand;

export function getCommand(table: string, partition: string, sort: string): GetItemCommand {
  return new GetItemCommand({ TableName: table, Key: keyOf(partition, sort), ConsistentRead: true });
}

export interface Listing extends Pick<ListOptions, 'limit' | 'reverse'> {
  readonly partition: string;
  readonly range: SortRange;
  readonly now: number;
}

export function listCommand(table: string, { partition, range, limit, reverse = false, now }: Listing): QueryCommand {
  return new QueryCommand({
    TableName: table,
    ConsistentRead: true,
    KeyConditionExpression: '#p = :p AND #s BETWEEN :from AND :to',
    FilterExpression: 'attribute_not_exists(#x) OR #x >= :now',
    ExpressionAttributeNames: namesIn('#p', '#s', '#x'),
    ExpressionAttributeValues: {
      ':p': { S: partition },
      ':from': { S: range.from },
      ':to': { S: range.to },
      ':now': numberOf(now),
    },
    Limit: limit,
    ScanIndexForward: !reverse,
  });
}

/** A put or remove alone costs half of what it costs in a transaction, and stands in nobody's way. */
export function writeCommand(table: string, operations: readonly WriteOperation[], now: number): WriteCommand {
  const [operation] = operations;
  if (operations.length === 1 && operation?.type === 'put') {
    return new PutItemCommand({
      TableName: table,
      Item: attributesOf(operation.item),
      ...conditionOf(operation.expect, now),
      // What stands there tells whether an earlier try of the same call was it.
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  }
  if (operations.length === 1 && operation?.type === 'remove') {
    return new DeleteItemCommand({
      TableName: table,
      Key: keyOf(operation.partition, operation.sort),
      ...conditionOf(operation.expect, now),
    });
  }
  return new TransactWriteItemsCommand({
    TransactItems: operations.map((each) => transactItem(table, each, now)),
    // By it DynamoDB knows a transaction that it has made, when the SDK asks again.
    ClientRequestToken: crypto.randomUUID(),
  });
}

function transactItem(table: string, operation: WriteOperation, now: number): TransactWriteItem {
  const condition = { TableName: table, ...conditionOf(operation.expect, now) };
  if (operation.type === 'put') return { Put: { ...condition, Item: attributesOf(operation.item) } };
  const keyed = { ...condition, Key: keyOf(operation.partition, operation.sort) };
  return operation.type === 'remove' ? { Delete: keyed } : { ConditionCheck: keyed };
}

interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, AttributeValue>;
}

/** An item past its time is absent, though DynamoDB may keep it for days. */
function conditionOf(expect: string | null, now: number): Condition {
  if (expect === null) {
    return {
      ConditionExpression: 'attribute_not_exists(#p) OR #x < :now',
      ExpressionAttributeNames: namesIn('#p', '#x'),
      ExpressionAttributeValues: { ':now': numberOf(now) },
    };
  }
  return {
    ConditionExpression: '#v = :v AND (attribute_not_exists(#x) OR #x >= :now)',
    ExpressionAttributeNames: namesIn('#v', '#x'),
    ExpressionAttributeValues: { ':v': { S: expect }, ':now': numberOf(now) },
  };
}

/** DynamoDB refuses a name that no expression uses. */
function namesIn(...names: readonly (keyof typeof NAMES)[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, NAMES[name]]));
}
