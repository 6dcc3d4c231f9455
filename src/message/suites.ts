/**
 * The algorithm suites as one table (F1). Code takes a resolved row; no other file asks for a suite's number.
 */
import { SealroomError } from '../errors.ts';

export type HashName = 'sha256' | 'sha384' | 'sha512';

export interface Suite {
  /** Number in the header. */
  readonly id: number;
  /** Version of the header that carries it. */
  readonly version: 1 | 2;
  /** Length of the data key and of the derived encryption key, in bytes. */
  readonly keyLength: 16 | 24 | 32;
  /** Length of the message id, in bytes. */
  readonly messageIdLength: 16 | 32;
  /** Hash of the HKDF that derives the encryption key; null where the data key is used as it is. */
  readonly kdf: HashName | null;
  /** True when the header carries a commitment to the data key. */
  readonly committing: boolean;
  /** ECDSA signature in a footer; null where there is none. */
  readonly signature: {
    readonly curve: 'P-256' | 'P-384';
    readonly hash: HashName;
    readonly pointLength: number;
  } | null;
}

const P256 = { curve: 'P-256', hash: 'sha256', pointLength: 33 } as const;
const P384 = { curve: 'P-384', hash: 'sha384', pointLength: 49 } as const;

const v1 = (id: number, keyLength: Suite['keyLength'], kdf: Suite['kdf'], signature: Suite['signature']): Suite => ({
  id,
  version: 1,
  keyLength,
  messageIdLength: 16,
  kdf,
  committing: false,
  signature,
});

const v2 = (id: number, signature: Suite['signature']): Suite => ({
  id,
  version: 2,
  keyLength: 32,
  messageIdLength: 32,
  kdf: 'sha512',
  committing: true,
  signature,
});

const suites: readonly Suite[] = [
  v1(0x0014, 16, null, null),
  v1(0x0046, 24, null, null),
  v1(0x0078, 32, null, null),
  v1(0x0114, 16, 'sha256', null),
  v1(0x0146, 24, 'sha256', null),
  v1(0x0178, 32, 'sha256', null),
  v1(0x0214, 16, 'sha256', P256),
  v1(0x0346, 24, 'sha384', P384),
  v1(0x0378, 32, 'sha384', P384),
  v2(0x0478, null),
  v2(0x0578, P384),
];

const byId: ReadonlyMap<number, Suite> = new Map(suites.map((suite) => [suite.id, suite]));

/** The suite that everything new is written with: AES-256-GCM, HKDF-SHA512, key commitment, no signature. */
export const writtenSuite: Suite = byId.get(0x0478)!;

/** @throws SealroomError `unsupported-message` on a number that names no suite of this format (F1) */
export function suiteOf(id: number): Suite {
  const suite = byId.get(id);
  if (suite === undefined) {
    throw new SealroomError('unsupported-message', `${suiteName(id)} is not an algorithm suite of this message format`);
  }
  return suite;
}

/** A suite's number as people write it, `0x0478`. */
export function suiteName(id: number): string {
  return `0x${id.toString(16).padStart(4, '0')}`;
}
