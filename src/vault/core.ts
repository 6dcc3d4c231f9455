/** What every verb of a vault works with. */
import type { BlobStore, Catalog, Keyring } from '../ports.ts';
import { SealroomError } from '../errors.ts';
import type { CatalogKeys } from './keys.ts';
import { shardOf } from './identifiers.ts';

export interface VaultCore {
  readonly id: string;
  readonly shards: number;
  readonly readOnly: boolean;
  readonly keyring: Keyring;
  readonly blobs: BlobStore;
  readonly catalog: Catalog;
  readonly keys: CatalogKeys;
  readonly frameLength: number;
  /** Plaintext bytes after which a put begins another segment. */
  readonly segmentLength: number;
  /** Plaintext bytes after which a resumable upload begins another segment, more where a file would have too many. */
  readonly uploadSegmentLength: number;
  /** How long an upload may take before it is given up, in milliseconds. */
  readonly uploadTime: number;
  /** How long work may be silent before it is given up, in milliseconds. */
  readonly graceTime: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export const SETTINGS: { readonly partition: string; readonly sort: string } = { partition: 'vault', sort: 'settings' };
export const TENANTS = 'tenant';

export function filePartition(core: Pick<VaultCore, 'shards'>, tenant: string, file: string): string {
  return `file/${tenant}/${shardOf(file, core.shards)}`;
}

export function filePartitions(core: Pick<VaultCore, 'shards'>, tenant: string): string[] {
  return Array.from({ length: core.shards }, (_, shard) => `file/${tenant}/${shard}`);
}

export function journalPartition(core: Pick<VaultCore, 'shards'>, entry: string): string {
  return `journal/${shardOf(entry, core.shards)}`;
}

export function journalPartitions(core: Pick<VaultCore, 'shards'>): string[] {
  return Array.from({ length: core.shards }, (_, shard) => `journal/${shard}`);
}

/** @throws SealroomError `read-only` */
export function checkWritable(core: Pick<VaultCore, 'readOnly'>): void {
  if (core.readOnly) throw new SealroomError('read-only', 'the vault is read-only: it takes no changes');
}
