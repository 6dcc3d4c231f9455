/**
 * Sealroom as a library: vaults of files, and plain AWS Encryption SDK messages. Keyrings, blob stores and catalogs
 * are apart (`sealroom/keyrings/raw-aes` and so on), so that nobody loads what he does not use.
 */
export { createVault, openVault } from './vault/vault.ts';
export type { CreateVaultOptions, OpenVaultOptions, Vault, VaultPorts, VaultTuning } from './vault/vault.ts';
export type {
  Changes,
  ExportResult,
  Files,
  GetOptions,
  GetResult,
  IfVersion,
  ListFilesOptions,
  Listing,
  PutOptions,
  SegmentStat,
  Stat,
  Verification,
} from './vault/files.ts';
export type { JournalSummary } from './vault/journal-summary.ts';
export type { KeyCount, KeyCounts } from './vault/key-counts.ts';
export type { SweepReport } from './vault/sweep.ts';
export type { Quota, Tenant, Usage } from './vault/item-kinds.ts';
export type { TenantStat } from './vault/tenant-stats.ts';

export { encrypt } from './envelope/encrypt.ts';
export type { EncryptOptions } from './envelope/encrypt.ts';
export { decrypt, decryptRange } from './envelope/decrypt.ts';
export type { DecryptedMessage, RandomAccess } from './envelope/decrypt.ts';
export type { OpenOptions } from './envelope/open-header.ts';
export { inspect } from './envelope/inspect.ts';
export type { Inspection } from './envelope/inspect.ts';

export { frameSpan, layoutOf, layoutOfBody, sealedSize } from './message/frames.ts';
export type { ByteRange, FrameLayout, FrameSpan } from './message/frames.ts';
export type { EncryptionContext } from './message/context.ts';
export type { EncryptedDataKey, WrappingKeyName } from './message/edk.ts';

export { DataKey } from './data-key.ts';
export type { Bytes } from './bytes.ts';
export { SealroomError, errorTable, isSealroomError } from './errors.ts';
export type { ErrorCode, ErrorRow } from './errors.ts';
export type {
  BlobStore,
  CallOptions,
  Catalog,
  GeneratedDataKey,
  Item,
  Keyring,
  Page,
  WriteOperation,
} from './ports.ts';
