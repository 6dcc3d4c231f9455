/**
 * A second reading of the message format, slow and plain, which shares no code with the engine: the engine's twin in
 * tests, and the maker of messages that the engine never writes. Unsigned suites only.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { CipherGCMTypes } from 'node:crypto';

const KEY_LENGTHS: Readonly<Record<number, number>> = {
  0x0014: 16,
  0x0046: 24,
  0x0078: 32,
  0x0114: 16,
  0x0146: 24,
  0x0178: 32,
  0x0478: 32,
};

export function uint(value: number | bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');
}

function encryptionKey(suite: number, dataKey: Uint8Array, messageId: Uint8Array): Buffer {
  const id = uint(suite, 2);
  if (suite < 0x0100) return Buffer.from(dataKey);
  const derived =
    suite === 0x0478
      ? hkdfSync('sha512', dataKey, messageId, Buffer.concat([id, Buffer.from('DERIVEKEY')]), 32)
      : hkdfSync('sha256', dataKey, '', Buffer.concat([id, messageId]), KEY_LENGTHS[suite]!);
  return Buffer.from(derived);
}

function commitmentOf(dataKey: Uint8Array, messageId: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha512', dataKey, messageId, 'COMMITKEY', 32));
}

const gcm = (key: Uint8Array): CipherGCMTypes => `aes-${(key.length * 8) as 128 | 192 | 256}-gcm`;

function seal(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, text: Uint8Array): Buffer {
  const cipher = createCipheriv(gcm(key), key, iv).setAAD(aad);
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

function open(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Buffer {
  const decipher = createDecipheriv(gcm(key), key, iv, { authTagLength: 16 }).setAAD(aad);
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

function aadOf(messageId: Uint8Array, what: string, sequence: number, length: number): Buffer {
  return Buffer.concat([messageId, Buffer.from(`AWSKMSEncryptionClient ${what}`), uint(sequence, 4), uint(length, 8)]);
}

/** A serialised context: these pairs in this order, whatever the format says of them. */
export function referenceContext(pairs: readonly (readonly [string, string])[]): Buffer {
  const texts = pairs.flat().map((text) => Buffer.from(text));
  const fields = texts.flatMap((text) => [uint(text.length, 2), text]);
  return pairs.length === 0 ? Buffer.alloc(0) : Buffer.concat([uint(pairs.length, 2), ...fields]);
}

/** One serialised encrypted data key. */
export function referenceEdk(...fields: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(fields.flatMap((field) => [uint(Buffer.from(field).length, 2), Buffer.from(field)]));
}

export interface ReferenceMessage {
  readonly dataKey: Uint8Array;
  readonly messageId: Uint8Array;
  readonly suite?: number;
  readonly frameLength?: number;
  /** Serialised, as are the rest: so that a test can break them. */
  readonly context?: Uint8Array;
  /** Serialised pairs that are authenticated and not stored. */
  readonly leftOut?: Uint8Array;
  readonly edks?: readonly Uint8Array[];
  readonly edkCount?: number;
  readonly contentType?: number;
  readonly reserved?: number;
  readonly ivLength?: number;
  readonly headerIv?: Uint8Array;
  /** Of every piece, instead of its sequence number. */
  readonly pieceIv?: Uint8Array;
  readonly commitment?: Uint8Array;
}

/** A header and its authentication. */
export function referenceHeader(message: ReferenceMessage): Buffer {
  const { dataKey, messageId, suite = 0x0478, frameLength = 16, context = new Uint8Array(0) } = message;
  const { edks = [referenceEdk('static', 'only', 'edk')], edkCount = edks.length, contentType = 2 } = message;
  const { leftOut = new Uint8Array(0), reserved = 0, ivLength = 12, headerIv = Buffer.alloc(12) } = message;
  const v1 = suite !== 0x0478;
  const body = Buffer.concat([
    Buffer.from(v1 ? [1, 0x80] : [2]),
    uint(suite, 2),
    messageId,
    uint(context.length, 2),
    context,
    uint(edkCount, 2),
    ...edks,
    uint(contentType, 1),
    ...(v1 ? [uint(reserved, 4), uint(ivLength, 1)] : []),
    uint(frameLength, 4),
    ...(v1 ? [] : [message.commitment ?? commitmentOf(dataKey, messageId)]),
  ]);
  const key = encryptionKey(suite, dataKey, messageId);
  const tag = seal(key, headerIv, Buffer.concat([body, leftOut]), new Uint8Array(0));
  return Buffer.concat([body, ...(v1 ? [headerIv] : []), tag]);
}

