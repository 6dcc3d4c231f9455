/** The verbs on the files of one tenant: what a vault, and whoever speaks for one, offers. */
import type { Bytes } from '../bytes.ts';
import type { ErrorCode } from '../errors.ts';
import type { EncryptionContext } from '../message/context.ts';
import type { WrappingKeyName } from '../message/edk.ts';
import type { CallOptions } from '../ports.ts';
import type { Metadata } from './metadata.ts';

/** A file as it is described everywhere: in the library and in `--json`. */
export interface Stat extends Metadata {
  /** UUID of version 7. */
  readonly id: string;
  /** The caller's public pairs. */
  readonly context: EncryptionContext;
  /**
   * The wrapping keys that its data key is encrypted under, by the names in the record. Not authenticated before the
   * file is opened: count by them, do not rely on them.
   */
  readonly keys: readonly WrappingKeyName[];
  readonly segments: readonly SegmentStat[];
  /** Changes whenever the record does. */
  readonly version: string;
}

export interface SegmentStat {
  /** In hexadecimal. */
  readonly messageId: string;
  readonly frameLength: number;
  /** Plaintext bytes. */
  readonly size: number;
}

export interface PutOptions extends CallOptions {
  /** Not unique; 1 to 1,024 bytes without control characters. */
  readonly name: string;
  /** Media type; `application/octet-stream` unless given. */
  readonly type?: string | undefined;
  /** At most 50. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** At most 16 KiB as JSON. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Public pairs, bound to the data key and seen by the key management service; at most 4 KiB. */
  readonly context?: EncryptionContext | undefined;
  readonly createdBy?: string | null | undefined;
  /** When the file is to go by itself: ISO 8601. From then on it is not there. Not before `retainUntil`. */
  readonly expires?: string | null | undefined;
  /** Until when nothing removes it: ISO 8601. */
  readonly retainUntil?: string | null | undefined;
  /** Bytes that are coming, where that is known: a source of another length is refused. */
  readonly size?: number | undefined;
  /** Makes a retry safe: within a day, the same key and request give the file that the first put stored. */
  readonly idempotency?: Idempotency | undefined;
}

export interface Idempotency {
  /** Chosen by the caller, fresh for each thing that is to be put; 1 to 255 printable characters. */
  readonly key: string;
  /** What makes the request the same: another one under this key fails with `key-reused`. */
  readonly request: string;
}

export interface GetOptions extends CallOptions {
  /** `end` is exclusive, and the end of the file unless given; a range past the end is clipped to it. */
  readonly range?: { readonly start: number; readonly end?: number | undefined } | undefined;
}

export interface GetResult {
  readonly stat: Stat;
  /** Where the body lies in the file. */
  readonly range: { readonly start: number; readonly end: number };
  /**
   * Authenticated plaintext; each chunk is the caller's own. Iterate it, or call `return` on its iterator: until then
   * it holds the store's file or connection.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface ListFilesOptions extends CallOptions {
  /** Most files to return, from 1 to 1,000; 100 unless given. */
  readonly limit?: number | undefined;
  /** Where the page before ended. */
  readonly cursor?: string | undefined;
  /**
   * Only files whose name contains this, whatever the case. A page looks at 1,000 files at most, so it may hold few or
   * none and have a cursor all the same.
   */
  readonly q?: string | undefined;
}

export interface Listing {
  /** Newest first. */
  readonly files: readonly Stat[];
  /** Records of this page that were changed or belong to a newer Sealroom, and do not open. */
  readonly unreadable: readonly { readonly id: string; readonly code: ErrorCode; readonly message: string }[];
  /** Absent on the last page. */
  readonly cursor?: string | undefined;
}

export interface Changes {
  readonly name?: string | undefined;
  readonly type?: string | undefined;
  /** All tags anew. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface IfVersion extends CallOptions {
  /** Only when the file is at this version; `conflict` otherwise. */
  readonly ifVersion?: string | undefined;
}

export interface Verification {
  readonly stat: Stat;
  /** Frames that were opened: all of them. */
  readonly frames: number;
}

export interface ExportResult {
  readonly stat: Stat;
  /** One AWS Encryption SDK message; each chunk is the caller's own. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * The files of one tenant. Every method fails with `no-tenant` where the tenant was never created, and with
 * `not-found` for ids that name no file of this tenant.
 */
export interface Files {
  /** Stores a stream of any length. Resolves once it is durable; a put that fails leaves no file. */
  put(bytes: Bytes, options: PutOptions): Promise<Stat>;
  /** Resolves once the first frame of what is asked for is authenticated. */
  get(id: string, options?: GetOptions): Promise<GetResult>;
  stat(id: string, options?: CallOptions): Promise<Stat>;
  list(options?: ListFilesOptions): Promise<Listing>;
  update(id: string, changes: Changes, options?: IfVersion): Promise<Stat>;
  /** Destroys the encrypted data keys, then removes the blobs. */
  remove(id: string, options?: IfVersion): Promise<void>;
  /** Opens every frame and looks for what does not belong. */
  verify(id: string, options?: CallOptions): Promise<Verification>;
  /** The file as one standalone message that any AWS Encryption SDK opens with the wrapping key. */
  export(id: string, options?: CallOptions): Promise<ExportResult>;
}
