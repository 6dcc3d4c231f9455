/**
 * The body of a message: how frames lie in it, what authenticates each, and all arithmetic of sizes (F13 to F18).
 * Offsets and sizes are in bytes and count from the beginning of the body.
 */
import { concat, u32, u64, utf8 } from '../bytes.ts';
import { SealroomError } from '../errors.ts';
import { IV_LENGTH, TAG_LENGTH } from './header.ts';

/** Most frames a message can have (F15). A writer that came to its end would use an IV twice, so it stops. */
export const MAX_FRAMES = 0xffff_ffff;

const SEQUENCE_LENGTH = 4;
const FINAL_LENGTH_LENGTH = 4;
/** What a regular frame adds to its plaintext: sequence number, IV, tag. */
export const REGULAR_OVERHEAD: number = SEQUENCE_LENGTH + IV_LENGTH + TAG_LENGTH;
/** What the final frame adds to its plaintext: a marker and a length more. */
export const FINAL_OVERHEAD: number = REGULAR_OVERHEAD + SEQUENCE_LENGTH + FINAL_LENGTH_LENGTH;
/** Where a regular frame's ciphertext begins. */
export const REGULAR_TEXT_OFFSET: number = SEQUENCE_LENGTH + IV_LENGTH;
/** Where the final frame's ciphertext begins. */
export const FINAL_TEXT_OFFSET: number = REGULAR_TEXT_OFFSET + SEQUENCE_LENGTH + FINAL_LENGTH_LENGTH;
/** Stands where a regular frame has its sequence number. */
export const FINAL_MARKER = 0xffff_ffff;

/** How many frames hold a plaintext (F14): full ones, and the final one, which never is. */
export function frameCount(size: number, frameLength: number): number {
  return Math.floor(size / frameLength) + 1;
}

/** Size of the body that holds a plaintext. */
export function sealedSize(size: number, frameLength: number): number {
  return bodySize(layoutOf(size, frameLength));
}

/** How a plaintext lies in the frames of a body. */
export interface FrameLayout {
  readonly frameLength: number;
  /** Size of the plaintext. */
  readonly size: number;
  /** Number of frames, the final one included. */
  readonly frames: number;
}

/** The layout that is written for a plaintext of this size. */
export function layoutOf(size: number, frameLength: number): FrameLayout {
  return { frameLength, size, frames: frameCount(size, frameLength) };
}

function bodySize({ size, frames }: FrameLayout): number {
  return size + frames * REGULAR_OVERHEAD + (FINAL_OVERHEAD - REGULAR_OVERHEAD);
}

/**
 * The layout of a body of this size. Right for both ways to end a message whose length is a multiple of the frame
 * length: with an empty final frame, or with a full one (F14).
 *
 * @throws SealroomError `truncated` when no body has this size
 */
export function layoutOfBody(size: number, frameLength: number): FrameLayout {
  const stride = frameLength + REGULAR_OVERHEAD;
  const full = Math.floor((size - FINAL_OVERHEAD) / stride);
  const last = size - FINAL_OVERHEAD - full * stride;
  if (size < FINAL_OVERHEAD || last > frameLength) {
    throw new SealroomError('truncated', `no sequence of frames of ${frameLength} bytes is ${size} bytes long`);
  }
  return { frameLength, size: full * frameLength + last, frames: full + 1 };
}

/** Where a frame begins; the first has index 0. */
export function frameOffset(index: number, frameLength: number): number {
  return index * (frameLength + REGULAR_OVERHEAD);
}

/** A range of bytes: from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Clips a range to a size.
 *
 * @throws SealroomError `usage` on numbers that make no range, `range-not-satisfiable` when it begins past the end
 */
export function satisfiableRange(
  { start, end = Infinity }: { readonly start: number; readonly end?: number | undefined },
  size: number,
): ByteRange {
  if (!Number.isSafeInteger(start) || start < 0 || !(end > start) || (end !== Infinity && !Number.isSafeInteger(end))) {
    throw new SealroomError('usage', 'a range has a first byte of at least 0, and an end after it');
  }
  if (start >= size) {
    throw new SealroomError(
      'range-not-satisfiable',
      `the range begins at byte ${start}, and the file has ${size} bytes`,
    );
  }
  return { start, end: Math.min(end, size) };
}

/** The frames that a range of plaintext lies in, and where they are. */
export interface FrameSpan {
  /** Index of the first frame. */
  readonly first: number;
  /** Number of frames. */
  readonly count: number;
  /** The frames' bytes in the body. */
  readonly sealed: ByteRange;
  /** Bytes to drop from the plaintext of the first frame. */
  readonly skip: number;
}

