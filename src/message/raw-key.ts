/** What a raw wrapping key, one that lies in a file and not in a KMS, is called in an encrypted data key. */
import { utf8 } from '../bytes.ts';
import { SealroomError } from '../errors.ts';

/** The two names by which an encrypted data key tells its wrapping key. Both are public. */
export interface RawKeyNames {
  /** Namespace of the name; the provider id of the encrypted data key. */
  readonly providerId: string;
  readonly name: string;
}

/** Provider ids that begin so belong to AWS KMS. */
const RESERVED_PROVIDER_PREFIX = 'aws-kms';

/** Leaves room for what else a field of an encrypted data key may hold. */
const MAX_NAME_LENGTH = 1024;

/** @throws SealroomError `bad-key` on a provider id that a raw key cannot have */
export function checkProviderId(providerId: string): void {
  checkText('a provider id', providerId);
  if (providerId.startsWith(RESERVED_PROVIDER_PREFIX)) {
    throw new SealroomError(
      'bad-key',
      `provider ids that begin with ${RESERVED_PROVIDER_PREFIX} belong to AWS KMS: ${JSON.stringify(providerId)} cannot name a key in a file`,
    );
  }
}

/** @throws SealroomError `bad-key` on a name that a raw key cannot have */
export function checkKeyName(name: string): void {
  checkText('the name of a key', name);
}

function checkText(what: string, text: string): void {
  if (text === '') throw new SealroomError('bad-key', `${what} is not empty`);
  // A name with control characters is not recognised again when it is read, and garbles whatever prints it.
  if (!text.isWellFormed() || /\p{Cc}/u.test(text)) {
    throw new SealroomError('bad-key', `${what} is well-formed text without control characters`);
  }
  if (utf8(text).length > MAX_NAME_LENGTH) {
    throw new SealroomError('bad-key', `${what} is at most ${MAX_NAME_LENGTH} bytes long`);
  }
}

/** How RSA pads a data key. OAEP uses the named hash for its mask too. */
export type RsaPadding = 'oaep-sha256' | 'oaep-sha384' | 'oaep-sha512' | 'oaep-sha1' | 'pkcs1';

/** Every padding, the usual one first. */
export const rsaPaddings: readonly RsaPadding[] = ['oaep-sha256', 'oaep-sha384', 'oaep-sha512', 'oaep-sha1', 'pkcs1'];
