/** Reads the plain files of a POSIX tar archive that was compressed with gzip. */
import { gunzipSync } from 'node:zlib';

const BLOCK = 512;
const REGULAR_TYPES: ReadonlySet<string> = new Set(['0', '\0']);

/** Files by their name. */
export function readTarGz(archive: Uint8Array): Map<string, Uint8Array> {
  const bytes = new Uint8Array(gunzipSync(archive));
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0;) {
    const header = bytes.subarray(at, at + BLOCK);
    const size = Number.parseInt(field(header, 124, 12), 8);
    const type = String.fromCharCode(header[156]!);
    const prefix = field(header, 345, 155);
    const name = field(header, 0, 100);
    at += BLOCK;
    if (REGULAR_TYPES.has(type)) files.set(prefix === '' ? name : `${prefix}/${name}`, bytes.subarray(at, at + size));
    else if (type !== '5') throw new Error(`a tar archive with an entry of type ${JSON.stringify(type)}`);
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function field(header: Uint8Array, offset: number, length: number): string {
  const [text] = Buffer.from(header.subarray(offset, offset + length))
    .toString('utf8')
    .split('\0');
  return text!.trim();
}
