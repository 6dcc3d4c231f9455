/** Encrypted data keys: a data key encrypted by one wrapping key each, as the header lists them (F9). */
import { concat, fromUtf8, toHex, u16, utf8 } from '../bytes.ts';
import { SealroomError } from '../errors.ts';

export interface EncryptedDataKey {
  /** Which kind of provider wrapped it, such as `aws-kms`, or a namespace of raw keys. */
  readonly providerId: string;
  /** What the provider needs to find its key again: a key ARN, a key's name, a name with an IV. */
  readonly providerInfo: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** Most encrypted data keys that a reader takes unless told otherwise, and that a writer writes (F10). */
export const DEFAULT_MAX_ENCRYPTED_DATA_KEYS = 16;

/** Serialises one entry (F9). */
export function encodeEncryptedDataKey(edk: EncryptedDataKey): Uint8Array {
  return concat([utf8(edk.providerId), edk.providerInfo, edk.ciphertext].flatMap((field) => [u16Length(field), field]));
}

function u16Length(field: Uint8Array): Uint8Array {
  if (field.length > 0xffff)
    throw new SealroomError('usage', 'a field of an encrypted data key is longer than 65,535 bytes');
  return u16(field.length);
}

const RAW_AES_TAG_BITS = 128;
const RAW_AES_IV_LENGTH = 12;
/** Tag length (u32), IV length (u32) and the IV, after the key's name. */
const RAW_AES_SUFFIX_LENGTH = 20;

/** The provider info of a raw AES keyring (F23): the key's name, the tag's bits, the IV's length, the IV. */
export function encodeRawAesInfo(name: string, iv: Uint8Array): Uint8Array {
  const suffix = new Uint8Array(RAW_AES_SUFFIX_LENGTH);
  const view = new DataView(suffix.buffer);
  view.setUint32(0, RAW_AES_TAG_BITS);
  view.setUint32(4, RAW_AES_IV_LENGTH);
  suffix.set(iv, 8);
  return concat([utf8(name), suffix]);
}

/** The parts of a raw AES keyring's provider info, or undefined when it has another form (F23). */
export function decodeRawAesInfo(info: Uint8Array): { name: string; iv: Uint8Array } | undefined {
  const nameLength = info.length - RAW_AES_SUFFIX_LENGTH;
  if (nameLength < 0) return undefined;
  const view = new DataView(info.buffer, info.byteOffset, info.byteLength);
  if (view.getUint32(nameLength) !== RAW_AES_TAG_BITS || view.getUint32(nameLength + 4) !== RAW_AES_IV_LENGTH) {
    return undefined;
  }
  const name = textOf(info.subarray(0, nameLength));
  return name === undefined ? undefined : { name, iv: info.subarray(nameLength + 8) };
}

/** Which wrapping key made an encrypted data key, for people and for counting: never used to decide what opens. */
export interface WrappingKeyName {
  readonly provider: string;
  readonly name: string;
}

/** Reads the wrapping key's name out of the provider info; hexadecimal where that is no text. */
export function wrappingKeyName(edk: EncryptedDataKey): WrappingKeyName {
  const name = decodeRawAesInfo(edk.providerInfo)?.name ?? textOf(edk.providerInfo) ?? toHex(edk.providerInfo);
  return { provider: edk.providerId, name };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = fromUtf8(bytes);
    return /\p{Cc}/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