/** One sealed piece of a body, of any text at any place. */
export function referencePiece(
  message: ReferenceMessage,
  kind: 'frame' | 'final' | 'block',
  sequence: number,
  text: Uint8Array,
): Buffer {
  const { dataKey, messageId, suite = 0x0478 } = message;
  const iv = message.pieceIv ?? uint(sequence, 12);
  const what = { frame: 'Frame', final: 'Final Frame', block: 'Single Block' }[kind];
  const sealed = seal(
    encryptionKey(suite, dataKey, messageId),
    iv,
    aadOf(messageId, what, sequence, text.length),
    text,
  );
  if (kind === 'frame') return Buffer.concat([uint(sequence, 4), iv, sealed]);
  if (kind === 'block') return Buffer.concat([iv, uint(text.length, 8), sealed]);
  return Buffer.concat([uint(0xffff_ffff, 4), uint(sequence, 4), iv, uint(text.length, 4), sealed]);
}

/** @param ending how a plaintext ends that fills its last frame: with that one, or with an empty one after it */
export function referenceFrames(
  message: ReferenceMessage,
  plaintext: Uint8Array,
  ending: 'full' | 'empty' = 'empty',
): Buffer[] {
  const { frameLength = 16 } = message;
  const frames: Buffer[] = [];
  let rest = plaintext;
  const longestFinal = ending === 'empty' ? frameLength - 1 : frameLength;
  while (rest.length > longestFinal) {
    frames.push(referencePiece(message, 'frame', frames.length + 1, rest.subarray(0, frameLength)));
    rest = rest.subarray(frameLength);
  }
  return [...frames, referencePiece(message, 'final', frames.length + 1, rest)];
}

/** Opens a message with its data key; any error means that it does not open. */
export function referenceOpen(
  message: Uint8Array,
  dataKey: Uint8Array,
  leftOut: Uint8Array = new Uint8Array(0),
): Buffer {
  const bytes = Buffer.from(message);
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error('it ends too early');
    return bytes.subarray(at, (at += length));
  };
  const number = (length: number): number => take(length).readUIntBE(0, length);
  const expect = (truth: boolean): void => {
    if (!truth) throw new Error(`malformed before byte ${at}`);
  };
  const version = number(1);
  expect(version === 2 || (version === 1 && number(1) === 0x80));
  const suite = number(2);
  expect(KEY_LENGTHS[suite] === dataKey.length && (suite === 0x0478) === (version === 2));
  const messageId = take(version === 1 ? 16 : 32);
  take(number(2));
  const edkCount = number(2);
  expect(edkCount > 0);
  for (let field = 0; field < edkCount * 3; field++) take(number(2));
  const contentType = number(1);
  if (version === 1) expect(number(4) === 0 && number(1) === 12);
  const frameLength = number(4);
  expect(contentType === 1 ? frameLength === 0 : contentType === 2 && frameLength > 0);
  if (version === 2) expect(take(32).equals(commitmentOf(dataKey, messageId)));
  const header = Buffer.concat([bytes.subarray(0, at), leftOut]);
  const key = encryptionKey(suite, dataKey, messageId);
  open(key, version === 1 ? take(12) : Buffer.alloc(12), header, take(16));
  const parts: Buffer[] = [];
  for (let sequence = 1, last = false; !last; sequence++) {
    const first = contentType === 1 ? 0 : number(4);
    last = contentType === 1 || first === 0xffff_ffff;
    expect(contentType === 1 || (last ? number(4) : first) === sequence);
    const iv = take(12);
    if (contentType === 1) expect(number(2) === 0);
    const length = last ? number(contentType === 1 ? 6 : 4) : frameLength;
    expect(contentType === 1 || length <= frameLength);
    const whole = contentType === 1 ? 'Single Block' : 'Final Frame';
    parts.push(open(key, iv, aadOf(messageId, last ? whole : 'Frame', sequence, length), take(length + 16)));
  }
  expect(at === bytes.length);
  return Buffer.concat(parts);
}
