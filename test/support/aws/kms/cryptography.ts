/** The operations of the double that encrypt and decrypt. */
import { randomBytes } from 'node:crypto';
import { deniedElsewhere } from './access.ts';
import { keyIdOf, open, seal } from './ciphertext.ts';
import type { Context } from './ciphertext.ts';
import { KmsError } from './error.ts';
import type { KmsCall, KmsOperation } from './operation.ts';
import { ACCOUNT } from './store.ts';
import type { KeyState, StoredKey } from './store.ts';

const MAX_CONTEXT_LENGTH = 8192;
const MAX_PLAINTEXT_LENGTH = 4096;
const MAX_CIPHERTEXT_LENGTH = 6144;
const ALGORITHM = 'SYMMETRIC_DEFAULT';
const DATA_KEY_LENGTHS: Readonly<Record<string, number>> = { AES_256: 32, AES_128: 16 };

export const cryptography: Readonly<Record<string, KmsOperation>> = {
  GenerateDataKey: (call) => {
    const { KeyId, CiphertextBlob, Plaintext } = generate(call, 'GenerateDataKey');
    return { KeyId, CiphertextBlob, Plaintext };
  },

  GenerateDataKeyWithoutPlaintext: (call) => {
    const { KeyId, CiphertextBlob } = generate(call, 'GenerateDataKeyWithoutPlaintext');
    return { KeyId, CiphertextBlob };
  },

  GenerateRandom: ({ access, principal, input }) => {
    access.checkAccount(principal, 'GenerateRandom');
    return { Plaintext: randomBytes(checkNumberOfBytes(input.NumberOfBytes)).toString('base64') };
  },

  Encrypt: (call) => {
    const context = checkContext(call.input.EncryptionContext);
    const plaintext = blob(call.input.Plaintext, 'plaintext', MAX_PLAINTEXT_LENGTH);
    const key = permitted(call, { reference: call.input.KeyId, action: 'Encrypt', context });
    endDryRun(call);
    return { KeyId: key.arn, CiphertextBlob: encrypted(key, plaintext, context), EncryptionAlgorithm: ALGORITHM };
  },

  Decrypt: (call) => {
    const { CiphertextBlob, KeyId, EncryptionContext } = call.input;
    const { key, plaintext } = decrypted(call, {
      ciphertext: CiphertextBlob,
      reference: KeyId,
      context: EncryptionContext,
      action: 'Decrypt',
    });
    endDryRun(call);
    return { KeyId: key.arn, Plaintext: plaintext.toString('base64'), EncryptionAlgorithm: ALGORITHM };
  },

  ReEncrypt: (call) => {
    const { CiphertextBlob, SourceKeyId, DestinationKeyId } = call.input;
    const context = checkContext(call.input.DestinationEncryptionContext);
    const { key: source, plaintext } = decrypted(call, {
      ciphertext: CiphertextBlob,
      reference: SourceKeyId,
      context: call.input.SourceEncryptionContext,
      action: 'ReEncryptFrom',
    });
    const key = permitted(call, { reference: DestinationKeyId, action: 'ReEncryptTo', context });
    endDryRun(call);
    return {
      SourceKeyId: source.arn,
      KeyId: key.arn,
      CiphertextBlob: encrypted(key, plaintext, context),
      SourceEncryptionAlgorithm: ALGORITHM,
      DestinationEncryptionAlgorithm: ALGORITHM,
    };
  },
};

function generate(call: KmsCall, action: string): { KeyId: string; CiphertextBlob: string; Plaintext: string } {
  const { KeyId, KeySpec, NumberOfBytes, EncryptionContext } = call.input;
  if ((KeySpec === undefined) === (NumberOfBytes === undefined)) {
    throw new KmsError('ValidationException', 'Please specify either number of bytes or key spec.');
  }
  const length = checkNumberOfBytes(KeySpec === undefined ? NumberOfBytes : DATA_KEY_LENGTHS[KeySpec]);
  const context = checkContext(EncryptionContext);
  const key = permitted(call, { reference: KeyId, action, context });
  endDryRun(call);
  const plaintext = randomBytes(length);
  return {
    KeyId: key.arn,
    CiphertextBlob: encrypted(key, plaintext, context),
    Plaintext: plaintext.toString('base64'),
  };
}

