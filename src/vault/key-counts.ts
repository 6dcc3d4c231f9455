/** Which wrapping keys a tenant's files depend on. */
import { SealroomError } from '../errors.ts';
import { wrappingKeyName } from '../message/edk.ts';
import type { EncryptedDataKey, WrappingKeyName } from '../message/edk.ts';
import type { CallOptions } from '../ports.ts';
import { authenticItemsOf } from './authentic-items.ts';
import { filePartition, filePartitions } from './core.ts';
import type { VaultCore } from './core.ts';
import { checkTenantName, isFileId } from './identifiers.ts';
import { itemsOf } from './items.ts';
import { decodeEdks, decodeRecord } from './records.ts';
import { uploadPartition } from './upload/items.ts';

/** How many files and uploads have a data key that one wrapping key encrypted. */
export interface KeyCount extends WrappingKeyName {
  readonly files: number;
  readonly uploads: number;
}

/**
 * Files and uploads by wrapping key; one under several keys counts for each. What has expired counts until a sweep has
 * removed it.
 *
 * The keys of files are what their records say, which nothing authenticates before a file is opened: whoever can write
 * the catalog can make a file count for another key. To be sure before a key is taken away, verify the files.
 */
export interface KeyCounts {
  /** Those of most files first. */
  readonly keys: readonly KeyCount[];
  readonly files: number;
  /** Those that are not complete. */
  readonly uploads: number;
  /** Files and uploads with wrapping keys that are not in the list, because there are too many or their names too long. */
  readonly unlisted: number;
  /** Records of files that do not say which keys theirs are. */
  readonly unreadable: number;
}

/** Names are read before anything is authenticated: whoever can write the catalog must not fill the memory with them. */
const MOST_KEYS = 1000;
const LONGEST_NAME = 1024;

/** Counts page by page. What changes meanwhile may be counted or not; an upload that completes may count as both. */
export async function countKeys(core: VaultCore, tenant: string, { signal }: CallOptions = {}): Promise<KeyCounts> {
  checkTenantName(tenant);
  await core.keys.expectTenant(tenant, { signal });
  const tally = new Tally();
  // First, so that one that becomes a file meanwhile is not missed.
  for await (const { sort, value } of authenticItemsOf(core, uploadPartition(tenant), { signal })) {
    if (isFileId(sort)) tally.add('uploads', decodeEdks(value));
  }
  for (const partition of filePartitions(core, tenant)) {
    for await (const { sort, data } of itemsOf(core.catalog, partition, { signal })) {
      // One that stands where no record of that id belongs is no file.
      if (!isFileId(sort) || filePartition(core, tenant, sort) !== partition) continue;
      const edks = recordedEdks(sort, data);
      if (edks === undefined) tally.unreadable++;
      else tally.add('files', edks);
    }
  }
  return tally.counts();
}

function recordedEdks(file: string, data: Uint8Array): readonly EncryptedDataKey[] | undefined {
  try {
    return decodeRecord(data, `the record of file ${file}`).edks;
  } catch (error) {
    if (error instanceof SealroomError) return undefined;
    throw error;
  }
}

type Kind = 'files' | 'uploads';

class Tally {
  unreadable = 0;
  #unlisted = 0;
  readonly #totals = { files: 0, uploads: 0 };
  readonly #keys = new Map<string, { readonly key: WrappingKeyName; files: number; uploads: number }>();

  add(kind: Kind, edks: readonly EncryptedDataKey[]): void {
    this.#totals[kind]++;
    let unlisted = false;
    const names = new Map(edks.map(wrappingKeyName).map((key) => [JSON.stringify([key.provider, key.name]), key]));
    for (const [id, key] of names) {
      let count = this.#keys.get(id);
      if (count === undefined && id.length <= LONGEST_NAME && this.#keys.size < MOST_KEYS) {
        count = { key, files: 0, uploads: 0 };
        this.#keys.set(id, count);
      }
      if (count === undefined) unlisted = true;
      else count[kind]++;
    }
    if (unlisted) this.#unlisted++;
  }

  counts(): KeyCounts {
    const keys = Array.from(this.#keys.values(), ({ key, files, uploads }) => ({ ...key, files, uploads }));
    keys.sort((a, b) => b.files - a.files || b.uploads - a.uploads || (a.name < b.name ? -1 : 1));
    return { keys, ...this.#totals, unlisted: this.#unlisted, unreadable: this.unreadable };
  }
}
