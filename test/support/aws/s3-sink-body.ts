import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { SinkError } from './s3-sink-objects.ts';
import type { SinkOptions } from './s3-sink.ts';

/** As many bytes of what is expected as asked for, from a place on. */
export type SinkContent = (start: number, length: number) => Uint8Array;

const CHUNK_LENGTH = 64 * 1024;

/** A body that was sent: what is known of it, and where its bytes are, if anywhere. */
export class SinkBody {
  readonly length: number;
  /** In base64, as it is in headers. */
  readonly crc: string;
  readonly #bytes: (start: number, end: number) => AsyncIterable<Uint8Array>;
  readonly #file: string | undefined;

  private constructor(
    known: { readonly length: number; readonly crc: string },
    { file, content, offset }: { file: string | undefined; content: SinkContent | undefined; offset: number },
  ) {
    this.length = known.length;
    this.crc = known.crc;
    this.#file = file;
    this.#bytes = (start, end) => {
      if (file !== undefined) return createReadStream(file, { start, end: end - 1 });
      if (content !== undefined) return generated(content, offset + start, offset + end);
      throw new SinkError(501, 'NotImplemented', 'what came was forgotten');
    };
  }

  get etag(): string {
    return `"${Buffer.from(this.crc, 'base64').toString('hex')}"`;
  }

  /** @param offset place of the body in its object */
  static async take(request: IncomingMessage, { content, folder }: SinkOptions, offset: number): Promise<SinkBody> {
    const file = folder === undefined ? undefined : join(folder, randomUUID());
    await using handle = file === undefined ? undefined : await open(file, 'w');
    let [length, crc] = [0, 0];
    let wrong: string | undefined;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (content !== undefined && !chunk.equals(content(offset + length, chunk.length))) {
        wrong ??= `other bytes than expected, after byte ${offset + length}`;
      }
      crc = crc32(chunk, crc);
      length += chunk.length;
      await handle?.writeFile(chunk);
    }
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc);
    const known = { length, crc: bytes.toString('base64') };
    if (request.headers['content-length'] !== String(length)) wrong ??= 'the length is not the one announced';
    if (request.headers['x-amz-checksum-crc32'] !== known.crc) wrong ??= 'the checksum is missing or wrong';
    if (wrong !== undefined) throw new SinkError(400, 'SinkRefused', wrong);
    return new SinkBody(known, { file, content, offset });
  }

  bytes(start: number, end: number): AsyncIterable<Uint8Array> {
    return this.#bytes(start, end);
  }

  async remove(): Promise<void> {
    if (this.#file !== undefined) await rm(this.#file);
  }
}

async function* generated(
  content: SinkContent,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = start; at < end; at += CHUNK_LENGTH) yield content(at, Math.min(CHUNK_LENGTH, end - at));
}
