/** Puts that are safe to retry: which key stored which file, for a day (F39). */
import { toBase64 } from '../base64.ts';
import { utf8 } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import { SealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import type { ItemChange } from './authentic-items.ts';
import type { VaultCore } from './core.ts';
import { encodeFields } from './encoding.ts';
import type { Idempotency } from './files.ts';
import { decodeItem } from './items.ts';

const INFO = utf8('sealroom idempotency v1');
/** How long a key is remembered, in milliseconds. */
const REMEMBERED = 24 * 60 * 60 * 1000;
const KEY = /^[\x20-\x7e]{1,255}$/;

/** A key as the catalog knows it: neither key nor request can be read there, or guessed. */
export interface KeyPlace {
  readonly partition: string;
  readonly sort: string;
  /** What the request is compared by. */
  readonly request: string;
}

/** @throws SealroomError `usage` on a key that is none */
export async function keyPlace(
  core: VaultCore,
  tenant: string,
  { key, request, signal }: Idempotency & CallOptions,
): Promise<KeyPlace> {
  if (!KEY.test(key)) throw new SealroomError('usage', 'an idempotency key has 1 to 255 printable ASCII characters');
  using catalogKey = await core.keys.tenantKey(tenant, { signal });
  using macKey = cipher.hkdf('sha512', catalogKey.key, new Uint8Array(0), INFO, 32);
  const mac = (...fields: string[]): string => toBase64(cipher.hmac(macKey, [encodeFields(fields)]));
  return { partition: `idempotency/${tenant}`, sort: mac('key', key), request: mac('request', request) };
}

/** What stands under a key. */
export interface KeyState {
  /** Of the item there, whatever it says; null when there is none. */
  readonly version: string | null;
  /** The file that was stored under the key. */
  readonly file: string | undefined;
}

/** @throws SealroomError `key-reused` when the key stands for another request */
export async function readKey(core: VaultCore, place: KeyPlace, { signal }: CallOptions = {}): Promise<KeyState> {
  const { partition, sort, request } = place;
  const item = await core.catalog.get(partition, sort, { signal });
  if (item === undefined) return { version: null, file: undefined };
  using itemKeys = await core.keys.itemKeys({ signal });
  const json = decodeItem(item.data, { vault: core.id, partition, sort }, itemKeys.byVersion);
  // One that is not authentic does not exist, but its place is taken.
  if (json === undefined || json.count('until') < core.now()) return { version: item.version, file: undefined };
  if (json.string('request') !== request) {
    throw new SealroomError('key-reused', 'the idempotency key was used for another request: choose a fresh one');
  }
  return { version: item.version, file: json.string('file') };
}

/** The change that remembers which file a key stored: in the same write as its record. */
export function keyPut(
  core: VaultCore,
  place: KeyPlace,
  { file, expect }: { readonly file: string; readonly expect: string | null },
): ItemChange {
  const { partition, sort, request } = place;
  const until = core.now() + REMEMBERED;
  return { type: 'put', partition, sort, value: { file, request, until }, expect, expires: until };
}
