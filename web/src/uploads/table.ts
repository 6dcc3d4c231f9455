/** Uploads in the order that they are shown in, and what they add up to: cheap for thousands of them. */
import { STATUSES } from './upload.ts';
import type { Totals, Upload, UploadStatus } from './upload.ts';

/** One that has no key yet. */
export type NewUpload = Omit<Upload, 'key'>;

/** What counts for how far all uploads are; the page cannot tell of the others whether they will ever arrive. */
const MEASURED: ReadonlySet<UploadStatus> = new Set(['queued', 'sending', 'waiting', 'paused', 'done']);

export class UploadTable {
  readonly #uploads = new Map<number, Upload>();
  /** Those that began and are not done, those that never began, those that are done: an upload moves only forward. */
  readonly #begun = new Set<number>();
  readonly #queue = new Set<number>();
  readonly #done = new Set<number>();
  /** Of those that began, how many are in the queue again. */
  #begunQueued = 0;
  readonly #counts = Object.fromEntries(STATUSES.map((status) => [status, 0])) as Record<UploadStatus, number>;
  #size = 0;
  #sent = 0;
  #lastKey = 0;
  #keys: readonly number[] | undefined;

  get totals(): Omit<Totals, 'speed'> {
    return { counts: { ...this.#counts }, size: this.#size, sent: this.#sent };
  }

  get(key: number): Upload | undefined {
    return this.#uploads.get(key);
  }

  /** In the order that they are shown in; another array only when that is another. */
  keys(): readonly number[] {
    this.#keys ??= [...this.#begun, ...this.#queue, ...this.#done];
    return this.#keys;
  }

  all(status: UploadStatus): Upload[] {
    if (this.#counts[status] === 0) return [];
    return this.keys()
      .map((key) => this.#uploads.get(key)!)
      .filter((upload) => upload.status === status);
  }

  /** Ids of all that have one. */
  ids(): string[] {
    return Array.from(this.#uploads.values(), ({ id }) => id).filter((id) => id !== undefined);
  }

  /** What is to be sent next: what began before what did not. */
  nextQueued(): Upload | undefined {
    return (this.#begunQueued > 0 ? this.#firstQueued(this.#begun) : undefined) ?? this.#firstQueued(this.#queue);
  }

  add(upload: NewUpload): number {
    this.#lastKey += 1;
    const key = this.#lastKey;
    this.#put({ ...upload, key });
    return key;
  }

  change(key: number, changes: Partial<NewUpload>): void {
    const before = this.#uploads.get(key);
    if (before === undefined) return;
    this.#count(before, -1);
    this.#put({ ...before, ...changes });
  }

  delete(key: number): void {
    const before = this.#uploads.get(key);
    if (before === undefined) return;
    this.#count(before, -1);
    this.#uploads.delete(key);
    for (const group of [this.#begun, this.#queue, this.#done]) group.delete(key);
    this.#keys = undefined;
  }

  #firstQueued(keys: Iterable<number>): Upload | undefined {
    for (const key of keys) {
      const upload = this.#uploads.get(key);
      if (upload?.status === 'queued') return upload;
    }
    return undefined;
  }

  #put(upload: Upload): void {
    const { key } = upload;
    this.#uploads.set(key, upload);
    const group = this.#groupOf(upload);
    if (!group.has(key)) {
      for (const other of [this.#begun, this.#queue, this.#done]) other.delete(key);
      group.add(key);
      this.#keys = undefined;
    }
    this.#count(upload, 1);
  }

  #groupOf({ key, status }: Upload): Set<number> {
    if (status === 'done') return this.#done;
    return status === 'queued' && !this.#begun.has(key) ? this.#queue : this.#begun;
  }

  #count(upload: Upload, sign: 1 | -1): void {
    this.#counts[upload.status] += sign;
    if (upload.status === 'queued' && this.#begun.has(upload.key)) this.#begunQueued += sign;
    if (!MEASURED.has(upload.status)) return;
    this.#size += sign * (upload.size ?? 0);
    this.#sent += sign * Math.min(upload.sent, upload.size ?? 0);
  }
}
