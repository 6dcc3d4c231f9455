/** From key specifications to a keyring: the only place that names the keyrings. */
import { resolve } from 'node:path';
import type { KmsClients } from '../aws/kms-clients.ts';
import { SealroomError } from '../errors.ts';
import { readJwk } from '../key-files/jwk.ts';
import { readRsaKey } from '../key-files/rsa.ts';
import { areRelatedKeys, keyArn, parseKmsArn } from '../message/kms-arn.ts';
import type { AwsKmsDiscoverySpec, AwsKmsSpec, JwkSpec, KeySpec, RsaSpec } from '../specs/key-spec.ts';
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
 * Reads the key files and makes one keyring of all keys. Disposing it wipes the AES keys that were read, and closes the
 * connections to AWS. No key in AWS KMS is asked for anything yet.
 *
 * @throws SealroomError `bad-key` when a file cannot be used, or a key is not of the kind that the purpose takes
 */
export async function keyringFromSpecs(
  { keys, oldKeys = [] }: KeySpecs,
  options: ComposeKeysOptions,
): Promise<Keyring & Disposable> {
  if (keys.length === 0) throw new SealroomError('bad-key', 'no key is given');
  if (options.purpose === 'vault' && keys.every(({ scheme }) => scheme === 'rsa')) {
    throw new SealroomError('bad-key', 'a vault needs a key that opens: an rsa: key only wraps, for recovery');
  }
  refuseReplicas(keys);
  using scope = new DisposableStack();
  const kms = new AwsKmsKeys(options, scope);
  const fromSpec = (spec: KeySpec): Promise<Keyring> => {
    if (spec.scheme === 'jwk') return fromJwk(spec, options, scope);
    return spec.scheme === 'rsa' ? fromRsa(spec, options) : kms.fromSpec(spec);
  };
  const read = async (specs: readonly KeySpec[]): Promise<Keyring[]> => {
    const keyrings: Keyring[] = [];
    for (const spec of specs) keyrings.push(await fromSpec(spec));
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

/** Two replicas of one multi-Region key are one key: data keys wrapped under both would be no safer. */
function refuseReplicas(specs: readonly KeySpec[]): void {
  const arns = specs.flatMap((spec) => (spec.scheme === 'aws-kms' ? (parseKmsArn(spec.keyId) ?? []) : []));
  const twice = arns.find((arn, index) => arns.slice(0, index).some((other) => areRelatedKeys(arn, other)));
  if (twice !== undefined) {
    throw new SealroomError(
      'bad-key',
      `the key ${twice.id} of AWS KMS, or a replica of it, is named twice; once is enough`,
    );
  }
}

/** Keyrings of AWS KMS, whose clients they share. The SDK is loaded with the first of them. */
class AwsKmsKeys {
  readonly #options: ComposeKeysOptions;
  readonly #scope: DisposableStack;
  #clients: KmsClients | undefined;

  constructor(options: ComposeKeysOptions, scope: DisposableStack) {
    this.#options = options;
    this.#scope = scope;
  }

  async fromSpec(spec: AwsKmsSpec | AwsKmsDiscoverySpec): Promise<Keyring> {
    this.#check(spec);
    const { awsKmsDiscoveryKeyring, awsKmsKeyring } = await import('../keyrings/aws-kms.ts');
    const clients = await this.#loadClients();
    return spec.scheme === 'aws-kms'
      ? awsKmsKeyring({ ...spec, clients })
      : awsKmsDiscoveryKeyring({ ...spec, clients });
  }

  #check(spec: AwsKmsSpec | AwsKmsDiscoverySpec): void {
    const { purpose } = this.#options;
    if (spec.scheme === 'aws-kms-discovery') {
      if (purpose === 'decrypt') return;
      throw new SealroomError('bad-key', 'aws-kms:* is for decrypting messages only; name a key by its ARN');
    }
    // What an alias stands for can change, and no message names one: by it alone nothing opens again.
    if (purpose !== 'message') keyArn(spec.keyId);
  }

  async #loadClients(): Promise<KmsClients> {
    const { KmsClients: Clients } = await import('../aws/kms-clients.ts');
    this.#clients ??= this.#scope.use(new Clients());
    return this.#clients;
  }
}
