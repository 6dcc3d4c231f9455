/** The cipher that Node carries: OpenSSL through `node:crypto`. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  createVerify,
  hkdfSync,
  randomFillSync,
} from 'node:crypto';
import type { CipherGCMTypes, DecipherGCM } from 'node:crypto';
import { concat } from '../bytes.ts';
import { DataKey } from '../data-key.ts';
import { SealroomError } from '../errors.ts';
import {
  FINAL_MARKER,
  FINAL_OVERHEAD,
  FINAL_TEXT_OFFSET,
  REGULAR_OVERHEAD,
  REGULAR_TEXT_OFFSET,
  frameCount,
  pieceAad,
} from '../message/frames.ts';
import { IV_LENGTH, TAG_LENGTH } from '../message/header.ts';
import type { Cipher } from './cipher.ts';

/** OpenSSL takes lengths as signed 32-bit integers, so longer pieces go in parts. */
const MAX_UPDATE_LENGTH = 2 ** 30;

/** Of the counter of CTR mode: a block of AES. */
const COUNTER_LENGTH = 16;

/** Where a frame's IV and its ciphertext begin. */
const REGULAR_OFFSETS = [4, REGULAR_TEXT_OFFSET] as const;
const FINAL_OFFSETS = [8, FINAL_TEXT_OFFSET] as const;

export const nodeCipher: Cipher = {
  randomBytes: (length) => randomFillSync(new Uint8Array(length)),

  hkdf: (hash, key, salt, info, length) => new DataKey(new Uint8Array(hkdfSync(hash, key.bytes, salt, info, length))),

  hmac(key, parts) {
    const hmac = createHmac('sha256', key.bytes);
    for (const part of parts) hmac.update(part);
    return hmac.digest();
  },

  sha256(parts) {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest();
  },

  sha256Stream() {
    const hash = createHash('sha256');
    return {
      update: (bytes) => void hash.update(bytes),
      digest: () => hash.digest(),
    };
  },

  seal(key, iv, aad, plaintext) {
    const sealed = new Uint8Array(plaintext.length + TAG_LENGTH);
    sealInto(key, iv, aad, plaintext, sealed);
    return sealed;
  },

  open(key, iv, aad, sealed) {
    const length = sealed.length - TAG_LENGTH;
    if (length < 0) return null;
    if (length > MAX_UPDATE_LENGTH) {
      const plaintext = new Uint8Array(length);
      return openInto(key, iv, aad, sealed, plaintext) ? plaintext : null;
    }
    const decipher = decipherOf(key, iv, aad, sealed.subarray(length));
    const plaintext = decipher.update(sealed.subarray(0, length));
    if (verified(decipher)) return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.length);
    plaintext.fill(0);
    return null;
  },

  sealFrames(frames, plaintext, { firstSequence, final }, out) {
    const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
    const regular = final
      ? frameCount(plaintext.length, frames.frameLength) - 1
      : plaintext.length / frames.frameLength;
    const regularAad = pieceAad(frames.messageId, 'frame');
    let read = 0;
    let written = 0;
    for (let i = 0; i < regular; i++) {
      const sequence = firstSequence + i;
      view.setUint32(written, sequence);
      const iv = writeIv(out, written + 4, sequence);
      const text = plaintext.subarray(read, (read += frames.frameLength));
      const end = written + frames.frameLength + REGULAR_OVERHEAD;
      sealInto(
        frames.key,
        iv,
        regularAad(sequence, text.length),
        text,
        out.subarray(written + REGULAR_TEXT_OFFSET, end),
      );
      written = end;
    }
    if (!final) return;
    const sequence = firstSequence + regular;
    const text = plaintext.subarray(read);
    view.setUint32(written, FINAL_MARKER);
    view.setUint32(written + 4, sequence);
    const iv = writeIv(out, written + 8, sequence);
    view.setUint32(written + FINAL_TEXT_OFFSET - 4, text.length);
    const aad = pieceAad(frames.messageId, 'final')(sequence, text.length);
    sealInto(frames.key, iv, aad, text, out.subarray(written + FINAL_TEXT_OFFSET));
  },

  openFrame(frames, sealed, { firstSequence, finalLength }) {
    const [ivOffset, textOffset] = finalLength === undefined ? REGULAR_OFFSETS : FINAL_OFFSETS;
    const length = finalLength ?? frames.frameLength;
    const aad = pieceAad(frames.messageId, finalLength === undefined ? 'frame' : 'final')(firstSequence, length);
    return nodeCipher.open(
      frames.key,
      sealed.subarray(ivOffset, ivOffset + IV_LENGTH),
      aad,
      sealed.subarray(textOffset),
    );
  },

  openFrames(frames, sealed, { firstSequence, finalLength }, out) {
    const stride = frames.frameLength + REGULAR_OVERHEAD;
    const finalSize = finalLength === undefined ? 0 : finalLength + FINAL_OVERHEAD;
    const regular = (sealed.length - finalSize) / stride;
    const regularAad = pieceAad(frames.messageId, 'frame');
    const [ivOffset, textOffset] = REGULAR_OFFSETS;
    let read = 0;
    let written = 0;
    for (let i = 0; i < regular; i++) {
      const iv = sealed.subarray(read + ivOffset, read + ivOffset + IV_LENGTH);
      const aad = regularAad(firstSequence + i, frames.frameLength);
      const text = sealed.subarray(read + textOffset, (read += stride));
      if (!openInto(frames.key, iv, aad, text, out.subarray(written, (written += frames.frameLength)))) {
        out.fill(0);
        return null;
      }
    }
    if (finalLength === undefined) return out;
    const iv = sealed.subarray(read + FINAL_OFFSETS[0], read + FINAL_OFFSETS[0] + IV_LENGTH);
    const aad = pieceAad(frames.messageId, 'final')(firstSequence + regular, finalLength);
    const text = sealed.subarray(read + FINAL_OFFSETS[1]);
    if (openInto(frames.key, iv, aad, text, out.subarray(written))) return out;
    out.fill(0);
    return null;
  },

  unauthenticatedCtr(key) {
    const decipher = createDecipheriv('aes-256-ctr', key.bytes, new Uint8Array(COUNTER_LENGTH));
    return { update: (ciphertext) => decipher.update(ciphertext) };
  },

  verifier(signature, publicKey) {
    const verify = createVerify(signature.hash);
    const key = publicKeyOf(signature.curve, publicKey, signature.pointLength);
    return {
      update: (bytes) => void verify.update(bytes),
      verify: (der) => verify.verify(key, der),
    };
  },
};

