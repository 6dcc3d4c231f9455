/** Frames as streams: sealing and opening them in batches, in constant memory. Chunks given out here are lent. */
import { ByteReader } from '../bytes.ts';
import type { FrameKey, OpenedPosition } from '../cipher/cipher.ts';
import { cipher } from '../cipher/index.ts';
import { SealroomError, throwIfCancelled } from '../errors.ts';
import {
  FINAL_OVERHEAD,
  FINAL_TEXT_OFFSET,
  MAX_FRAMES,
  REGULAR_OVERHEAD,
  frameLengthAt,
  frameSpan,
  scanFrames,
} from '../message/frames.ts';
import type { ByteRange, FrameLayout } from '../message/frames.ts';
import type { CallOptions } from '../ports.ts';
import { GatheringBuffer, LentBuffer } from './buffers.ts';
import type { ChunkMemory } from './buffers.ts';

function framesPerBatch({ batchLength }: ChunkMemory, frameLength: number): number {
  return Math.max(1, Math.floor(batchLength / frameLength));
}

export interface FramesOptions extends CallOptions {
  /** Where chunks lie that are given out; memory that is wiped at the end unless given. */
  readonly memory?: ChunkMemory | undefined;
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
  { memory, signal }: FramesOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  await using reader = new ByteReader(plaintext);
  const { frameLength } = key;
  using own = new LentBuffer();
  const sealed = memory ?? own;
  const perBatch = framesPerBatch(sealed, frameLength);
  using gathered = new GatheringBuffer();
  let sequence = 1;
  for (let final = false; !final;) {
    throwIfCancelled(signal);
    // The final frame is the one that is not full (F14). Full ones are sealed where they lie; what lies across two chunks
    // is copied together.
    const full = Math.min(perBatch, Math.floor((await reader.buffered()) / frameLength));
    let batch: Uint8Array;
    if (full > 0) {
      batch = reader.take(full * frameLength);
    } else {
      batch = await gathered.fill(reader, frameLength);
      final = batch.length < frameLength;
    }
    const frames = final ? 1 : batch.length / frameLength;
    // The last number is the final frame's alone: a regular frame's would read as the mark of a final one.
    if (sequence + frames - 1 > (final ? MAX_FRAMES : MAX_FRAMES - 1)) {
      throw new SealroomError('limit', `a message has at most ${MAX_FRAMES} frames: use longer frames`);
    }
    const overhead = frames * REGULAR_OVERHEAD + (final ? FINAL_OVERHEAD - REGULAR_OVERHEAD : 0);
    const out = sealed.next(batch.length + overhead);
    await cipher.sealFrames(key, batch, { firstSequence: sequence, final }, out);
    sequence += frames;
    yield out;
  }
}

export interface OpenFramesOptions extends FramesOptions {
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
  { firstSequence = 1, count = Infinity, onFrames, memory, signal }: OpenFramesOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { frameLength } = key;
  using gathered = new GatheringBuffer();
  using own = new LentBuffer();
  const plaintext = memory ?? own;
  const perBatch = framesPerBatch(plaintext, frameLength);
  let sequence = firstSequence;
  let left = count;
  while (left > 0) {
    throwIfCancelled(signal);
    await reader.buffered();
    // Frames that lie in one chunk are opened where they are; one that lies across two is copied together.
    let found = scanFrames(reader.peek(), frameLength, { firstSequence: sequence, most: Math.min(left, perBatch) });
    let batch: Uint8Array;
    if (found.length > 0) {
      batch = reader.take(found.length);
    } else {
      batch = await gatherFrame(reader, gathered, { frameLength, sequence });
      found = scanFrames(batch, frameLength, { firstSequence: sequence, most: 1 });
      if (found.length === 0) throw truncated(sequence);
    }
    const frames = found.regular + (found.finalLength === undefined ? 0 : 1);
    const position = { firstSequence: sequence, finalLength: found.finalLength };
    const out =
      frames === 1
        ? await openOneFrame(key, batch, { position, plaintext })
        : await cipher.openFrames(
            key,
            batch,
            position,
            plaintext.next(found.regular * frameLength + (found.finalLength ?? 0)),
          );
    if (out === null) {
      throw new SealroomError(
        'damaged',
        `a frame between ${sequence} and ${sequence + frames - 1} was changed: its tag is wrong`,
      );
    }
    onFrames?.(batch);
    sequence += frames;
    left = found.finalLength === undefined ? left - frames : 0;
    yield out;
  }
}

/** The cipher makes the memory for one frame, so that its plaintext is not copied. */
async function openOneFrame(
  key: FrameKey,
  frame: Uint8Array,
  { position, plaintext }: { readonly position: OpenedPosition; readonly plaintext: ChunkMemory },
): Promise<Uint8Array | null> {
  const opened = await cipher.openFrame(key, frame, position);
  if (opened !== null) plaintext.keep(opened);
  return opened;
}

/** Copies one frame together, or as much of it as there is. */
async function gatherFrame(
  reader: ByteReader,
  gathered: GatheringBuffer,
  { frameLength, sequence }: { readonly frameLength: number; readonly sequence: number },
): Promise<Uint8Array> {
  const beginning = await gathered.fill(reader, FINAL_TEXT_OFFSET);
  // What is out of order, or too long, is known already; only then is its length believed.
  scanFrames(beginning, frameLength, { firstSequence: sequence, most: 1 });
  return beginning.length < FINAL_TEXT_OFFSET
    ? beginning
    : gathered.fill(reader, frameLengthAt(beginning, frameLength), beginning.length);
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
  { layout, range, memory, signal }: FramesOptions & { readonly layout: FrameLayout; readonly range: ByteRange },
): AsyncGenerator<Uint8Array, void, undefined> {
  const span = frameSpan(range, layout);
  await using reader = new ByteReader(await fetch(span.sealed));
  let skip = span.skip;
  let left = range.end - range.start;
  // At the end only the final frame will do: a full regular one may stand there in a body that was cut short.
  const count = span.first + span.count === layout.frames ? undefined : span.count;
  for await (const chunk of openFrames(reader, key, { firstSequence: span.first + 1, count, memory, signal })) {
    const part = chunk.subarray(skip, skip + left);
    skip = Math.max(0, skip - chunk.length);
    left -= part.length;
    if (part.length > 0) yield part;
  }
  // The frames are authentic, yet hold less than the layout says: the size that was trusted is wrong.
  if (left > 0) throw new SealroomError('damaged', 'the frames hold less than the size on record');
}
