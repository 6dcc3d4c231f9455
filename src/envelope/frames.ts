/** Frames as streams: sealing and opening them in batches, in constant memory. Chunks given out here are lent. */
import { ByteReader } from '../bytes.ts';
import type { FrameKey } from '../cipher/cipher.ts';
import { cipher } from '../cipher/index.ts';
import { SealroomError, throwIfCancelled } from '../errors.ts';
import { FINAL_OVERHEAD, MAX_FRAMES, REGULAR_OVERHEAD, frameCount, frameSpan, scanFrames } from '../message/frames.ts';
import type { ByteRange, FrameLayout } from '../message/frames.ts';
import type { CallOptions } from '../ports.ts';

/** Plaintext that is sealed or opened at a time: large enough that a promise for each costs nothing. */
const BATCH_LENGTH = 1024 * 1024;

/** Buffers begin so small and grow with what arrives: most messages are short, and a length that is claimed takes nothing. */
const FIRST_BUFFER_LENGTH = 64 * 1024;

function framesPerBatch(frameLength: number): number {
  return Math.max(1, Math.floor(BATCH_LENGTH / frameLength));
}

/**
 * Seals a plaintext of any length as one body (F13). The message id of `key` must be fresh for every attempt: a frame
 * sealed twice under one IV gives its key away (F16).
 *
 * @throws SealroomError `limit` at frame 2^32 (F15); whatever the source throws
 */
export async function* sealFrames(
  plaintext: AsyncIterable<Uint8Array>,
  key: FrameKey,
  { signal }: CallOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  await using reader = new ByteReader(plaintext);
  const batchLength = framesPerBatch(key.frameLength) * key.frameLength;
  let batch = new Uint8Array(Math.min(batchLength, FIRST_BUFFER_LENGTH));
  let sealed = new Uint8Array(0);
  let sequence = 1;
  try {
    for (let final = false; !final;) {
      throwIfCancelled(signal);
      let filled = await reader.readInto(batch);
      while (filled === batch.length && filled < batchLength) {
        const larger = grown(batch, batchLength);
        batch.fill(0);
        batch = larger;
        filled += await reader.readInto(batch.subarray(filled));
      }
      // A frame is sealed only once it is known whether it is the final one: its finality is authenticated.
      final = filled < batchLength || (await reader.atEnd());
      const frames = frameCount(filled, key.frameLength);
      // The last number is the final frame's alone: a regular frame's would read as the mark of a final one.
      if (sequence + frames - 1 > (final ? MAX_FRAMES : MAX_FRAMES - 1)) {
        throw new SealroomError('limit', `a message has at most ${MAX_FRAMES} frames: use longer frames`);
      }
      const length = filled + frames * REGULAR_OVERHEAD + (final ? FINAL_OVERHEAD - REGULAR_OVERHEAD : 0);
      if (sealed.length < length) sealed = new Uint8Array(length);
      const out = sealed.subarray(0, length);
      await cipher.sealFrames(key, batch.subarray(0, filled), { firstSequence: sequence, final }, out);
      sequence += frames;
      yield out;
    }
  } finally {
    batch.fill(0);
  }
}

export interface OpenFramesOptions extends CallOptions {
  /** Sequence number of the first frame that the reader stands at; 1 unless given. */
  readonly firstSequence?: number | undefined;
  /** How many frames to open; up to the final one unless given. */
  readonly count?: number | undefined;
  /** Shown the frames as they were read, once they have been authenticated. */
  readonly onFrames?: ((sealed: Uint8Array) => void) | undefined;
}

/**
 * Opens consecutive frames. A plaintext byte is given out only after the tag of its frame was verified; the stream
 * ends after the final frame, leaving what follows it in the reader.
 *
 * @throws SealroomError `truncated` when the reader ends first, `damaged` when a frame does not open
 */
export async function* openFrames(
  reader: ByteReader,
  key: FrameKey,
  { firstSequence = 1, count = Infinity, onFrames, signal }: OpenFramesOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { frameLength } = key;
  const perBatch = framesPerBatch(frameLength);
  const mostSealed = perBatch * (frameLength + REGULAR_OVERHEAD) + (FINAL_OVERHEAD - REGULAR_OVERHEAD);
  let sealed = new Uint8Array(Math.min(mostSealed, FIRST_BUFFER_LENGTH));
  let plaintext = new Uint8Array(0);
  let filled = 0;
  let sequence = firstSequence;
  let left = count;
  try {
    while (left > 0) {
      throwIfCancelled(signal);
      filled += await reader.readInto(sealed.subarray(filled));
      const found = scanFrames(sealed.subarray(0, filled), frameLength, sequence, left);
      const frames = found.regular + (found.finalLength === undefined ? 0 : 1);
      const full = filled === sealed.length;
      if (frames === 0) {
        if (!full) throw truncated(sequence);
        sealed = grown(sealed, mostSealed);
        continue;
      }
      const length = found.regular * frameLength + (found.finalLength ?? 0);
      if (plaintext.length < length) {
        plaintext.fill(0);
        plaintext = new Uint8Array(length);
      }
      const batch = sealed.subarray(0, found.length);
      const out = plaintext.subarray(0, length);
      const position = { firstSequence: sequence, finalLength: found.finalLength };
      if (!(await cipher.openFrames(key, batch, position, out))) {
        throw new SealroomError(
          'damaged',
          `a frame between ${sequence} and ${sequence + frames - 1} was changed: its tag is wrong`,
        );
      }
      onFrames?.(batch);
      sequence += frames;
      left = found.finalLength === undefined ? left - frames : 0;
      yield out;
      sealed.copyWithin(0, found.length, filled);
      filled -= found.length;
      if (full) sealed = grown(sealed, mostSealed);
    }
    reader.unread(sealed.subarray(0, filled));
  } finally {
    plaintext.fill(0);
  }
}

function grown(buffer: Uint8Array<ArrayBuffer>, most: number): Uint8Array<ArrayBuffer> {
  if (buffer.length === most) return buffer;
  const larger = new Uint8Array(Math.min(most, buffer.length * 2));
  larger.set(buffer);
  return larger;
}

/** An end between two frames is no end either: only the final frame is (F25). */
function truncated(sequence: number): SealroomError {
  return new SealroomError('truncated', `it ends within frame ${sequence}, before its final frame is complete`);
}

/**
 * Opens a range of a plaintext, fetching only the frames it lies in (F18).
 *
 * @param fetch gives a range of the body's bytes
 * @param layout size and frames of the whole body
 * @param range within the plaintext
 */
export async function* openRange(
  fetch: (range: ByteRange) => Promise<AsyncIterable<Uint8Array>>,
  key: FrameKey,
  { layout, range, signal }: CallOptions & { readonly layout: FrameLayout; readonly range: ByteRange },
): AsyncGenerator<Uint8Array, void, undefined> {
  const span = frameSpan(range, layout);
  await using reader = new ByteReader(await fetch(span.sealed));
  let skip = span.skip;
  let left = range.end - range.start;
  // At the end only the final frame will do: a full regular one may stand there in a body that was cut short.
  const count = span.first + span.count === layout.frames ? undefined : span.count;
  for await (const chunk of openFrames(reader, key, { firstSequence: span.first + 1, count, signal })) {
    const part = chunk.subarray(skip, skip + left);
    skip = Math.max(0, skip - chunk.length);
    left -= part.length;
    if (part.length > 0) yield part;
  }
  // The frames are authentic, yet hold less than the layout says: the size that was trusted is wrong.
  if (left > 0) throw new SealroomError('damaged', 'the frames hold less than the size on record');
}