/** IV of a frame that is written: its sequence number as 96 bits (F16). */
function writeIv(out: Uint8Array, offset: number, sequence: number): Uint8Array {
  const iv = out.subarray(offset, offset + IV_LENGTH);
  iv.fill(0);
  iv[8] = sequence >>> 24;
  iv[9] = sequence >>> 16;
  iv[10] = sequence >>> 8;
  iv[11] = sequence;
  return iv;
}

function algorithm(key: DataKey): CipherGCMTypes {
  if (key.length === 32) return 'aes-256-gcm';
  return key.length === 24 ? 'aes-192-gcm' : 'aes-128-gcm';
}

/** Writes ciphertext and tag into `out`, which has room for exactly both. */
function sealInto(key: DataKey, iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, out: Uint8Array): void {
  const cipher = createCipheriv(algorithm(key), key.bytes, iv);
  cipher.setAAD(aad);
  for (let at = 0; at < plaintext.length; at += MAX_UPDATE_LENGTH) {
    out.set(cipher.update(plaintext.subarray(at, at + MAX_UPDATE_LENGTH)), at);
  }
  cipher.final();
  out.set(cipher.getAuthTag(), plaintext.length);
}

/** Writes the plaintext into `out`, or zeros when the tag is wrong. */
function openInto(key: DataKey, iv: Uint8Array, aad: Uint8Array, sealed: Uint8Array, out: Uint8Array): boolean {
  const decipher = decipherOf(key, iv, aad, sealed.subarray(out.length));
  for (let at = 0; at < out.length; at += MAX_UPDATE_LENGTH) {
    out.set(decipher.update(sealed.subarray(at, Math.min(at + MAX_UPDATE_LENGTH, out.length))), at);
  }
  if (verified(decipher)) return true;
  out.fill(0);
  return false;
}

function decipherOf(key: DataKey, iv: Uint8Array, aad: Uint8Array, tag: Uint8Array): DecipherGCM {
  const decipher = createDecipheriv(algorithm(key), key.bytes, iv, { authTagLength: TAG_LENGTH });
  decipher.setAAD(aad);
  decipher.setAuthTag(tag);
  return decipher;
}

/** What a decipher has given out before this is to be believed only when this is true. */
function verified(decipher: DecipherGCM): boolean {
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

/** DER of an elliptic-curve SubjectPublicKeyInfo up to the point, for compressed points. */
const SPKI_PREFIX: Readonly<Record<'P-256' | 'P-384', string>> = {
  'P-256': '3039301306072a8648ce3d020106082a8648ce3d030107032200',
  'P-384': '3046301006072a8648ce3d020106052b81040022033200',
};

function publicKeyOf(
  curve: 'P-256' | 'P-384',
  point: Uint8Array,
  pointLength: number,
): ReturnType<typeof createPublicKey> {
  if (point.length === pointLength && (point[0] === 2 || point[0] === 3)) {
    try {
      const der = concat([Buffer.from(SPKI_PREFIX[curve], 'hex'), point]);
      return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
    } catch {
      // Falls through: not a point of the curve.
    }
  }
  throw new SealroomError('damaged', 'the public key in the header is not a point of its curve');
}
