/** A stream of any length becomes one AWS Encryption SDK message. */
import { chunksOf, concat, copyOf } from '../bytes.ts';
import type { Bytes } from '../bytes.ts';
import { cancellableChunks } from '../cancellable.ts';
import { cipher } from '../cipher/index.ts';
import { SealroomError } from '../errors.ts';
import { checkCallerContext } from '../message/context.ts';
import type { EncryptionContext } from '../message/context.ts';
import { DEFAULT_MAX_ENCRYPTED_DATA_KEYS } from '../message/edk.ts';
import type { EncryptedDataKey } from '../message/edk.ts';
import { IV_LENGTH, MAX_FRAME_LENGTH, encodeHeaderBody } from '../message/header.ts';
import { writtenSuite } from '../message/suites.ts';
import type { DataKey } from '../data-key.ts';
import type { FrameKey } from '../cipher/cipher.ts';
import type { CallOptions, Keyring } from '../ports.ts';
import { deriveKeys } from './derive.ts';
import { sealFrames } from './frames.ts';
import type { FramesOptions } from './frames.ts';

/** Plaintext bytes a frame holds unless the caller says otherwise: docs/performance.md has the measurements. */
export const DEFAULT_FRAME_LENGTH: number = 96 * 1024;

export interface EncryptOptions extends CallOptions {
  readonly keyring: Keyring;
  /** Public pairs to authenticate with the message. */
  readonly context?: EncryptionContext | undefined;
  /** Plaintext bytes a frame holds, from 1 to 2^32 - 1; 96 KiB unless given. */
  readonly frameLength?: number | undefined;
}

/**
 * Encrypts as one message of suite 0x0478. Gives the header first, then frames as the plaintext arrives, in constant
 * memory; each chunk is the caller's own.
 *
 * @throws SealroomError `usage` on a context or frame length that cannot be used; whatever keyring and source throw
 */
export async function* encrypt(plaintext: Bytes, options: EncryptOptions): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of encryptLent(plaintext, options)) yield copyOf(chunk);
}

/** `encrypt`, with chunks that are lent: until the next one is asked for, or as long as `memory` says. */
export async function* encryptLent(
  plaintext: Bytes,
  { keyring, context = {}, frameLength = DEFAULT_FRAME_LENGTH, memory, signal }: EncryptOptions & FramesOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  checkFrameLength(frameLength);
  checkCallerContext(context);
  const generated = await keyring.generate(context, { signal });
  using dataKey = generated.dataKey;
  if (generated.edks.length > DEFAULT_MAX_ENCRYPTED_DATA_KEYS) {
    throw new SealroomError(
      'usage',
      `a message is sealed under at most ${DEFAULT_MAX_ENCRYPTED_DATA_KEYS} wrapping keys, because readers take no more`,
    );
  }
  const message = beginMessage(dataKey, { context, edks: generated.edks, frameLength });
  using _ = message.frameKey.key;
  yield concat([message.header, message.tag]);
  yield* sealFrames(cancellableChunks(chunksOf(plaintext), signal), message.frameKey, { memory, signal });
}

/** A message's header, and what seals its frames. */
export interface BegunMessage {
  readonly header: Uint8Array;
  readonly tag: Uint8Array;
  readonly commitment: Uint8Array;
  /** Its key is the caller's to dispose. */
  readonly frameKey: FrameKey;
}

/**
 * Makes the one header that a fresh message id ever has (F4). This is the only place where a header's tag is computed:
 * a second header for one data key and message id would give the authentication key away.
 */
export function beginMessage(
  dataKey: DataKey,
  fields: {
    readonly context: EncryptionContext;
    readonly edks: readonly EncryptedDataKey[];
    readonly frameLength: number;
  },
): BegunMessage {
  using scope = new DisposableStack();
  const messageId = cipher.randomBytes(writtenSuite.messageIdLength);
  const { encryptionKey, commitment } = deriveKeys(writtenSuite, dataKey, messageId);
  scope.use(encryptionKey);
  if (commitment === undefined) throw new SealroomError('unexpected', 'the suite that is written has no commitment');
  const header = encodeHeaderBody({ messageId, ...fields, commitment });
  const tag = cipher.seal(encryptionKey, new Uint8Array(IV_LENGTH), header, new Uint8Array(0));
  scope.move();
  return { header, tag, commitment, frameKey: { key: encryptionKey, messageId, frameLength: fields.frameLength } };
}

/** @throws SealroomError `usage` */
export function checkFrameLength(frameLength: number): void {
  if (!Number.isInteger(frameLength) || frameLength < 1 || frameLength > MAX_FRAME_LENGTH) {
    throw new SealroomError('usage', `a frame length is a whole number from 1 to ${MAX_FRAME_LENGTH}`);
  }
}
