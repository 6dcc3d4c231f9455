/** Secrets that open doors: an id to find it by, and 256 random bits of which only a hash is kept. */
import { constantTimeEqual, utf8 } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import { randomBase32 } from '../vault/identifiers.ts';

/** A secret as it is when it was just made. */
export interface NewSecret {
  /** 16 characters of base32: no secret. */
  readonly id: string;
  /** `<id>_<secret>`: for whoever it was made for, and kept nowhere. */
  readonly text: string;
  /** What is kept. */
  readonly hash: Uint8Array;
}

/** What somebody gives, taken apart and not yet looked up. */
export interface GivenSecret {
  readonly id: string;
  readonly secret: string;
}

export const HASH_LENGTH = 32;

const ID = /^[a-z2-7]{16}$/;
const TEXT = /^([a-z2-7]{16})_([A-Za-z0-9_-]{43})$/;

export function isSecretId(id: string): boolean {
  return ID.test(id);
}

export function newSecret(): NewSecret {
  const id = randomBase32(16);
  const secret = Buffer.from(cipher.randomBytes(32)).toString('base64url');
  return { id, text: `${id}_${secret}`, hash: hashOf(secret) };
}

/** Undefined for text that has not the form of one. */
export function splitSecret(text: string): GivenSecret | undefined {
  const [, id, secret] = TEXT.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/**
 * True when this is the secret whose hash is kept. Where nothing is kept, hashes and compares all the same, so that
 * little time tells which ids there are; they are no secrets.
 */
export function secretMatches({ secret }: GivenSecret, kept: Uint8Array | undefined): boolean {
  const equal = constantTimeEqual(hashOf(secret), kept ?? NOTHING);
  return equal && kept !== undefined;
}

const NOTHING = new Uint8Array(HASH_LENGTH);

/** Of the text, not of the bytes it stands for: base64url has several texts for the same bytes, and one is enough. */
function hashOf(secret: string): Uint8Array {
  return cipher.sha256([utf8(secret)]);
}