/**
 * The frames of a range (F18). One that reaches the end of the plaintext takes in the final frame, even where that is
 * empty: only this frame tells that the plaintext ends there.
 *
 * @param range within the plaintext
 */
export function frameSpan(range: ByteRange, layout: FrameLayout): FrameSpan {
  const { frameLength, frames } = layout;
  const toEnd = range.end >= layout.size;
  const first = Math.min(Math.floor(range.start / frameLength), frames - 1);
  const next = toEnd ? frames : Math.max(first + 1, Math.ceil(range.end / frameLength));
  return {
    first,
    count: next - first,
    sealed: {
      start: frameOffset(first, frameLength),
      end: next === frames ? bodySize(layout) : frameOffset(next, frameLength),
    },
    skip: range.start - first * frameLength,
  };
}

/** What stands in the authenticated data of a piece of the body, after the message id (F17). */
export type PieceKind = 'frame' | 'final' | 'block';

const contentStrings: Readonly<Record<PieceKind, Uint8Array>> = {
  frame: utf8('AWSKMSEncryptionClient Frame'),
  final: utf8('AWSKMSEncryptionClient Final Frame'),
  block: utf8('AWSKMSEncryptionClient Single Block'),
};

/**
 * Builds the additional authenticated data for the pieces of one message. What it returns is its own memory, written
 * anew at each call.
 */
export function pieceAad(messageId: Uint8Array, kind: PieceKind): (sequence: number, length: number) => Uint8Array {
  const bytes = concat([messageId, contentStrings[kind], u32(0), u64(0)]);
  const view = new DataView(bytes.buffer);
  const sequenceOffset = bytes.length - 12;
  return (sequence, length) => {
    view.setUint32(sequenceOffset, sequence);
    // In two halves: a BigInt for each of millions of short frames would cost as much as a part of their sealing.
    view.setUint32(sequenceOffset + 4, Math.floor(length / 0x1_0000_0000));
    view.setUint32(sequenceOffset + 8, length % 0x1_0000_0000);
    return bytes;
  };
}

/** Complete frames at the beginning of some bytes. */
export interface ScannedFrames {
  /** Regular frames, one after the other from the beginning. */
  readonly regular: number;
  /** Length of the plaintext in the final frame that follows them; undefined when that frame is not (all) there. */
  readonly finalLength: number | undefined;
  /** Bytes that the frames take. */
  readonly length: number;
}

/**
 * Finds the complete frames that bytes begin with, and checks that they are numbered in order (F13).
 *
 * @param options.firstSequence sequence number that the first frame must have
 * @param options.most how many frames to look for
 * @throws SealroomError `damaged` on a sequence number out of order, or a final frame longer than the frame length
 */
export function scanFrames(
  bytes: Uint8Array,
  frameLength: number,
  { firstSequence, most }: { readonly firstSequence: number; readonly most: number },
): ScannedFrames {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stride = frameLength + REGULAR_OVERHEAD;
  let regular = 0;
  let offset = 0;
  while (regular < most && offset + SEQUENCE_LENGTH <= bytes.length) {
    const marker = view.getUint32(offset);
    if (marker === FINAL_MARKER) {
      if (offset + FINAL_TEXT_OFFSET > bytes.length) break;
      expectSequence(view.getUint32(offset + SEQUENCE_LENGTH), firstSequence + regular);
      const finalLength = view.getUint32(offset + FINAL_TEXT_OFFSET - FINAL_LENGTH_LENGTH);
      if (finalLength > frameLength)
        throw new SealroomError('damaged', 'the final frame is longer than a frame can be');
      const end = offset + FINAL_OVERHEAD + finalLength;
      if (end > bytes.length) break;
      return { regular, finalLength, length: end };
    }
    expectSequence(marker, firstSequence + regular);
    if (offset + stride > bytes.length) break;
    regular++;
    offset += stride;
  }
  return { regular, finalLength: undefined, length: offset };
}

/**
 * Length of the frame that bytes begin with.
 *
 * @param beginning at least `FINAL_TEXT_OFFSET` bytes
 */
export function frameLengthAt(beginning: Uint8Array, frameLength: number): number {
  const view = new DataView(beginning.buffer, beginning.byteOffset, beginning.byteLength);
  if (view.getUint32(0) !== FINAL_MARKER) return frameLength + REGULAR_OVERHEAD;
  return FINAL_OVERHEAD + view.getUint32(FINAL_TEXT_OFFSET - FINAL_LENGTH_LENGTH);
}

function expectSequence(found: number, expected: number): void {
  if (found !== expected) {
    throw new SealroomError(
      'damaged',
      `frame ${expected} is missing or out of order: frame ${found} stands in its place`,
    );
  }
}
