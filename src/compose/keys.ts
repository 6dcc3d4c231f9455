/** From key specifications to a keyring: the only place that names the keyrings. */
import { resolve } from 'node:path';
import { SealroomError } from '../errors.ts';
import { readJwk } from '../key-files/jwk.ts';
import { readRsaKey } from '../key-files/rsa.ts';
import type { JwkSpec, KeySpec, RsaSpec } from '../key-spec.ts';
import { multiKeyring } from '../keyrings/multi.ts';
import { rawAesKeyring } from '../keyrings/raw-aes.ts';
import { rawRsaKeyring } from '../keyrings/raw-rsa.ts';
import type { Keyring } from '../ports.ts';

/**
 * What the keys are for.
 *
 * - `vault`: the first generates, the others wrap, old keys only unwrap. A vault takes no private half of RSA, which is
 *   for recovery and stays offline, and no PKCS #1 v1.5.
 * - `message`: as for a vault, with any key that wraps.
 * - `decrypt`: every key unwraps, none wraps.
 */
export type KeyPurpose = 'vault' | 'message' | 'decrypt';

export interface KeySpecs {
  readonly keys: readonly KeySpec[];
  readonly oldKeys?: readonly KeySpec[] | undefined;
}

export interface ComposeKeysOptions {
  readonly purpose: KeyPurpose;
  /** What relative paths are resolved against. */
  readonly folder: string;
  /** Told the path of each file whose secret others than its owner may read. */
  readonly onExposed?: ((path: string) => void) | undefined;
}

/**
 * Reads the key files and makes one keyring of them. Disposing it wipes the AES keys that were read.
 *
 * @throws SealroomError `bad-key` when a file cannot be used, or a key is not of the kind that the purpose takes
 */
export async function keyringFromSpecs(
  { keys, oldKeys = [] }: KeySpecs,
  options: ComposeKeysOptions,
): Promise<Keyring & Disposable> {
  if (keys.length === 0) throw new SealroomError('bad-key', 'no key is given');
  if (options.purpose === 'vault' && !keys.some(({ scheme }) => scheme === 'jwk')) {
    throw new SealroomError('bad-key', 'a vault needs a key that opens: an rsa: key only wraps, for recovery');
  }
  using scope = new DisposableStack();
  const read = async (specs: readonly KeySpec[]): Promise<Keyring[]> => {
    const keyrings: Keyring[] = [];
    for (const spec of specs) {
      keyrings.push(spec.scheme === 'jwk' ? await fromJwk(spec, options, scope) : await fromRsa(spec, options));
    }
    return keyrings;
  };
  const current = await read(keys);
  const old = await read(oldKeys);
  const [generator, ...wrappers] = current;
  const keyring = multiKeyring(
    options.purpose === 'decrypt' ? { unwrapOnly: [...current, ...old] } : { generator, wrappers, unwrapOnly: old },
  );
  const secrets = scope.move();
  return { ...keyring, [Symbol.dispose]: () => secrets.dispose() };
}

async function fromJwk(spec: JwkSpec, options: ComposeKeysOptions, scope: DisposableStack): Promise<Keyring> {
  const path = resolve(options.folder, spec.path);
  const { name, key, exposed } = await readJwk(path);
  scope.use(key);
  if (exposed) options.onExposed?.(path);
  return rawAesKeyring({ providerId: spec.provider, name, key });
}

async function fromRsa(spec: RsaSpec, options: ComposeKeysOptions): Promise<Keyring> {
  const path = resolve(options.folder, spec.path);
  if (spec.padding === 'pkcs1' && options.purpose !== 'decrypt') {
    throw new SealroomError('bad-key', `${path}: padding pkcs1 is for decrypting messages only; leave it out`);
  }
  const { publicKey, privateKey, exposed } = await readRsaKey(path);
  if (options.purpose === 'vault' && privateKey !== undefined) {
    throw new SealroomError(
      'bad-key',
      `${path}: it is the private half of a recovery key; give a vault the public half (${path}.pub) and keep this one offline`,
    );
  }
  if (exposed) options.onExposed?.(path);
  return rawRsaKeyring({ providerId: spec.provider, name: spec.name, padding: spec.padding, publicKey, privateKey });
}
