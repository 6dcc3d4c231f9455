/** From a data key to the keys of one message (F19). */
import { cipher } from '../cipher/index.ts';
import { concat, u16, utf8 } from '../bytes.ts';
import { DataKey } from '../data-key.ts';
import { SealroomError } from '../errors.ts';
import { COMMITMENT_LENGTH } from '../message/header.ts';
import type { Suite } from '../message/suites.ts';

/** What is said of a header that its data key does not authenticate, whatever the check. */
export const HEADER_CHANGED = 'the header was changed: it does not authenticate with its data key';

const DERIVE_LABEL = utf8('DERIVEKEY');
const COMMIT_LABEL = utf8('COMMITKEY');
const NO_SALT = new Uint8Array(0);

export interface MessageKeys {
  /** Encrypts frames and authenticates the header. The caller's to dispose. */
  readonly encryptionKey: DataKey;
  /** What the header must carry; undefined in suites without commitment. */
  readonly commitment: Uint8Array | undefined;
}

/**
 * @throws SealroomError `damaged` when the data key is not of the suite's length
 */
export function deriveKeys(suite: Suite, dataKey: DataKey, messageId: Uint8Array): MessageKeys {
  if (dataKey.length !== suite.keyLength) {
    // The words of a wrong tag: PKCS #1 v1.5 opens anything to a key of some length, and that length is not to be told.
    throw new SealroomError('damaged', HEADER_CHANGED);
  }
  if (suite.kdf === null) return { encryptionKey: dataKey.clone(), commitment: undefined };
  const id = u16(suite.id);
  if (!suite.committing) {
    const encryptionKey = cipher.hkdf(suite.kdf, dataKey, NO_SALT, concat([id, messageId]), suite.keyLength);
    return { encryptionKey, commitment: undefined };
  }
  const encryptionKey = cipher.hkdf(suite.kdf, dataKey, messageId, concat([id, DERIVE_LABEL]), suite.keyLength);
  const commitment = cipher.hkdf(suite.kdf, dataKey, messageId, COMMIT_LABEL, COMMITMENT_LENGTH);
  return { encryptionKey, commitment: commitment.bytes };
}
