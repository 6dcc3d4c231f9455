/** Items of the catalog that are no records of files: each authenticated in its place (F35). */
import { toBase64 } from '../base64.ts';
import { constantTimeEqual, utf8 } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import type { DataKey } from '../data-key.ts';
import type { CallOptions, Catalog, Item } from '../ports.ts';
import { JsonObject, encodeFields, encodeJson } from './encoding.ts';
import { FORMAT_VERSION, checkFormatVersion } from './records.ts';

/** A version of the vault key: its number as it stands in the catalog, and the key that authenticates items. */
export interface ItemKey {
  readonly version: string;
  readonly key: DataKey;
}

/** Where an item stands, which its MAC is bound to. */
export interface ItemPlace {
  readonly vault: string;
  readonly partition: string;
  readonly sort: string;
}

const ITEM_INFO = utf8('sealroom item v1');
const ITEM_LABEL = 'sealroom item v1';

/** Derives the key that authenticates items from a version of the vault key (F35). */
export function itemKeyOf(vaultKey: DataKey): DataKey {
  return cipher.hkdf('sha512', vaultKey, new Uint8Array(0), ITEM_INFO, 32);
}

/** Encodes an item's value and authenticates it in its place (F35). */
export function encodeItem(value: Readonly<Record<string, unknown>>, place: ItemPlace, itemKey: ItemKey): Uint8Array {
  const body = encodeJson({ v: FORMAT_VERSION, ...value });
  return encodeJson({
    key: itemKey.version,
    mac: toBase64(itemMac(body, place, itemKey)),
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(),
  });
}

/** An item's value whose MAC has not been looked at. */
export interface UnverifiedItem {
  readonly key: string;
  readonly mac: Uint8Array;
  readonly body: Uint8Array;
}

/** Takes an item apart without authenticating it: for choosing the key that does. */
export function splitItem(data: Uint8Array, what: string): UnverifiedItem {
  const json = JsonObject.parse(data, what);
  return { key: json.string('key'), mac: json.bytes('mac', 32), body: utf8(json.string('body')) };
}

/** Reads an item's value that was not authenticated: only to find what can authenticate it. */
export function readItemBody(item: UnverifiedItem, what: string): JsonObject {
  const json = JsonObject.parse(item.body, what);
  checkFormatVersion(json.count('v'), what);
  return json;
}

/**
 * Reads an item's value. An item without a valid MAC does not exist: the result is undefined (F35).
 *
 * @throws SealroomError `unsupported-version`
 */
export function decodeItem(
  data: Uint8Array,
  place: ItemPlace,
  itemKeys: ReadonlyMap<string, DataKey>,
): JsonObject | undefined {
  const what = `the item ${place.sort} of ${place.partition}`;
  let item: UnverifiedItem;
  try {
    item = splitItem(data, what);
  } catch {
    return undefined;
  }
  const key = itemKeys.get(item.key);
  if (key === undefined) return undefined;
  if (!constantTimeEqual(item.mac, itemMac(item.body, place, { version: item.key, key }))) return undefined;
  return readItemBody(item, what);
}

function itemMac(body: Uint8Array, { vault, partition, sort }: ItemPlace, { version, key }: ItemKey): Uint8Array {
  return cipher.hmac(key, [encodeFields([ITEM_LABEL, vault, partition, sort, version, body])]);
}

/** The items of a partition, page by page. Those written behind the page that is read are found, too. */
export async function* itemsOf(
  catalog: Catalog,
  partition: string,
  { prefix, signal }: CallOptions & { readonly prefix?: string } = {},
): AsyncGenerator<Item, void, undefined> {
  let after: string | undefined;
  do {
    const page = await catalog.list(partition, { after, limit: 100, prefix, signal });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}
