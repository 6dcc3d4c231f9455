/** Wrapping keys in AWS KMS (F42): data keys are made and opened there, and the wrapping key never leaves it. */
import { decryptDataKey, encryptDataKey, generateDataKey, reEncryptDataKey, regionOf } from '../aws/kms-data-keys.ts';
import type { KmsKey, KmsSource } from '../aws/kms-data-keys.ts';
import type { KmsClients } from '../aws/kms-clients.ts';
import type { DataKey } from '../data-key.ts';
import { SealroomError, isSealroomError, throwIfCancelled } from '../errors.ts';
import { encodeContext } from '../message/context.ts';
import type { EncryptionContext } from '../message/context.ts';
import type { EncryptedDataKey } from '../message/edk.ts';
import {
  areRelatedKeys,
  awsKmsArnOf,
  formatKmsArn,
  isMultiRegion,
  isRegionName,
  parseKmsArn,
} from '../message/kms-arn.ts';
import type { KmsArn } from '../message/kms-arn.ts';
import { asOneFailure } from '../ports.ts';
import type { CallOptions, Keyring, Rewrapper } from '../ports.ts';

export interface AwsKmsKeyringOptions {
  /** ARN of a key; with the id of a key, an alias or its ARN the keyring only wraps. */
  readonly keyId: string;
  /** Where a key is that is not named by an ARN; else the AWS SDK's own setting. */
  readonly region?: string | undefined;
  /** Of grants so new that not all of AWS knows them yet. */
  readonly grantTokens?: readonly string[] | undefined;
  readonly clients: KmsClients;
}

/**
 * What one replica of a multi-Region key wrapped, any other opens; everything else opens under its own ARN only.
 *
 * `rewrap` moves whatever KMS can open for the caller in the Region of this key, under whichever key it is: the caller
 * gives what it wants moved.
 *
 * @throws SealroomError `bad-key`
 */
export function awsKmsKeyring({ keyId, region, grantTokens = [], clients }: AwsKmsKeyringOptions): Keyring & Rewrapper {
  const arn = parseKmsArn(keyId);
  if (keyId === '' || (arn === undefined && keyId.startsWith('arn:'))) {
    throw new SealroomError('bad-key', `${JSON.stringify(keyId)} names no key in AWS KMS`);
  }
  const own = arn?.type === 'key' ? arn : undefined;
  const key = (): KmsKey => ({ client: clients.of(arn?.region ?? region), keyId, grantTokens });

  return {
    async generate(context, options) {
      throwIfCancelled(options?.signal);
      checkContext(context);
      const { dataKey, edk } = await generateDataKey(key(), context, options);
      return { dataKey, edks: [edk] };
    },

    async wrap(dataKey, context, options) {
      throwIfCancelled(options?.signal);
      checkContext(context);
      return [await encryptDataKey(key(), dataKey, context, options)];
    },

    async unwrap(edks, context, options) {
      throwIfCancelled(options?.signal);
      if (own === undefined) return null;
      return unwrapFirst(edks, context, options, (named) => (areRelatedKeys(named, own) ? key() : undefined));
    },

    async rewrap(edks, context, options) {
      throwIfCancelled(options?.signal);
      checkContext(context);
      const destination = key();
      const here = arn?.region ?? (await regionOf(destination));
      return reEncryptFirst(destination, sourcesIn(here, arn?.partition, edks), context, options);
    },
  };
}

export interface AwsKmsDiscoveryOptions {
  /** Only keys of this partition are asked. */
  readonly partition: string;
  /** Only keys of these accounts; of any when there is none. */
  readonly accounts: readonly string[];
  /** The one Region to ask; replicas of multi-Region keys are asked there. Undefined asks each key in its own. */
  readonly region?: string | undefined;
  readonly grantTokens?: readonly string[] | undefined;
  readonly clients: KmsClients;
}

