import { cipher } from '../../src/cipher/index.ts';
import { DataKey } from '../../src/data-key.ts';
import { rawAesKeyring } from '../../src/keyrings/raw-aes.ts';
import type { Keyring } from '../../src/ports.ts';

/** A wrapping key that nobody else has. */
export function freshKeyring(name = 'test', key: Uint8Array = cipher.randomBytes(32)): Keyring {
  return rawAesKeyring({ providerId: 'sealroom', name, key: new DataKey(key.slice()) });
}
