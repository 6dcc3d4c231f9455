import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { SinkBody } from './s3-sink-body.ts';

/** What is answered to a request that is wrong. */
export class SinkError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A part as CompleteMultipartUpload lists it. */
export class ListedPart {
  readonly number: number;
  readonly etag: string;
  readonly crc: string | undefined;

  private constructor(xml: string) {
    const field = (name: string): string | undefined => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
    this.number = Number(field('PartNumber'));
    this.etag = (field('ETag') ?? '').replaceAll('&quot;', '"');
    this.crc = field('ChecksumCRC32');
  }

  static read(xml: string): ListedPart[] {
    return Array.from(xml.matchAll(/<Part>.*?<\/Part>/gs), ([part]) => new ListedPart(part));
  }
}

interface Upload {
  readonly key: string;
  readonly parts: Map<number, SinkBody>;
  /** Of all parts but the last; known from the first on. */
  partSize: number | undefined;
}

const LEAST_PART = 5 * 1024 * 1024;

/** The objects and uploads of a sink. */
export class SinkObjects {
  readonly #objects = new Map<string, readonly SinkBody[]>();
  readonly #uploads = new Map<string, Upload>();

  /** Keys of objects and of unfinished uploads. */
  keys(): string[] {
    return [...this.#objects.keys(), ...Array.from(this.#uploads.values(), ({ key }) => key)].sort();
  }

  has(key: string): boolean {
    return this.#objects.has(key);
  }

  sizeOf(key: string): number {
    return (this.#objects.get(key) ?? []).reduce((sum, { length }) => sum + length, 0);
  }

  expectAbsent(key: string, headers: IncomingHttpHeaders): void {
    if (headers['if-none-match'] !== '*') throw new SinkError(400, 'SinkRefused', 'no If-None-Match');
    if (this.has(key)) throw new SinkError(412, 'PreconditionFailed', key);
  }

  put(key: string, bodies: readonly SinkBody[], headers: IncomingHttpHeaders): void {
    this.expectAbsent(key, headers);
    this.#objects.set(key, bodies);
  }

  create(key: string, headers: IncomingHttpHeaders): string {
    if (headers['x-amz-checksum-algorithm'] !== 'CRC32') throw new SinkError(400, 'SinkRefused', 'no CRC32 is named');
    const id = randomUUID();
    this.#uploads.set(id, { key, parts: new Map(), partSize: undefined });
    return id;
  }

  /** Where a part begins: it may come before those in front of it, but never before the first has begun. */
  offsetOf(id: string, number: number, length: number): number {
    const upload = this.#upload(id);
    upload.partSize ??= length;
    if (length > upload.partSize) throw new SinkError(400, 'SinkRefused', 'a part is longer than the first');
    return (number - 1) * upload.partSize;
  }

  addPart(id: string, number: number, body: SinkBody): void {
    this.#upload(id).parts.set(number, body);
  }

  complete(key: string, id: string, listed: readonly ListedPart[], headers: IncomingHttpHeaders): void {
    const { parts, partSize, key: begun } = this.#upload(id);
    const bodies = listed.map(({ number, etag, crc }, index) => {
      const body = parts.get(number);
      if (body === undefined || number !== index + 1 || body.etag !== etag || body.crc !== crc) {
        throw new SinkError(400, 'InvalidPart', `part ${number}`);
      }
      const last = index === listed.length - 1;
      if (!last && (body.length !== partSize || body.length < LEAST_PART)) {
        throw new SinkError(400, 'EntityTooSmall', `part ${number}`);
      }
      return body;
    });
    if (begun !== key || listed.length === 0 || listed.length !== parts.size) {
      throw new SinkError(400, 'InvalidPart', `${listed.length} parts of ${parts.size}`);
    }
    this.put(key, bodies, headers);
    this.#uploads.delete(id);
  }

  async abort(id: string): Promise<void> {
    for (const part of this.#upload(id).parts.values()) await part.remove();
    this.#uploads.delete(id);
  }

  /** Id and key of each unfinished upload. */
  uploadsWith(prefix: string): [id: string, key: string][] {
    return Array.from(this.#uploads, ([id, { key }]): [string, string] => [id, key]).filter(([, key]) =>
      key.startsWith(prefix),
    );
  }

  async *bytes(
    key: string,
    { start, end }: { readonly start: number; readonly end: number },
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let at = 0;
    for (const body of this.#objects.get(key) ?? []) {
      const [from, to] = [Math.max(start - at, 0), Math.min(end - at, body.length)];
      at += body.length;
      if (from < to) yield* body.bytes(from, to);
    }
  }

  async remove(key: string): Promise<void> {
    for (const body of this.#objects.get(key) ?? []) await body.remove();
    this.#objects.delete(key);
  }

  #upload(id: string): Upload {
    const upload = this.#uploads.get(id);
    if (upload === undefined) throw new SinkError(404, 'NoSuchUpload', id);
    return upload;
  }
}