/** Opens with whichever key an encrypted data key names; wraps nothing. */
export function awsKmsDiscoveryKeyring(options: AwsKmsDiscoveryOptions): Keyring {
  const { partition, accounts, region, grantTokens = [], clients } = options;
  const keyFor = (named: KmsArn): KmsKey | undefined => {
    if (named.partition !== partition || (accounts.length > 0 && !accounts.includes(named.account))) return undefined;
    const asked = inRegion(named, region ?? named.region);
    return asked && { client: clients.of(asked.region), keyId: formatKmsArn(asked), grantTokens };
  };
  return {
    generate: refuseToWrap,
    wrap: refuseToWrap,
    async unwrap(edks, context, callOptions) {
      throwIfCancelled(callOptions?.signal);
      return unwrapFirst(edks, context, callOptions, keyFor);
    },
  };
}

async function refuseToWrap(): Promise<never> {
  throw new SealroomError('bad-key', 'a keyring that discovers keys of AWS KMS only opens; name a key to wrap with');
}

/** The key under the ARN that it has in a Region: replicas have one each (F42). */
function inRegion(arn: KmsArn, region: string): KmsArn | undefined {
  // The Region becomes part of a host's name, and whoever made the message chose it.
  if (!isRegionName(region)) return undefined;
  return arn.region === region || isMultiRegion(arn) ? { ...arn, region } : undefined;
}

/** Tries those that have a key, in their order. */
async function unwrapFirst(
  edks: readonly EncryptedDataKey[],
  context: EncryptionContext,
  options: CallOptions | undefined,
  keyFor: (named: KmsArn) => KmsKey | undefined,
): Promise<DataKey | null> {
  const failures: unknown[] = [];
  for (const edk of edks) {
    const named = awsKmsArnOf(edk);
    const key = named && keyFor(named);
    if (key === undefined) continue;
    try {
      checkOpens(key, context);
      return await decryptDataKey(key, edk.ciphertext, context, options);
    } catch (error) {
      throwIfCancelled(options?.signal);
      failures.push(error);
    }
  }
  if (failures.length > 0) throw asOneFailure(failures);
  return null;
}

interface Source extends KmsSource {
  /** True when another replica than this one wrapped it. */
  readonly replica: boolean;
}

/** What KMS in a Region can open: with its own keys, and with its replicas of others. */
function sourcesIn(region: string, partition: string | undefined, edks: readonly EncryptedDataKey[]): Source[] {
  return edks.flatMap((edk) => {
    const named = awsKmsArnOf(edk);
    const source = named && inRegion(named, region);
    if (source === undefined || (partition !== undefined && source.partition !== partition)) return [];
    return [{ keyId: formatKmsArn(source), ciphertext: edk.ciphertext, replica: source.region !== named?.region }];
  });
}

async function reEncryptFirst(
  destination: KmsKey,
  sources: readonly Source[],
  context: EncryptionContext,
  options: CallOptions | undefined,
): Promise<EncryptedDataKey | null> {
  const failures: unknown[] = [];
  for (const source of sources) {
    try {
      return await reEncryptDataKey(destination, source, context, options);
    } catch (error) {
      throwIfCancelled(options?.signal);
      // A multi-Region key need not have a replica here.
      if (!source.replica || !isSealroomError(error, 'key-not-found')) failures.push(error);
    }
  }
  if (failures.length > 0) throw asOneFailure(failures);
  return null;
}

/** KMS takes any text, but no empty one. */
function hasEmptyText(context: EncryptionContext): boolean {
  return Object.entries(context).some(([name, value]) => name === '' || value === '');
}

function checkContext(context: EncryptionContext): void {
  encodeContext(context);
  if (hasEmptyText(context)) {
    throw new SealroomError('usage', 'AWS KMS takes no encryption context with an empty name or value');
  }
}

/** KMS wraps nothing under a context that it does not take, so nothing opens with one. */
function checkOpens({ keyId }: KmsKey, context: EncryptionContext): void {
  if (hasEmptyText(context)) {
    throw new SealroomError('wrong-key', `the key ${keyId}: AWS KMS takes no empty name or value in a context`);
  }
}
