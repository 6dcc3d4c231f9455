/**
 * A cipher that does nothing: it copies, and its tags are zeros. Sizes, frames and their order are as with AES, so that
 * what remains of a time is what everything around the cipher costs. Loaded in its place by `use-idle-cipher.ts`.
 */
import type { Cipher } from '../../src/cipher/cipher.ts';
import { nodeCipher } from '../../src/cipher/node.ts';
import {
  FINAL_MARKER,
  FINAL_OVERHEAD,
  FINAL_TEXT_OFFSET,
  REGULAR_OVERHEAD,
  REGULAR_TEXT_OFFSET,
  frameCount,
} from '../../src/message/frames.ts';
import { TAG_LENGTH } from '../../src/message/header.ts';

export const cipher: Cipher = {
  ...nodeCipher,

  seal(_key, _iv, _aad, plaintext) {
    const sealed = new Uint8Array(plaintext.length + TAG_LENGTH);
    sealed.set(plaintext);
    return sealed;
  },

  open: (_key, _iv, _aad, sealed) => sealed.slice(0, sealed.length - TAG_LENGTH),

  sealFrames({ frameLength }, plaintext, { firstSequence, final }, out) {
    const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
    const regular = final ? frameCount(plaintext.length, frameLength) - 1 : plaintext.length / frameLength;
    for (let i = 0; i < regular; i++) {
      const at = i * (frameLength + REGULAR_OVERHEAD);
      const text = plaintext.subarray(i * frameLength, (i + 1) * frameLength);
      writeFrame(out.subarray(at), text, REGULAR_TEXT_OFFSET);
      view.setUint32(at, firstSequence + i);
    }
    if (!final) return;
    const at = regular * (frameLength + REGULAR_OVERHEAD);
    const text = plaintext.subarray(regular * frameLength);
    writeFrame(out.subarray(at), text, FINAL_TEXT_OFFSET);
    view.setUint32(at, FINAL_MARKER);
    view.setUint32(at + 4, firstSequence + regular);
    view.setUint32(at + FINAL_TEXT_OFFSET - 4, text.length);
  },

  openFrame({ frameLength }, sealed, { finalLength }) {
    const offset = finalLength === undefined ? REGULAR_TEXT_OFFSET : FINAL_TEXT_OFFSET;
    return sealed.slice(offset, offset + (finalLength ?? frameLength));
  },

  openFrames({ frameLength }, sealed, { finalLength }, out) {
    const finalSize = finalLength === undefined ? 0 : finalLength + FINAL_OVERHEAD;
    const stride = frameLength + REGULAR_OVERHEAD;
    const regular = (sealed.length - finalSize) / stride;
    for (let i = 0; i < regular; i++) {
      const at = i * stride + REGULAR_TEXT_OFFSET;
      out.set(sealed.subarray(at, at + frameLength), i * frameLength);
    }
    if (finalLength === undefined) return out;
    const at = regular * stride + FINAL_TEXT_OFFSET;
    out.set(sealed.subarray(at, at + finalLength), regular * frameLength);
    return out;
  },
};

/** All but the text is zeros: the memory may hold an earlier frame. */
function writeFrame(out: Uint8Array, text: Uint8Array, offset: number): void {
  const end = offset + text.length;
  out.fill(0, 0, offset);
  out.set(text, offset);
  out.fill(0, end, end + TAG_LENGTH);
}
