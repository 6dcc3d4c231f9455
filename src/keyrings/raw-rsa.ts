/** An RSA key that is at hand (F24): its public half wraps, its private half, kept offline for recovery, unwraps. */
import { constants, createPublicKey, privateDecrypt, publicEncrypt } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { compareBytes, utf8 } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import { DataKey } from '../data-key.ts';
import { SealroomError, throwIfCancelled } from '../errors.ts';
import { checkKeyName, checkProviderId } from '../message/raw-key.ts';
import type { RawKeyNames, RsaPadding } from '../message/raw-key.ts';
import type { Keyring } from '../ports.ts';

export interface RawRsaKeyringOptions extends RawKeyNames {
  /** Wraps. Where it is missing, the private half stands in for it. */
  readonly publicKey?: KeyObject | undefined;
  /** Unwraps. Where it is missing, no encrypted data key is this keyring's. */
  readonly privateKey?: KeyObject | undefined;
  /** `pkcs1` only unwraps. */
  readonly padding: RsaPadding;
}

const DATA_KEY_LENGTH = 32;
const MIN_WRAPPING_BITS = 2048;

/** What node:crypto is told for a padding. OpenSSL takes the hash for the mask of OAEP too. */
const paddingOptions: Readonly<Record<RsaPadding, { readonly padding: number; readonly oaepHash?: string }>> = {
  'oaep-sha1': { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
  'oaep-sha256': { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
  'oaep-sha384': { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha384' },
  'oaep-sha512': { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha512' },
  pkcs1: { padding: constants.RSA_PKCS1_PADDING },
};

/**
 * The encryption context is not bound to what this keyring wraps: RSA has no place for it.
 *
 * Under `pkcs1` a wrong key or changed bytes may yield a random key of any length instead of an error, so that padding
 * tells an attacker nothing; the commitment or tag of the message then refuses it.
 *
 * @throws SealroomError `bad-key` on keys that are not one RSA key, or names that a raw key cannot have
 */
export function rawRsaKeyring({ providerId, name, padding, ...halves }: RawRsaKeyringOptions): Keyring {
  checkProviderId(providerId);
  checkKeyName(name);
  const { publicKey, privateKey } = checkHalves(name, halves);
  const providerInfo = utf8(name);

  const checkWrites = (): void => {
    if (padding === 'pkcs1') {
      throw new SealroomError(
        'bad-key',
        `padding pkcs1 is for reading only; wrap under ${JSON.stringify(name)} with OAEP`,
      );
    }
    if (publicKey.asymmetricKeyDetails!.modulusLength! < MIN_WRAPPING_BITS) {
      throw new SealroomError(
        'bad-key',
        `the RSA key ${JSON.stringify(name)} has less than ${MIN_WRAPPING_BITS} bits, so it is for reading only`,
      );
    }
  };

  const keyring: Keyring = {
    async generate(context, options) {
      checkWrites();
      using scope = new DisposableStack();
      const dataKey = scope.use(new DataKey(cipher.randomBytes(DATA_KEY_LENGTH)));
      const edks = await keyring.wrap(dataKey, context, options);
      scope.move();
      return { dataKey, edks };
    },

    async wrap(dataKey, _context, options) {
      throwIfCancelled(options?.signal);
      checkWrites();
      const ciphertext = publicEncrypt({ key: publicKey, ...paddingOptions[padding] }, dataKey.bytes);
      return [{ providerId, providerInfo: providerInfo.slice(), ciphertext: plainBytes(ciphertext) }];
    },

    async unwrap(edks, _context, options) {
      throwIfCancelled(options?.signal);
      if (privateKey === undefined) return null;
      let mine = false;
      for (const edk of edks) {
        if (edk.providerId !== providerId || compareBytes(edk.providerInfo, providerInfo) !== 0) continue;
        mine = true;
        try {
          return new DataKey(
            plainBytes(privateDecrypt({ key: privateKey, ...paddingOptions[padding] }, edk.ciphertext)),
          );
        } catch {
          // Why it failed is not told: the reason is what a padding oracle is made of.
        }
      }
      if (mine) throw doesNotOpen({ providerId, name });
      return null;
    },
  };
  return keyring;
}

function checkHalves(
  name: string,
  { publicKey, privateKey }: Pick<RawRsaKeyringOptions, 'publicKey' | 'privateKey'>,
): { publicKey: KeyObject; privateKey: KeyObject | undefined } {
  if (!isHalf(publicKey, 'public') || !isHalf(privateKey, 'private')) {
    throw new SealroomError('bad-key', `${JSON.stringify(name)} is not an RSA key`);
  }
  const derived = privateKey === undefined ? undefined : createPublicKey(privateKey);
  const wraps = publicKey ?? derived;
  if (wraps === undefined)
    throw new SealroomError('bad-key', `no half of the RSA key ${JSON.stringify(name)} is given`);
  if (derived !== undefined && !derived.equals(wraps)) {
    throw new SealroomError('bad-key', `the two halves given for ${JSON.stringify(name)} belong to different RSA keys`);
  }
  return { publicKey: wraps, privateKey };
}

function isHalf(key: KeyObject | undefined, type: 'public' | 'private'): boolean {
  return key === undefined || (key.type === type && key.asymmetricKeyType === 'rsa');
}

/** The same memory, without the methods in which a Buffer differs: its `slice` shares what a DataKey has to copy. */
function plainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function doesNotOpen({ providerId, name }: RawKeyNames): SealroomError {
  return new SealroomError(
    'wrong-key',
    `the RSA key ${JSON.stringify(name)} of ${JSON.stringify(providerId)} does not open the data key wrapped under that name: ` +
      'another key has the same name, or the padding differs, or the bytes were changed',
  );
}
