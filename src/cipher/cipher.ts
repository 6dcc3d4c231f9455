/**
 * What the engine asks of a cryptographic library. Node's is `node.ts`; a WebCrypto or native one fits behind the
 * same interface, which is why batches may come back as promises.
 */
import type { DataKey } from '../data-key.ts';
import type { HashName, Suite } from '../message/suites.ts';

/** One message's frames: what is the same for all of them. */
export interface FrameKey {
  /** The derived encryption key. */
  readonly key: DataKey;
  readonly messageId: Uint8Array;
  /** Plaintext bytes a frame holds. */
  readonly frameLength: number;
}

/** Where frames that are opened stand in their message. */
export interface OpenedPosition {
  /** Sequence number of the first, from 1. */
  readonly firstSequence: number;
  /** Plaintext length of the final frame; undefined when it is not among them. */
  readonly finalLength: number | undefined;
}

export interface Cipher {
  /** Random bytes from the system's generator. */
  randomBytes(length: number): Uint8Array;

  /** HKDF (RFC 5869). The result is the caller's to wipe. */
  hkdf(hash: HashName, key: DataKey, salt: Uint8Array, info: Uint8Array, length: number): DataKey;

  /** HMAC-SHA256 (RFC 2104), 32 bytes. */
  hmac(key: DataKey, parts: readonly Uint8Array[]): Uint8Array;

  sha256(parts: readonly Uint8Array[]): Uint8Array;

  /** SHA-256 over a stream. */
  sha256Stream(): RunningHash;

  /** AES-GCM over one piece: ciphertext, then the tag of 16 bytes. */
  seal(key: DataKey, iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array;

  /** The other way; null when the tag is wrong, and then no byte of the plaintext has left. */
  open(key: DataKey, iv: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | null;

  /**
   * Seals consecutive frames (F13). All are full but the last one, when that is `final`.
   *
   * @param plaintext a whole number of frames, or that and the final one
   * @param firstSequence sequence number of the first, from 1
   * @param out where the frames go, of exactly the size they need
   */
  sealFrames(
    frames: FrameKey,
    plaintext: Uint8Array,
    position: { readonly firstSequence: number; readonly final: boolean },
    out: Uint8Array,
  ): void | Promise<void>;

  /**
   * Opens one frame, using the IV that it carries. Returns its plaintext, in memory that is the caller's to wipe; null
   * when the tag is wrong, and then nothing of it is left.
   *
   * @param sealed exactly the frame
   */
  openFrame(
    frames: FrameKey,
    sealed: Uint8Array,
    position: OpenedPosition,
  ): Uint8Array | null | Promise<Uint8Array | null>;

  /**
   * Opens consecutive frames. Returns `out`; null at the first wrong tag, and then `out` holds zeros, and nothing else.
   *
   * @param sealed exactly the frames
   * @param out where the plaintext goes, of exactly its size
   */
  openFrames(
    frames: FrameKey,
    sealed: Uint8Array,
    position: OpenedPosition,
    out: Uint8Array,
  ): Uint8Array | null | Promise<Uint8Array | null>;

  /**
   * AES-256-CTR from a counter of zeros, which authenticates nothing: what comes out may be anybody's, or garbage. Only
   * for taking over what others wrote so (`src/import/demo`); nothing of Sealroom's is ever sealed that way.
   *
   * @param key of 32 bytes
   */
  unauthenticatedCtr(key: DataKey): RunningOpening;

  /**
   * Verifies an ECDSA signature over what `update` is given.
   *
   * @param publicKey compressed point, as in the header's context (F8)
   * @throws SealroomError `damaged` when that is no point of the curve
   */
  verifier(signature: NonNullable<Suite['signature']>, publicKey: Uint8Array): SignatureVerifier;
}

export interface RunningHash {
  update(bytes: Uint8Array): void;
  /** The hash of everything, once. */
  digest(): Uint8Array;
}

export interface RunningOpening {
  /** The plaintext of the next bytes, in memory that is the caller's to wipe. */
  update(ciphertext: Uint8Array): Uint8Array;
}

export interface SignatureVerifier {
  update(bytes: Uint8Array): void;
  /** @param signature DER, as in the footer */
  verify(signature: Uint8Array): boolean;
}
