import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const made = new Map<string, KeyPair>();

/** An RSA key for tests, made once for each name and size: making one takes long. */
export function rsaKeyPair(name: string, modulusLength = 2048): KeyPair {
  const id = `${name} ${modulusLength}`;
  const pair = made.get(id) ?? generateKeyPairSync('rsa', { modulusLength });
  made.set(id, pair);
  return pair;
}
