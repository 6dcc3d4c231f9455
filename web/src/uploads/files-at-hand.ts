/** The files of uploads that the page has, and what this browser and its other tabs know of them. */
import type { UploadClaims } from './claims.ts';
import type { UploadMemory } from './memory.ts';
import type { ProblemCode } from './problems.ts';
import { differenceOf } from './same-file.ts';
import type { Upload } from './upload.ts';

export interface FilesAtHandOptions {
  readonly memory: UploadMemory;
  readonly claims: UploadClaims;
}

export class FilesAtHand {
  readonly #options: FilesAtHandOptions;
  readonly #files = new Map<number, File>();
  /** What gives claims back. */
  readonly #claims = new Map<number, () => void>();

  constructor(options: FilesAtHandOptions) {
    this.#options = options;
  }

  get(key: number): File | undefined {
    return this.#files.get(key);
  }

  has(key: number): boolean {
    return this.#files.has(key);
  }

  put(key: number, file: File): void {
    this.#files.set(key, file);
  }

  /** The service knows of the upload of a file now. */
  begun(key: number, id: string): void {
    const file = this.#files.get(key);
    if (file === undefined) return;
    this.#options.memory.remember(id, file.lastModified);
    this.#claims.get(key)?.();
    this.#claims.set(key, this.#options.claims.claim(id));
  }

  /** Lets go of a file: the page does not send it any more. */
  release(key: number): void {
    this.#files.delete(key);
    this.#claims.get(key)?.();
    this.#claims.delete(key);
  }

  /** There is no such upload any more. */
  forget(id: string): void {
    this.#options.memory.forget(id);
  }

  /** Whether this browser began an upload. */
  knows(id: string): boolean {
    return this.#options.memory.lastModifiedOf(id) !== undefined;
  }

  /** Ids of uploads whose files a tab of this browser has. */
  claimed(): Promise<ReadonlySet<string>> {
    return this.#options.claims.claimed();
  }

  /** What speaks against a file being that of an upload. */
  differenceOf(file: File, { id, ...upload }: Upload): ProblemCode | undefined {
    const lastModified = id === undefined ? undefined : this.#options.memory.lastModifiedOf(id);
    return differenceOf(file, { ...upload, lastModified });
  }

  /** Whether a file is that of an upload beyond doubt, so that nobody need say so. */
  isSurely(file: File, upload: Upload): boolean {
    return upload.id !== undefined && this.knows(upload.id) && this.differenceOf(file, upload) === undefined;
  }
}
