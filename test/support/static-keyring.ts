import { randomBytes } from 'node:crypto';
import { DataKey } from '../../src/data-key.ts';
import type { EncryptionContext } from '../../src/message/context.ts';
import type { Keyring } from '../../src/ports.ts';

/** A keyring that has but one data key, and remembers what it was asked. */
export interface StaticKeyring extends Keyring {
  /** Every data key it has given out, to see whether it was wiped. */
  readonly given: readonly DataKey[];
  /** Contexts that it was called with. */
  readonly contexts: readonly EncryptionContext[];
}

/** Gives out this data key, whatever the encrypted data keys say: for tests of what lies behind the wrapping. */
export function staticKeyring(secret: Uint8Array = randomBytes(32)): StaticKeyring {
  const given: DataKey[] = [];
  const contexts: EncryptionContext[] = [];
  const give = (context: EncryptionContext): DataKey => {
    contexts.push(context);
    const dataKey = new DataKey(Uint8Array.from(secret));
    given.push(dataKey);
    return dataKey;
  };
  const edk = {
    providerId: 'static',
    providerInfo: new TextEncoder().encode('only'),
    ciphertext: new Uint8Array([1, 2, 3]),
  };
  return {
    given,
    contexts,
    generate: (context) => Promise.resolve({ dataKey: give(context), edks: [edk] }),
    wrap: () => Promise.resolve([edk]),
    unwrap: (_edks, context) => Promise.resolve(give(context)),
  };
}
