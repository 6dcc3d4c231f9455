/** Resumable uploads of one tenant: a file that arrives in pieces, over any number of requests and processes (F43). */
import type { Bytes } from '../../bytes.ts';
import type { CallOptions } from '../../ports.ts';
import type { VaultCore } from '../core.ts';
import type { PutOptions, Stat } from '../files.ts';
import { checkTenantName } from '../identifiers.ts';
import { abandonUpload } from './abandon.ts';
import { appendToUpload } from './append.ts';
import { beginUpload } from './begin.ts';
import { declareSize } from './declare-size.ts';
import { listUploads } from './list.ts';
import { lockUpload } from './lock.ts';
import type { LockOptions, UploadLock } from './lock.ts';
import { statUpload } from './stat.ts';

/** An upload that is not complete, or the file that it has become. */
export interface UploadStat {
  /** That of the file to be: a UUID of version 7. */
  readonly id: string;
  readonly name: string;
  /** Media type. */
  readonly type: string;
  /** Bytes that were announced; null while nobody has. */
  readonly size: number | null;
  /** Bytes that are durable: where to go on. */
  readonly offset: number;
  /** When it was begun: ISO 8601, UTC. */
  readonly createdAt: string;
  readonly createdBy: string | null;
  /** When it is given up unless it is complete by then: ISO 8601, UTC. */
  readonly uploadExpires: string;
  /** The file, once all of it is there; the upload is no more. */
  readonly file: Stat | undefined;
}

/** `size` may come later, and there is no key for retries: an upload is one. */
export type BeginUploadOptions = Omit<PutOptions, 'idempotency'>;

export interface AppendOptions extends CallOptions {
  /** Where the bytes begin in the file: right behind those that are durable. */
  readonly offset: number;
  /** Fires when the rest is not to be waited for: what has arrived is made durable, as when the source breaks. */
  readonly enough?: AbortSignal | undefined;
}

/**
 * Every method but `begin` and `list` fails with `not-found` for ids that name no upload, nor a file that was one.
 */
export interface Uploads {
  /** Makes the data key and keeps it, encrypted, with what is known of the file. */
  begin(options: BeginUploadOptions): Promise<UploadStat>;

  stat(id: string, options?: CallOptions): Promise<UploadStat>;

  /** Those that are not complete, oldest first. */
  list(options?: CallOptions): Promise<UploadStat[]>;

  /**
   * Says how many bytes there are, where that was not known from the beginning. With that many there, the file is.
   *
   * @throws SealroomError `conflict` when another size was declared, or more bytes are there
   */
  declareSize(id: string, size: number, options?: CallOptions): Promise<UploadStat>;

  /**
   * Seals bytes as they arrive. Resolves once all are durable; with the last of the file, the file is there. When the
   * source breaks, what has arrived before is made durable first, and then its error is thrown: `stat` says how far it
   * got.
   *
   * @throws SealroomError `conflict` when the offset is not the upload's, or another append was faster; `quota`;
   *   `usage` when more bytes come than were announced
   */
  append(id: string, bytes: Bytes, options: AppendOptions): Promise<UploadStat>;

  /** Gives an upload up, and removes what it holds. */
  abandon(id: string, options?: CallOptions): Promise<void>;

  /**
   * Takes the right to work on an upload, from another process if need be: whoever has it is asked to let go. Two that
   * work on one upload do no harm, but one of them works in vain.
   *
   * @throws SealroomError `in-progress` when the other does not let go in time
   */
  lock(id: string, options: LockOptions): Promise<UploadLock>;
}

export function uploadsOfTenant(core: VaultCore, tenant: string): Uploads {
  checkTenantName(tenant);
  return {
    begin: (options) => beginUpload(core, tenant, options),
    stat: (file, options) => statUpload(core, { tenant, file }, options),
    list: (options) => listUploads(core, tenant, options),
    declareSize: (file, size, options) => declareSize(core, { tenant, file }, size, options),
    append: (file, bytes, options) => appendToUpload(core, { tenant, file }, bytes, options),
    abandon: (file, options) => abandonUpload(core, { tenant, file }, options),
    lock: (file, options) => lockUpload(core, { tenant, file }, options),
  };
}
