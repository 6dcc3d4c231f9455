/** One AWS Encryption SDK message becomes its plaintext again, whole or by range. */
import { ByteReader, chunksOf, collect, copyOf } from '../bytes.ts';
import type { Bytes } from '../bytes.ts';
import type { SignatureVerifier } from '../cipher/cipher.ts';
import { cancellableChunks, orCancelled } from '../cancellable.ts';
import { cipher } from '../cipher/index.ts';
import { SealroomError, throwIfCancelled } from '../errors.ts';
import { fromBase64 } from '../base64.ts';
import { PUBLIC_KEY_NAME, contextValue } from '../message/context.ts';
import type { EncryptionContext } from '../message/context.ts';
import { layoutOfBody, pieceAad, satisfiableRange } from '../message/frames.ts';
import type { ByteRange } from '../message/frames.ts';
import { IV_LENGTH, MAX_SINGLE_BLOCK_LENGTH, TAG_LENGTH } from '../message/header.ts';
import type { Header } from '../message/header.ts';
import { suiteName } from '../message/suites.ts';
import { ownPieces } from './buffers.ts';
import { openFrames, openRange } from './frames.ts';
import type { FramesOptions } from './frames.ts';
import type { CallOptions } from '../ports.ts';
import { openHeader } from './open-header.ts';
import type { OpenedHeader, OpenOptions } from './open-header.ts';
import { startedStream } from './stream.ts';

