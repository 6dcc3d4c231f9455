/** What the double gives as CiphertextBlob: opaque, of AWS's length, and bound to the key and to the context. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/**
 * format 4 | key id 36 | number of the key material 4 | filler 80 | IV 12 | tag 16 | encrypted bytes
 *
 * The filler makes it 184 bytes for 32 of plaintext, as AWS's are.
 */
const FORMAT = Buffer.from('01020300', 'hex');
const ID_LENGTH = 36;
const FILLER_LENGTH = 80;
const IV_LENGTH = 12;
const TAG_LENGTH = 16;
const HEAD_LENGTH = FORMAT.length + ID_LENGTH + 4 + FILLER_LENGTH;
const OVERHEAD = HEAD_LENGTH + IV_LENGTH + TAG_LENGTH;

export type Context = Readonly<Record<string, string>>;

export interface KeyMaterial {
  readonly id: string;
  /** Every version that the key has had, the current one last. */
  readonly material: readonly Buffer[];
}

export function seal({ id, material }: KeyMaterial, plaintext: Uint8Array, context: Context): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(material.length - 1);
  const head = Buffer.concat([FORMAT, Buffer.from(id), number, randomBytes(FILLER_LENGTH)]);
  const iv = randomBytes(IV_LENGTH);
  const cipher = createCipheriv('aes-256-gcm', material.at(-1)!, iv);
  cipher.setAAD(Buffer.concat([head, canonical(context)]));
  const encrypted = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([head, iv, cipher.getAuthTag(), encrypted]);
}

/** The id of the key that it names; undefined for bytes that are none of ours. */
export function keyIdOf(ciphertext: Buffer): string | undefined {
  if (ciphertext.length <= OVERHEAD || !ciphertext.subarray(0, FORMAT.length).equals(FORMAT)) return undefined;
  return ciphertext.toString('latin1', FORMAT.length, FORMAT.length + ID_LENGTH);
}

/** Undefined when the bytes or the context are not those that were sealed. */
export function open({ material }: KeyMaterial, ciphertext: Buffer, context: Context): Buffer | undefined {
  const head = ciphertext.subarray(0, HEAD_LENGTH);
  const secret = material[head.readUInt32BE(FORMAT.length + ID_LENGTH)];
  if (secret === undefined) return undefined;
  const iv = ciphertext.subarray(HEAD_LENGTH, HEAD_LENGTH + IV_LENGTH);
  const decipher = createDecipheriv('aes-256-gcm', secret, iv, { authTagLength: TAG_LENGTH });
  decipher.setAuthTag(ciphertext.subarray(HEAD_LENGTH + IV_LENGTH, OVERHEAD));
  decipher.setAAD(Buffer.concat([head, canonical(context)]));
  try {
    return Buffer.concat([decipher.update(ciphertext.subarray(OVERHEAD)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function canonical(context: Context): Buffer {
  return Buffer.from(
    JSON.stringify(Object.entries(context).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))),
  );
}
