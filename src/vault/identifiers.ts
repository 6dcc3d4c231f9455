/** The names that a vault makes up, and the grammar of those it is given. */
import { toHex } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import { SealroomError } from '../errors.ts';

/** A UUID of version 7 (RFC 9562): ordered by the millisecond it was made in, random within it. */
export function timeOrderedId(now: number): string {
  const bytes = cipher.randomBytes(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(now / 0x1_0000));
  view.setUint16(4, now % 0x1_0000);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return hyphenated(bytes);
}

/** When an id of `timeOrderedId` was made, in milliseconds since 1970. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** A random UUID (version 4): names a vault. */
export function randomId(): string {
  const bytes = cipher.randomBytes(16);
  bytes[6] = 0x40 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return hyphenated(bytes);
}

function hyphenated(bytes: Uint8Array): string {
  const hex = toHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** Random characters of base32, lower case: five bits each. */
export function randomBase32(length: number): string {
  // 256 is a multiple of 32, so each character is uniform.
  return Array.from(cipher.randomBytes(length), (byte) => BASE32[byte % 32]).join('');
}

/** A fresh blob key: 160 random bits, so that no two blobs ever share one. */
export function randomBlobKey(): string {
  return randomBase32(32);
}

/** A fresh version of an item: 128 random bits, so that none ever comes back. */
export function randomVersion(): string {
  return Buffer.from(cipher.randomBytes(16)).toString('base64url');
}

const FILE_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function isFileId(id: string): boolean {
  return FILE_ID.test(id);
}

/** @throws SealroomError `not-found`: what has no id's form is no file's id */
export function checkFileId(id: string): void {
  if (!isFileId(id)) throw new SealroomError('not-found', `no file has the id ${JSON.stringify(id.slice(0, 80))}`);
}

const TENANT = /^[a-z0-9][a-z0-9-]{0,62}$/;

export function isTenantName(name: string): boolean {
  return TENANT.test(name);
}

/** @throws SealroomError `usage` */
export function checkTenantName(name: string): void {
  if (!isTenantName(name)) {
    throw new SealroomError(
      'usage',
      `${JSON.stringify(name.slice(0, 80))} is no tenant name: 1 to 63 lower-case letters, digits and hyphens, no hyphen first`,
    );
  }
}

/** Shard of an id: its last byte, modulo the number of shards. */
export function shardOf(id: string, shards: number): number {
  return Number.parseInt(id.slice(-2), 16) % shards;
}