function decrypted(
  call: KmsCall,
  {
    ciphertext,
    reference,
    context: given,
    action,
  }: { ciphertext: string | undefined; reference: string | undefined; context: Context | undefined; action: string },
): { key: StoredKey; plaintext: Buffer } {
  const context = checkContext(given);
  const bytes = blob(ciphertext, 'ciphertextBlob', MAX_CIPHERTEXT_LENGTH);
  const id = keyIdOf(bytes);
  // The key that the request names is looked at before the bytes are.
  const named = reference === undefined ? undefined : permitted(call, { reference, action, context });
  if (id === undefined) throw new KmsError('InvalidCiphertextException');
  if (named !== undefined && named.shared.id !== id) {
    throw new KmsError(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    );
  }
  if (named === undefined && call.store.key(call.region, id) === undefined) {
    throw new KmsError(
      'AccessDeniedException',
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    );
  }
  const key = named ?? permitted(call, { reference: id, action, context });
  const plaintext = open(key.shared, bytes, context);
  if (plaintext === undefined) throw new KmsError('InvalidCiphertextException');
  return { key, plaintext };
}

/** The key, which this caller may use in this way, and which can be used. */
function permitted(
  { store, access, region, principal, input }: KmsCall,
  { reference, action, context }: { reference: string | undefined; action: string; context: Context },
): StoredKey {
  const account = reference?.startsWith('arn:') ? reference.split(':')[4] : ACCOUNT;
  if (account !== ACCOUNT) throw deniedElsewhere(principal, action, reference!);
  const key = store.resolve(region, reference);
  access.check({ principal, action, key, context, grantTokens: input.GrantTokens });
  return checkUsable(key);
}

/** Why a key cannot be used, in AWS's words. */
const UNUSABLE: Readonly<Record<Exclude<KeyState, 'Enabled'>, { readonly type: string; readonly reason: string }>> = {
  Disabled: { type: 'DisabledException', reason: 'is disabled' },
  Creating: { type: 'KMSInvalidStateException', reason: 'is creating' },
  PendingDeletion: { type: 'KMSInvalidStateException', reason: 'is pending deletion' },
  PendingReplicaDeletion: { type: 'KMSInvalidStateException', reason: 'is pending replica deletion' },
};

/** @throws KmsError as AWS answers for a key in this state */
export function checkUsable(key: StoredKey): StoredKey {
  if (key.state === 'Enabled') return key;
  const { type, reason } = UNUSABLE[key.state];
  throw new KmsError(type, `${key.arn} ${reason}.`);
}

/** @throws KmsError when the request only asks whether it would succeed; it would, if it came this far */
export function endDryRun({ input }: KmsCall): void {
  if (input.DryRun !== true) return;
  throw new KmsError(
    'DryRunOperationException',
    'The request would have succeeded, but the DryRun option is set.',
    412,
  );
}

function encrypted({ shared }: StoredKey, plaintext: Buffer, context: Context): string {
  return seal(shared, plaintext, context).toString('base64');
}

function checkContext(context: Context = {}): Context {
  const pairs = Object.entries(context);
  if (pairs.flat().some((text) => typeof text !== 'string' || text === '')) {
    throw new KmsError('ValidationException', 'Invalid EncryptionContext');
  }
  if (Buffer.byteLength(JSON.stringify(context)) > MAX_CONTEXT_LENGTH) {
    throw new KmsError('ValidationException', 'EncryptionContext is too large');
  }
  return context;
}

function blob(base64: string | undefined, name: string, max: number): Buffer {
  const bytes = Buffer.from(base64 ?? '', 'base64');
  const wrong = bytes.length < 1 ? 'greater than or equal to 1' : `less than or equal to ${max}`;
  if (bytes.length >= 1 && bytes.length <= max) return bytes;
  throw new KmsError(
    'ValidationException',
    `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must have length ${wrong}`,
  );
}

function checkNumberOfBytes(length: number | undefined): number {
  if (length !== undefined && Number.isInteger(length) && length >= 1 && length <= 1024) return length;
  throw new KmsError(
    'ValidationException',
    `1 validation error detected: Value '${length}' at 'numberOfBytes' failed to satisfy constraint: Member must have value between 1 and 1024`,
  );
}
