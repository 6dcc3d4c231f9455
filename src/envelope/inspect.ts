/** What a message says of itself, and how its frames lie, without any key. Nothing here is authenticated. */
import { ByteReader, chunksOf, toHex } from '../bytes.ts';
import type { Bytes } from '../bytes.ts';
import { cancellableChunks } from '../cancellable.ts';
import { throwIfCancelled } from '../errors.ts';
import type { EncryptionContext } from '../message/context.ts';
import { wrappingKeyName } from '../message/edk.ts';
import { FINAL_MARKER, FINAL_TEXT_OFFSET, REGULAR_TEXT_OFFSET } from '../message/frames.ts';
import { IV_LENGTH, TAG_LENGTH } from '../message/header.ts';
import { suiteName } from '../message/suites.ts';
import type { CallOptions } from '../ports.ts';
import { readHeader } from './open-header.ts';

export interface Inspection {
  readonly version: 1 | 2;
  /** As people write it, `0x0478`. */
  readonly suite: string;
  readonly committing: boolean;
  readonly signed: boolean;
  /** In hexadecimal. */
  readonly messageId: string;
  /** The pairs in the header. */
  readonly context: EncryptionContext;
  readonly keys: readonly { readonly provider: string; readonly name: string; readonly ciphertextLength: number }[];
  /** Plaintext bytes a frame holds; null when the body is one block. */
  readonly frameLength: number | null;
  /** Complete frames that are there; null when the body is one block. */
  readonly frames: number | null;
  /** Bytes of plaintext in the frames, or the block, that are there. */
  readonly plaintextSize: number;
  /** Length of the header with its authentication, in bytes. */
  readonly headerLength: number;
  /** Length of everything, in bytes. */
  readonly size: number;
  /** True when the final frame (the block) and the signature, if one belongs there, are there. */
  readonly complete: boolean;
  /** Bytes after the end. */
  readonly trailing: number;
}

/** The keys of a header are held in memory, each up to 192 KiB of it. */
const MAX_INSPECTED_KEYS = 256;

/**
 * Reads a message's structure in constant memory.
 *
 * @throws SealroomError `not-a-message`, `unsupported-message`, `damaged` or `truncated` when there is no whole header;
 *   `too-many-keys` past 256 encrypted data keys
 */
export async function inspect(message: Bytes, { signal }: CallOptions = {}): Promise<Inspection> {
  await using reader = new ByteReader(cancellableChunks(chunksOf(message), signal));
  const { parsed } = await readHeader(reader, MAX_INSPECTED_KEYS);
  const { header } = parsed;
  const body =
    header.frameLength === 0 ? await walkBlock(reader) : await walkFrames(reader, header.frameLength, signal);
  const complete = body.complete && (header.suite.signature === null || (await walkSignature(reader)));
  const end = reader.position;
  const trailing = await reader.skip(Infinity);
  return {
    version: header.suite.version,
    suite: suiteName(header.suite.id),
    committing: header.suite.committing,
    signed: header.suite.signature !== null,
    messageId: toHex(header.messageId),
    context: header.context,
    keys: header.edks.map((edk) => ({ ...wrappingKeyName(edk), ciphertextLength: edk.ciphertext.length })),
    frameLength: header.frameLength === 0 ? null : header.frameLength,
    frames: body.frames,
    plaintextSize: body.plaintextSize,
    headerLength: parsed.length,
    size: end + trailing,
    complete,
    trailing: complete ? trailing : 0,
  };
}

interface Body {
  frames: number | null;
  plaintextSize: number;
  complete: boolean;
}

async function walkFrames(reader: ByteReader, frameLength: number, signal: AbortSignal | undefined): Promise<Body> {
  const body = { frames: 0, plaintextSize: 0 };
  for (;;) {
    throwIfCancelled(signal);
    const start = await reader.read(REGULAR_TEXT_OFFSET);
    const marker = uint(start, 0, 4);
    if (marker === undefined) return { ...body, complete: false };
    let length = frameLength;
    if (marker === FINAL_MARKER) {
      const rest = await reader.read(FINAL_TEXT_OFFSET - REGULAR_TEXT_OFFSET);
      length = uint(rest, rest.length - 4, 4) ?? Infinity;
    }
    const textAndTag = length + TAG_LENGTH;
    if ((await reader.skip(textAndTag)) < textAndTag) return { ...body, complete: false };
    body.frames++;
    body.plaintextSize += length;
    if (marker === FINAL_MARKER) return { ...body, complete: true };
  }
}

async function walkBlock(reader: ByteReader): Promise<Body> {
  const prefix = await reader.read(IV_LENGTH + 8);
  const length = uint(prefix, IV_LENGTH, 8);
  const sealed = length === undefined ? 0 : length + TAG_LENGTH;
  const complete = length !== undefined && (await reader.skip(sealed)) === sealed;
  return { frames: null, plaintextSize: complete ? length : 0, complete };
}

async function walkSignature(reader: ByteReader): Promise<boolean> {
  const length = uint(await reader.read(2), 0, 2);
  return length !== undefined && (await reader.skip(length)) === length;
}

function uint(bytes: Uint8Array, offset: number, length: number): number | undefined {
  if (offset < 0 || bytes.length < offset + length) return undefined;
  return bytes.subarray(offset, offset + length).reduce((value, byte) => value * 0x100 + byte, 0);
}
