/** What an item of a catalog is in DynamoDB. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { SealroomError } from '../errors.ts';
import type { Item } from '../ports.ts';

export type Attributes = Record<string, AttributeValue>;

/** The names of our attributes, for expressions: DynamoDB reserves hundreds of words, and more each year. */
export const NAMES = { '#p': 'p', '#s': 's', '#v': 'v', '#x': 'x' } as const;

export function keyOf(partition: string, sort: string): { readonly p: AttributeValue; readonly s: AttributeValue } {
  return { p: { S: partition }, s: { S: sort } };
}

/** @param thing the table, for people */
export function itemOf(attributes: Attributes, thing: string): Item {
  const { p, s, v, x, d } = attributes;
  const expires = x === undefined ? undefined : Number(x.N);
  if (
    p?.S === undefined ||
    s?.S === undefined ||
    v?.S === undefined ||
    d?.B === undefined ||
    (expires !== undefined && !Number.isSafeInteger(expires))
  ) {
    throw new SealroomError('damaged', `${thing}: an item has a form that no item of a catalog has; restore a backup`);
  }
  // The SDK may give a part of a buffer that holds other answers as well.
  const item = { partition: p.S, sort: s.S, version: v.S, data: new Uint8Array(d.B) };
  return expires === undefined ? item : { ...item, expires };
}

export function attributesOf({ partition, sort, version, expires, data }: Item): Attributes {
  const attributes = { ...keyOf(partition, sort), v: { S: version }, d: { B: data } };
  if (expires === undefined) return attributes;
  // DynamoDB's own expiry counts whole seconds, and must not come before ours.
  return { ...attributes, x: numberOf(expires), t: numberOf(Math.floor(expires / 1000) + 1) };
}

/** True when the item is there no more, whether or not DynamoDB has taken it away. */
export function isExpired(item: Item, now: number): boolean {
  return item.expires !== undefined && item.expires < now;
}

export function numberOf(number: number): AttributeValue {
  return { N: String(number) };
}
