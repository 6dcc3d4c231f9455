/** A wrapping key of AES that is at hand, as in a key file (F23): the keyring that needs nothing but Node. */
import { compareBytes } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import { DataKey } from '../data-key.ts';
import { SealroomError, throwIfCancelled } from '../errors.ts';
import { encodeContext } from '../message/context.ts';
import type { EncryptionContext } from '../message/context.ts';
import { decodeRawAesInfo, encodeRawAesInfo } from '../message/edk.ts';
import { IV_LENGTH } from '../message/header.ts';
import { encodeContextByLocale } from '../message/locale-context.ts';
import { checkKeyName, checkProviderId } from '../message/raw-key.ts';
import type { RawKeyNames } from '../message/raw-key.ts';
import type { Keyring } from '../ports.ts';

export interface RawAesKeyringOptions extends RawKeyNames {
  /** 256 bits; 192 and 128 only unwrap. Stays the caller's, who wipes it when the keyring is no longer used. */
  readonly key: DataKey;
}

/** What is made and what may make it, in bytes. */
const KEY_LENGTH = 32;
const READABLE_KEY_LENGTHS: ReadonlySet<number> = new Set([16, 24, 32]);

/** @throws SealroomError `bad-key` on a key that AES does not take, or names that a raw key cannot have */
export function rawAesKeyring({ providerId, name, key }: RawAesKeyringOptions): Keyring {
  checkProviderId(providerId);
  checkKeyName(name);
  if (!READABLE_KEY_LENGTHS.has(key.length)) {
    throw new SealroomError('bad-key', `an AES key has 128, 192 or 256 bits; ${JSON.stringify(name)} has not`);
  }

  const checkWrites = (): void => {
    if (key.length !== KEY_LENGTH) {
      throw new SealroomError('bad-key', `only a key of 256 bits wraps; ${JSON.stringify(name)} is for reading`);
    }
  };

  const keyring: Keyring = {
    async generate(context, options) {
      checkWrites();
      using scope = new DisposableStack();
      const dataKey = scope.use(new DataKey(cipher.randomBytes(KEY_LENGTH)));
      const edks = await keyring.wrap(dataKey, context, options);
      scope.move();
      return { dataKey, edks };
    },

    async wrap(dataKey, context, options) {
      throwIfCancelled(options?.signal);
      checkWrites();
      const iv = cipher.randomBytes(IV_LENGTH);
      const ciphertext = cipher.seal(key, iv, encodeContext(context), dataKey.bytes);
      return [{ providerId, providerInfo: encodeRawAesInfo(name, iv), ciphertext }];
    },

    async unwrap(edks, context, options) {
      throwIfCancelled(options?.signal);
      let mine = false;
      for (const edk of edks) {
        if (edk.providerId !== providerId) continue;
        const info = decodeRawAesInfo(edk.providerInfo);
        if (info?.name !== name) continue;
        mine = true;
        for (const aad of authenticatedForms(context)) {
          const opened = cipher.open(key, info.iv, aad, edk.ciphertext);
          if (opened !== null) return new DataKey(opened);
        }
      }
      if (mine) throw doesNotOpen({ providerId, name });
      return null;
    },
  };
  return keyring;
}

/** The bytes that may have been authenticated for a context: those of the format, then those of JavaScript. */
function authenticatedForms(context: EncryptionContext): readonly Uint8Array[] {
  const ordered = encodeContext(context);
  const byLocale = encodeContextByLocale(context);
  return compareBytes(ordered, byLocale) === 0 ? [ordered] : [ordered, byLocale];
}

function doesNotOpen({ providerId, name }: RawKeyNames): SealroomError {
  return new SealroomError(
    'wrong-key',
    `the AES key ${JSON.stringify(name)} of ${JSON.stringify(providerId)} does not open the data key wrapped under that name: ` +
      'another key has the same name, or the encryption context differs, or the bytes were changed',
  );
}
