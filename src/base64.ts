/** Base64 as in RFC 4648 section 4, read strictly: one text for one value. */
import { SealroomError } from './errors.ts';

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** @throws SealroomError `damaged` on anything but the canonical text of some bytes */
export function fromBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new SealroomError('damaged', 'base64 text is not canonical');
  return new Uint8Array(bytes);
}
