/** Reads the plain files of a POSIX tar archive that was compressed with gzip. */
import { gunzipSync } from 'node:zlib';

const BLOCK = 512;
/** Attributes that no test needs, such as times; folders. */
const PASSED_OVER: ReadonlySet<string> = new Set(['x', '5']);

/** Files by their name. */
export function readTarGz(archive: Uint8Array): Map<string, Uint8Array> {
  const bytes = new Uint8Array(gunzipSync(archive));
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0;) {
    const header = bytes.subarray(at, at + BLOCK);
    const name = field(header, 0, 100);
    const size = Number.parseInt(field(header, 124, 12), 8);
    const type = String.fromCharCode(header[156]!);
    at += BLOCK;
    if (type === '0') files.set(name, bytes.subarray(at, at + size));
    else if (!PASSED_OVER.has(type)) throw new Error(`a tar archive with an entry of type ${JSON.stringify(type)}`);
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function field(header: Uint8Array, offset: number, length: number): string {
  const [text] = new TextDecoder().decode(header.subarray(offset, offset + length)).split('\0');
  return text!.trim();
}
