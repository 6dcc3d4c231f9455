/** What the items of a vault say: settings, catalog keys, tenants, journal entries (F35). */
import { toBase64 } from '../base64.ts';
import { SealroomError } from '../errors.ts';
import type { EncryptedDataKey } from '../message/edk.ts';
import { COMMITMENT_LENGTH } from '../message/header.ts';
import { checkBlobKey } from '../ports.ts';
import type { JsonObject } from './encoding.ts';
import { decodeEdks, encodeEdks } from './records.ts';

/** Powers of two, so that the shard of an id is some of its bits. */
export const SHARD_COUNTS: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** The settings of a vault. */
export interface Settings {
  readonly id: string;
  readonly shards: number;
  readonly readOnly: boolean;
}

export function encodeSettings(settings: Settings): Record<string, unknown> {
  return { id: settings.id, shards: settings.shards, readOnly: settings.readOnly };
}

export function decodeSettings(json: JsonObject): Settings {
  const settings = { id: json.string('id'), shards: json.count('shards'), readOnly: json.boolean('readOnly') };
  if (!SHARD_COUNTS.includes(settings.shards)) {
    throw new SealroomError('damaged', 'the settings of the vault are malformed: shards');
  }
  return settings;
}

/** A catalog key as it is kept: encrypted, with a commitment to it. */
export interface WrappedCatalogKey {
  readonly edks: readonly EncryptedDataKey[];
  readonly commitment: Uint8Array;
}

export function encodeCatalogKey(key: WrappedCatalogKey): Record<string, unknown> {
  return { edks: encodeEdks(key.edks), commitment: toBase64(key.commitment) };
}

export function decodeCatalogKey(json: JsonObject): WrappedCatalogKey {
  return { edks: decodeEdks(json), commitment: json.bytes('commitment', COMMITMENT_LENGTH) };
}

/** How much a tenant may hold; null for no limit. */
export interface Quota {
  /** Plaintext bytes. */
  readonly bytes: number | null;
  readonly files: number | null;
}

export interface Tenant {
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Null when none was set. */
  readonly quota: Quota | null;
}

export function encodeTenant({ createdAt, quota }: Tenant): Record<string, unknown> {
  return { createdAt, state: 'open', ...(quota === null ? {} : { quota }) };
}

export function decodeTenant(name: string, json: JsonObject): Tenant {
  const quota = json.optionalObject('quota');
  return {
    name,
    createdAt: json.string('createdAt'),
    quota: quota === undefined ? null : { bytes: quota.nullableCount('bytes'), files: quota.nullableCount('files') },
  };
}

/** What a tenant with a quota holds. */
export interface Usage {
  /** Plaintext bytes. */
  readonly bytes: number;
  readonly files: number;
}

export function decodeUsage(json: JsonObject): Usage {
  return { bytes: json.count('bytes'), files: json.count('files') };
}

/** Work begun and not finished. */
export interface JournalEntry {
  readonly tenant: string;
  readonly file: string;
  readonly blobs: readonly string[];
  /** Pages of a list of segments that no record lists yet, or any more. */
  readonly pages: readonly string[];
  /** True when what is left of an upload that has ended goes, too: its parts, and the blobs of those (F43). */
  readonly parts: boolean;
  /** `writing` while a put may still commit; `removing` once its blobs are to go, after which it cannot. */
  readonly state: 'writing' | 'removing';
  /** When the entry was last written, in milliseconds since 1970. */
  readonly renewed: number;
}

export function encodeJournalEntry(entry: JournalEntry): Record<string, unknown> {
  return { ...entry };
}

export function decodeJournalEntry(json: JsonObject): JournalEntry {
  const state = json.string('state');
  if (state !== 'writing' && state !== 'removing')
    throw new SealroomError('damaged', 'a journal entry is malformed: state');
  const blobs = json.strings('blobs');
  blobs.forEach(checkBlobKey);
  return {
    tenant: json.string('tenant'),
    file: json.string('file'),
    blobs,
    pages: json.strings('pages'),
    parts: json.boolean('parts'),
    state,
    renewed: json.count('renewed'),
  };
}
