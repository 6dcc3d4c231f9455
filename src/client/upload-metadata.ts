/** `Upload-Metadata`: what is said of a file before its bytes are sent in pieces. */
import { utf8 } from '../bytes.ts';

/** Servers take 16 KiB of headers in all, and proxies as little as half of that. */
const MOST = 6 * 1024;

/** The header; undefined where it cannot hold what is to be said. */
export function uploadMetadata(fields: readonly (readonly [name: string, value: string])[]): string | undefined {
  // The protocol has names of ASCII, without space or comma, and values in base64.
  if (!fields.every(([name]) => /^[\x21-\x2b\x2d-\x7e]+$/.test(name))) return undefined;
  const header = fields.map(([name, value]) => (value === '' ? name : `${name} ${base64(value)}`)).join(',');
  return header.length > MOST ? undefined : header;
}

/** Not as the rest of Sealroom does it: browsers have no Buffer. */
function base64(text: string): string {
  return btoa(Array.from(utf8(text), (byte) => String.fromCharCode(byte)).join(''));
}
