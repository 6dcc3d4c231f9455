/** A file that is open, and can be read again as long as it stays as it is. */
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Rereadable } from '../client/source.ts';
import { fileError } from '../file-errors.ts';
import { HintedError } from './hints.ts';

/** The file is not the one any more that was begun with. */
export class ChangedFile extends HintedError {
  constructor(path: string) {
    const message = `${path}: it was changed while it was read, and what was sent already is of the file before`;
    super('conflict', message, 'put it again once nobody writes to it');
  }
}

const CHUNK_LENGTH = 512 * 1024;

export class RereadableFile implements Rereadable {
  readonly size: number;
  /** When its bytes were last changed: nanoseconds since 1970, in decimal. */
  readonly modified: string;
  readonly #handle: FileHandle;
  readonly #path: string;

  /** @param file.status as it is while this is made; what differs from it later is another file */
  constructor(
    handle: FileHandle,
    { path, status }: { readonly path: string; readonly status: Pick<BigIntStats, 'size' | 'mtimeNs'> },
  ) {
    this.#handle = handle;
    this.#path = path;
    this.size = Number(status.size);
    this.modified = String(status.mtimeNs);
  }

  /** @throws SealroomError `conflict` ({@link ChangedFile}) before a byte of a changed file is handed out */
  async *slice(start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    const buffer = new Uint8Array(CHUNK_LENGTH);
    try {
      for (let at = start; at < end;) {
        // Through the handle, which stays open until its last read is done, whoever closes it meanwhile.
        const { bytesRead } = await this.#handle.read(buffer, 0, Math.min(buffer.length, end - at), at);
        if (bytesRead === 0 || !(await this.#isUnchanged())) throw new ChangedFile(this.#path);
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } catch (error) {
      throw fileError(error, this.#path);
    } finally {
      buffer.fill(0);
    }
  }

  async #isUnchanged(): Promise<boolean> {
    const { size, mtimeNs } = await this.#handle.stat({ bigint: true });
    return Number(size) === this.size && String(mtimeNs) === this.modified;
  }
}