/** A message whose header was authenticated. */
export interface DecryptedMessage {
  /** The algorithm suite as people write it, `0x0478`. */
  readonly suite: string;
  /** All authenticated pairs, those reproduced included. */
  readonly context: EncryptionContext;
  /**
   * The plaintext; each chunk is the caller's own. What has been given out is authentic, but only a stream that ends
   * without an error was the whole message: on an error, discard what came before.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Opens a message of any of the eleven suites. Resolves once the header and the first frame are authenticated.
 *
 * @throws SealroomError of exit code 4, here or from the body: nothing unauthenticated is ever given out
 */
export async function decrypt(message: Bytes, options: OpenOptions): Promise<DecryptedMessage> {
  return decryptLent(message, { ...options, memory: ownPieces });
}

/** `decrypt`, with chunks that are lent: until the next one is asked for, or as long as `memory` says. */
export async function decryptLent(message: Bytes, options: OpenOptions & FramesOptions): Promise<DecryptedMessage> {
  const reader = new ByteReader(cancellableChunks(chunksOf(message), options.signal));
  let opened: OpenedHeader;
  try {
    opened = await openHeader(reader, options);
  } catch (error) {
    await reader[Symbol.asyncDispose]();
    throw error;
  }
  const body = await startedStream(openBody(reader, opened, options));
  return { suite: suiteName(opened.header.suite.id), context: opened.context, body };
}

async function* openBody(
  source: ByteReader,
  opened: OpenedHeader,
  { memory, signal }: OpenOptions & FramesOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  await using reader = source;
  using key = opened.encryptionKey;
  const { header } = opened;
  const verifier = verifierOf(opened);
  const plaintext =
    header.frameLength === 0
      ? openBlock(reader, opened, { signal, verifier })
      : openFrames(
          reader,
          { key, messageId: header.messageId, frameLength: header.frameLength },
          { memory, signal, onFrames: (sealed) => verifier?.update(sealed) },
        );
  if (verifier === undefined) yield* plaintext;
  else yield* untilSigned(plaintext, () => checkSignature(reader, verifier));
  if (!(await reader.atEnd())) throw new SealroomError('trailing-bytes', 'bytes follow the end of the message');
}

function verifierOf({ header, bytes }: OpenedHeader): SignatureVerifier | undefined {
  if (header.suite.signature === null) return undefined;
  const publicKey = fromBase64(contextValue(header.context, PUBLIC_KEY_NAME) ?? '');
  const verifier = cipher.verifier(header.suite.signature, publicKey);
  verifier.update(bytes);
  return verifier;
}

/** Holds the last bytes back until the signature over everything was verified (F22). */
async function* untilSigned(
  plaintext: AsyncIterable<Uint8Array>,
  check: () => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Uint8Array | undefined;
  for await (const chunk of plaintext) {
    // The final frame of some writers is empty.
    if (chunk.length === 0) continue;
    if (held !== undefined) yield held;
    held = copyOf(chunk);
  }
  await check();
  if (held !== undefined) yield held;
}

async function checkSignature(reader: ByteReader, verifier: SignatureVerifier): Promise<void> {
  const prefix = await reader.read(2);
  const length = prefix.length === 2 ? prefix[0]! * 0x100 + prefix[1]! : 0;
  const signature = prefix.length === 2 ? await reader.read(length) : prefix;
  if (prefix.length < 2 || signature.length < length) {
    throw new SealroomError('truncated', 'it ends within its signature');
  }
  if (!verifier.verify(signature)) throw new SealroomError('damaged', 'the signature of the message is wrong');
}

/** Longest body in one block that is read, in bytes: it can be opened only as a whole, so it is held in memory. */
export const MAX_HELD_BLOCK_LENGTH: number = 2 ** 30;

/** Opens a body that is one block and not frames (F21): old messages have it, nothing writes it. */
async function* openBlock(
  reader: ByteReader,
  { header, encryptionKey }: OpenedHeader,
  { signal, verifier }: { signal: AbortSignal | undefined; verifier: SignatureVerifier | undefined },
): AsyncGenerator<Uint8Array, void, undefined> {
  const prefix = copyOf(await reader.read(IV_LENGTH + 8));
  if (prefix.length < IV_LENGTH + 8) throw new SealroomError('truncated', 'it ends before its block begins');
  const length = Number(new DataView(prefix.buffer).getBigUint64(IV_LENGTH));
  if (length > MAX_SINGLE_BLOCK_LENGTH) throw new SealroomError('damaged', 'its block is longer than a block can be');
  if (length > MAX_HELD_BLOCK_LENGTH) {
    throw new SealroomError(
      'unsupported-message',
      `its body is one block of ${length} bytes, which has to be held in memory whole; the limit is ${MAX_HELD_BLOCK_LENGTH}`,
    );
  }
  const sealed = await readHeld(reader, length + TAG_LENGTH, signal);
  const aad = pieceAad(header.messageId, 'block')(1, length);
  const plaintext = cipher.open(encryptionKey, prefix.subarray(0, IV_LENGTH), aad, sealed);
  if (plaintext === null) throw new SealroomError('damaged', 'the block was changed: its tag is wrong');
  verifier?.update(prefix);
  verifier?.update(sealed);
  yield plaintext;
}

/** Reads a length that nobody has authenticated yet: memory grows with what arrives, not with what is claimed. */
async function readHeld(reader: ByteReader, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  let held = new Uint8Array(Math.min(length, 1024 * 1024));
  let filled = 0;
  for (;;) {
    throwIfCancelled(signal);
    filled += await reader.readInto(held.subarray(filled));
    if (filled === length) return held;
    if (filled < held.length) throw new SealroomError('truncated', 'it ends within its block');
    const larger = new Uint8Array(Math.min(length, held.length * 2));
    larger.set(held);
    held = larger;
  }
}

/** Bytes that can be read from any place: an open file, an object in a store. */
export interface RandomAccess {
  /** In bytes. */
  readonly size: number;
  /** The header is read by asking for everything and giving the stream up after it. */
  read(range: ByteRange, options?: CallOptions): Promise<AsyncIterable<Uint8Array>>;
}

/**
 * Opens a range of a message's plaintext, reading the header and the frames that the range lies in, no others.
 *
 * Every byte given out was written at that place of that message. A range that reaches the end opens the final frame
 * too, which proves that the message ends there; one that does not says nothing about the rest.
 *
 * @param range `end` is exclusive, and the end of the plaintext unless given
 * @throws SealroomError `signed` on signed messages, whose signature needs every byte; `unsupported-message` on those
 *   whose body is one block; `range-not-satisfiable`
 */
export async function decryptRange(
  message: RandomAccess,
  options: OpenOptions & { readonly range: { readonly start: number; readonly end?: number | undefined } },
): Promise<DecryptedMessage> {
  const { signal } = options;
  const read = async (range: ByteRange): Promise<AsyncIterable<Uint8Array>> =>
    cancellableChunks(await orCancelled(message.read(range, { signal }), signal), signal);
  const reader = new ByteReader(await read({ start: 0, end: message.size }));
  let opened: OpenedHeader;
  try {
    opened = await openHeader(reader, { ...options, refuseSigned: true });
  } finally {
    await reader[Symbol.asyncDispose]();
  }
  try {
    const { header } = opened;
    const layout = framedLayout(header, message.size - opened.length);
    const fetch = ({ start, end }: ByteRange): Promise<AsyncIterable<Uint8Array>> =>
      read({ start: opened.length + start, end: opened.length + end });
    const { frameLength, messageId } = header;
    const plaintext = (range: ByteRange): AsyncGenerator<Uint8Array, void, undefined> =>
      openRange(
        fetch,
        { key: opened.encryptionKey, messageId, frameLength },
        { layout, range, memory: ownPieces, signal },
      );
    // The size follows from a length that nobody authenticated: a message that was cut short must not pass for a short one.
    if (options.range.start >= layout.size) await collect(plaintext({ start: layout.size, end: layout.size }));
    const range = satisfiableRange(options.range, layout.size);
    const body = await startedStream(disposing(opened, plaintext(range)));
    return { suite: suiteName(header.suite.id), context: opened.context, body };
  } catch (error) {
    opened.encryptionKey[Symbol.dispose]();
    throw error;
  }
}

function framedLayout(header: Header, bodyLength: number): ReturnType<typeof layoutOfBody> {
  if (header.frameLength === 0) {
    throw new SealroomError('unsupported-message', 'its body is one block, which opens only as a whole: no ranges');
  }
  return layoutOfBody(bodyLength, header.frameLength);
}

async function* disposing(
  opened: OpenedHeader,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  using _ = opened.encryptionKey;
  yield* body;
}
