/** AES keys in files: a JSON Web Key of type `oct` (RFC 7517, RFC 7518 section 6.4). */
import { cipher } from '../cipher/index.ts';
import { DataKey } from '../data-key.ts';
import { keyNameOfPath } from '../specs/key-spec.ts';
import { checkKeyName } from '../message/raw-key.ts';
import { PRIVATE_MODE, badKeyFile, createKeyFiles, readKeyFile } from './file.ts';

export interface AesKeyFile {
  /** The key's name, `kid`. */
  readonly name: string;
  /** The caller's to dispose. */
  readonly key: DataKey;
  /** True when others than its owner may read the file. */
  readonly exposed: boolean;
}

const NEW_KEY_LENGTH = 32;
const KEY_LENGTHS: ReadonlySet<number> = new Set([16, 24, 32]);

/** @throws SealroomError `bad-key` naming the file and what is wrong with it, never its content */
export async function readJwk(path: string): Promise<AesKeyFile> {
  const { text, exposed } = await readKeyFile(path);
  const { kty, kid, k } = membersOf(path, text);
  if (kty !== 'oct') throw badKeyFile(path, 'it holds no symmetric key (its "kty" is not "oct")');
  if (typeof kid !== 'string') throw badKeyFile(path, 'it gives the key no name ("kid")');
  if (typeof k !== 'string') throw badKeyFile(path, 'it holds no key ("k")');
  try {
    checkKeyName(kid);
  } catch (error) {
    throw badKeyFile(path, 'its "kid" is no name for a key', error);
  }
  return { name: kid, key: keyOf(path, k), exposed };
}

function membersOf(path: string, text: string): { kty?: unknown; kid?: unknown; k?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own error quotes the text, which may be a key.
    throw badKeyFile(path, 'it is not JSON, as a JWK is');
  }
  if (typeof value !== 'object' || value === null) throw badKeyFile(path, 'it is not a JSON object, as a JWK is');
  if ('keys' in value) throw badKeyFile(path, 'it is a set of keys; a key file holds one');
  return value;
}

function keyOf(path: string, text: string): DataKey {
  const decoded = Buffer.from(text, 'base64url');
  try {
    // Node skips what is not base64url; the canonical text of the bytes is the only one taken.
    if (decoded.toString('base64url') !== text) throw badKeyFile(path, 'its "k" is not base64url without padding');
    if (!KEY_LENGTHS.has(decoded.length)) throw badKeyFile(path, 'its key does not have 128, 192 or 256 bits');
    return new DataKey(Uint8Array.from(decoded));
  } finally {
    // Small buffers lie in memory that all of Node shares.
    decoded.fill(0);
  }
}

/**
 * Creates a file with a fresh key of 256 bits.
 *
 * @param name of the key; the file's, without its extension, unless given
 * @returns the name
 * @throws SealroomError `exists` when the file is there already
 */
export async function createJwk(path: string, name: string = keyNameOfPath(path)): Promise<string> {
  checkKeyName(name);
  using key = new DataKey(cipher.randomBytes(NEW_KEY_LENGTH));
  const { buffer, byteOffset, byteLength } = key.bytes;
  const k = Buffer.from(buffer, byteOffset, byteLength).toString('base64url');
  const text = `${JSON.stringify({ kty: 'oct', kid: name, k })}\n`;
  await createKeyFiles([{ path, text, mode: PRIVATE_MODE }]);
  return name;
}
