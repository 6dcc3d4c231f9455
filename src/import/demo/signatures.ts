/** How files of known kinds begin: what a wrong key gives begins so by chance once in millions. */
import { utf8 } from '../../bytes.ts';

export interface FileKind {
  /** For people. */
  readonly name: string;
  /** Media type. */
  readonly type: string;
}

interface Signature extends FileKind {
  /** Each at its place; all of them together have at least three bytes. */
  readonly parts: readonly { readonly at: number; readonly bytes: Uint8Array }[];
}

/** How many bytes of the beginning are looked at. */
export const SIGNATURE_LENGTH = 32;

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

function signature(
  name: string,
  type: string,
  ...parts: readonly (readonly [at: number, bytes: Uint8Array])[]
): Signature {
  return { name, type, parts: parts.map(([at, bytes]) => ({ at, bytes })) };
}

const signatures: readonly Signature[] = [
  signature('PNG', 'image/png', [0, hex('89 50 4e 47 0d 0a 1a 0a')]),
  signature('JPEG', 'image/jpeg', [0, hex('ff d8 ff')]),
  signature('GIF', 'image/gif', [0, utf8('GIF87a')]),
  signature('GIF', 'image/gif', [0, utf8('GIF89a')]),
  signature('WebP', 'image/webp', [0, utf8('RIFF')], [8, utf8('WEBP')]),
  signature('TIFF', 'image/tiff', [0, hex('49 49 2a 00')]),
  signature('TIFF', 'image/tiff', [0, hex('4d 4d 00 2a')]),
  signature('PDF', 'application/pdf', [0, utf8('%PDF-')]),
  // Also what office programs write, and Java archives.
  signature('ZIP', 'application/zip', [0, hex('50 4b 03 04')]),
  signature('ZIP', 'application/zip', [0, hex('50 4b 05 06')]),
  signature('gzip', 'application/gzip', [0, hex('1f 8b 08')]),
  signature('bzip2', 'application/x-bzip2', [0, utf8('BZh')], [4, hex('31 41 59 26 53 59')]),
  signature('xz', 'application/x-xz', [0, hex('fd 37 7a 58 5a 00')]),
  signature('7z', 'application/x-7z-compressed', [0, hex('37 7a bc af 27 1c')]),
  signature('RAR', 'application/vnd.rar', [0, hex('52 61 72 21 1a 07')]),
  signature('Microsoft Office', 'application/x-ole-storage', [0, hex('d0 cf 11 e0 a1 b1 1a e1')]),
  signature('SQLite', 'application/vnd.sqlite3', [0, utf8('SQLite format 3\0')]),
  signature('MP4', 'video/mp4', [4, utf8('ftyp')]),
  signature('Matroska', 'video/x-matroska', [0, hex('1a 45 df a3')]),
  signature('AVI', 'video/x-msvideo', [0, utf8('RIFF')], [8, utf8('AVI ')]),
  signature('WAV', 'audio/wav', [0, utf8('RIFF')], [8, utf8('WAVE')]),
  signature('MP3', 'audio/mpeg', [0, utf8('ID3')]),
  signature('Ogg', 'application/ogg', [0, utf8('OggS')]),
  signature('FLAC', 'audio/flac', [0, utf8('fLaC')]),
];

/** The kind of file that begins so; undefined where none that is known does, as text does not. */
export function kindOf(beginning: Uint8Array): FileKind | undefined {
  return signatures.find(({ parts }) =>
    parts.every(({ at, bytes }) => bytes.every((byte, i) => beginning[at + i] === byte)),
  );
}
