/** The four calls of AWS KMS that make, wrap and open data keys; nothing in an answer is taken for granted (F42). */
import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand, ReEncryptCommand } from '@aws-sdk/client-kms';
import type { KMSClient } from '@aws-sdk/client-kms';
import { utf8 } from '../bytes.ts';
import { orCancelled } from '../cancellable.ts';
import { DataKey } from '../data-key.ts';
import { SealroomError, throwIfCancelled } from '../errors.ts';
import type { EncryptionContext } from '../message/context.ts';
import type { EncryptedDataKey } from '../message/edk.ts';
import { AWS_KMS_PROVIDER_ID, formatKmsArn, parseKmsArn } from '../message/kms-arn.ts';
import type { CallOptions } from '../ports.ts';
import { kmsError } from './kms-failure.ts';
import { sendOptions } from './send-options.ts';

/** A key, and how to ask for it. */
export interface KmsKey {
  readonly client: KMSClient;
  /** Its ARN or id, or an alias of it. */
  readonly keyId: string;
  readonly grantTokens: readonly string[];
}

/** What was wrapped before, and by which key. */
export interface KmsSource {
  /** ARN of the key. */
  readonly keyId: string;
  readonly ciphertext: Uint8Array;
}

const DATA_KEY_LENGTH = 32;
/** Of the keys that any suite takes. Which of them it has to be, only the message says. */
const READABLE_LENGTHS: ReadonlySet<number> = new Set([16, 24, 32]);
const MAX_CIPHERTEXT_LENGTH = 0xffff;

/** The Region in which it is asked for. */
export function regionOf({ client, keyId }: KmsKey): Promise<string> {
  return call(keyId, {}, () => client.config.region());
}

/** A fresh data key of 256 bits. */
export async function generateDataKey(
  key: KmsKey,
  context: EncryptionContext,
  options: CallOptions = {},
): Promise<{ dataKey: DataKey; edk: EncryptedDataKey }> {
  const input = { ...common(key, context), KeyId: key.keyId, NumberOfBytes: DATA_KEY_LENGTH };
  const ask = call(key.keyId, options, async () => {
    using scope = new DisposableStack();
    const answer = await key.client.send(new GenerateDataKeyCommand(input), sendOptions(options));
    const dataKey = secretOf(answer.Plaintext, scope);
    if (dataKey?.length !== DATA_KEY_LENGTH) throw strange(key.keyId, 'without a data key of 32 bytes');
    const edk = wrappedOf(key.keyId, answer);
    scope.move();
    return { dataKey, edk };
  });
  return orWiped(ask, options.signal, ({ dataKey }) => dataKey[Symbol.dispose]());
}

/** Wraps a data key that was made elsewhere. */
export async function encryptDataKey(
  key: KmsKey,
  dataKey: DataKey,
  context: EncryptionContext,
  options: CallOptions = {},
): Promise<EncryptedDataKey> {
  const input = { ...common(key, context), KeyId: key.keyId, Plaintext: dataKey.bytes };
  const ask = call(key.keyId, options, async () =>
    wrappedOf(key.keyId, await key.client.send(new EncryptCommand(input), sendOptions(options))),
  );
  return orCancelled(ask, options.signal);
}

/** @param key named by the ARN that its answers have to name, too */
export async function decryptDataKey(
  key: KmsKey,
  ciphertext: Uint8Array,
  context: EncryptionContext,
  options: CallOptions = {},
): Promise<DataKey> {
  const input = { ...common(key, context), KeyId: key.keyId, CiphertextBlob: ciphertext };
  const ask = call(key.keyId, { ...options, opens: true }, async () => {
    using scope = new DisposableStack();
    const answer = await key.client.send(new DecryptCommand(input), sendOptions(options));
    const dataKey = secretOf(answer.Plaintext, scope);
    if (answer.KeyId !== key.keyId) throw strange(key.keyId, 'for another key');
    if (dataKey === undefined || !READABLE_LENGTHS.has(dataKey.length)) {
      throw new SealroomError('damaged', `${nameOf(key.keyId)}: what it opens is no data key`);
    }
    scope.move();
    return dataKey;
  });
  return orWiped(ask, options.signal, (dataKey) => dataKey[Symbol.dispose]());
}

/** Brings a data key from one wrapping key to another, unseen. Both are in the Region of the client. */
export async function reEncryptDataKey(
  key: KmsKey,
  { keyId: source, ciphertext }: KmsSource,
  context: EncryptionContext,
  options: CallOptions = {},
): Promise<EncryptedDataKey> {
  const { EncryptionContext, GrantTokens } = common(key, context);
  const input = {
    SourceKeyId: source,
    CiphertextBlob: ciphertext,
    SourceEncryptionContext: EncryptionContext,
    DestinationKeyId: key.keyId,
    DestinationEncryptionContext: EncryptionContext,
    GrantTokens,
  };
  const ask = call(`${source} -> ${key.keyId}`, { ...options, opens: true }, async () => {
    const answer = await key.client.send(new ReEncryptCommand(input), sendOptions(options));
    if (answer.SourceKeyId !== source) throw strange(source, 'for another key');
    return wrappedOf(key.keyId, answer);
  });
  return orCancelled(ask, options.signal);
}

function common(
  { grantTokens }: KmsKey,
  context: EncryptionContext,
): { EncryptionContext: Record<string, string>; GrantTokens: string[] } {
  return { EncryptionContext: { ...context }, GrantTokens: [...grantTokens] };
}

/** The bytes become the scope's at once, so that whatever is wrong with the answer, they are wiped. */
function secretOf(plaintext: Uint8Array | undefined, scope: DisposableStack): DataKey | undefined {
  return plaintext === undefined ? undefined : scope.use(new DataKey(plaintext));
}

function wrappedOf(
  keyId: string,
  {
    KeyId: answered = '',
    CiphertextBlob: ciphertext,
  }: { readonly KeyId?: string | undefined; readonly CiphertextBlob?: Uint8Array | undefined },
): EncryptedDataKey {
  if (!answersFor(answered, keyId)) throw strange(keyId, 'for another key');
  if (ciphertext === undefined || ciphertext.length === 0 || ciphertext.length > MAX_CIPHERTEXT_LENGTH) {
    throw strange(keyId, 'without an encrypted data key');
  }
  return { providerId: AWS_KMS_PROVIDER_ID, providerInfo: utf8(answered), ciphertext };
}

/** True when the ARN that an answer names is that of the key asked for, as far as its name tells (F42). */
function answersFor(answered: string, keyId: string): boolean {
  const key = parseKmsArn(answered);
  if (key?.type !== 'key') return false;
  const asked = parseKmsArn(keyId);
  if (asked === undefined) return keyId.startsWith('alias/') || key.id === keyId;
  return formatKmsArn({ ...key, type: asked.type, id: asked.type === 'alias' ? asked.id : key.id }) === keyId;
}

/** Runs a call, and gives its failure in Sealroom's words. */
async function call<T>(
  thing: string,
  { signal, opens = false }: CallOptions & { readonly opens?: boolean },
  send: () => Promise<T>,
): Promise<T> {
  throwIfCancelled(signal);
  try {
    return await send();
  } catch (error) {
    throw kmsError(error, { thing: nameOf(thing), opens, signal });
  }
}

/** The SDK may sleep before it asks again, and hears no signal then. An answer that comes too late is wiped. */
async function orWiped<T>(asked: Promise<T>, signal: AbortSignal | undefined, wipe: (late: T) => void): Promise<T> {
  try {
    return await orCancelled(asked, signal);
  } catch (error) {
    asked.then(wipe, () => undefined);
    throw error;
  }
}

function nameOf(keyId: string): string {
  return `the key ${keyId}`;
}

function strange(keyId: string, what: string): SealroomError {
  return new SealroomError('unexpected', `${nameOf(keyId)}: AWS KMS answered ${what}`);
}
