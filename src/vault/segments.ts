/** The segments of a file as plaintext: each opened with a key that is proved to be the right one. */
import { ByteReader, constantTimeEqual } from '../bytes.ts';
import type { FrameKey } from '../cipher/cipher.ts';
import { cipher } from '../cipher/index.ts';
import type { DataKey } from '../data-key.ts';
import { deriveKeys } from '../envelope/derive.ts';
import { openFrames, openRange } from '../envelope/frames.ts';
import type { FramesOptions } from '../envelope/frames.ts';
import { SealroomError, isSealroomError } from '../errors.ts';
import { layoutOf } from '../message/frames.ts';
import type { ByteRange } from '../message/frames.ts';
import { IV_LENGTH } from '../message/header.ts';
import { writtenSuite } from '../message/suites.ts';
import type { CallOptions } from '../ports.ts';
import type { VaultCore } from './core.ts';
import { fullContext, readRecord, segmentHeader } from './record-access.ts';
import type { OpenedRecord } from './record-access.ts';
import type { Segment } from './records.ts';

/** Everything, with proof that the blobs hold nothing else. Chunks are lent, unless `memory` says otherwise. */
export async function* wholePlaintext(
  core: VaultCore,
  opened: OpenedRecord,
  { memory, signal }: FramesOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  using dataKey = await unwrapDataKey(core, opened, { signal });
  for (const segment of opened.record.segments) {
    using frameKey = segmentKey(core, opened, segment, dataKey);
    yield* wholeSegment(core, opened, segment, { frameKey, memory, signal });
  }
}

/**
 * The plaintext of one segment, whole.
 *
 * @param onFrames shown the sealed frames of each chunk before the chunk is given out
 */
export async function* wholeSegment(
  core: VaultCore,
  opened: OpenedRecord,
  segment: Segment,
  {
    frameKey,
    onFrames,
    memory,
    signal,
  }: FramesOptions & { readonly frameKey: FrameKey; readonly onFrames?: (sealed: Uint8Array) => void },
): AsyncGenerator<Uint8Array, void, undefined> {
  await using reader = new ByteReader(await openBlob(core, opened, segment, { signal }));
  let size = 0;
  for await (const chunk of openFrames(reader, frameKey, { onFrames, memory, signal })) {
    size += chunk.length;
    yield chunk;
  }
  if (!(await reader.atEnd())) {
    throw new SealroomError('trailing-bytes', `bytes follow the end of a blob of file ${opened.file}`);
  }
  if (size !== segment.size) {
    throw new SealroomError('damaged', `a blob of file ${opened.file} is not of the size on record`);
  }
}

/** A range, by the frames that it lies in. Chunks are lent, unless `memory` says otherwise. */
export async function* rangePlaintext(
  core: VaultCore,
  opened: OpenedRecord,
  { range, memory, signal }: FramesOptions & { readonly range: ByteRange },
): AsyncGenerator<Uint8Array, void, undefined> {
  using dataKey = await unwrapDataKey(core, opened, { signal });
  let offset = 0;
  for (const segment of opened.record.segments) {
    const start = Math.max(0, range.start - offset);
    const end = Math.min(segment.size, range.end - offset);
    offset += segment.size;
    if (start >= end) continue;
    using frameKey = segmentKey(core, opened, segment, dataKey);
    const fetch = (part: ByteRange): Promise<AsyncIterable<Uint8Array>> =>
      openBlob(core, opened, segment, { range: part, signal });
    const layout = layoutOf(segment.size, segment.frameLength);
    yield* openRange(fetch, frameKey, { layout, range: { start, end }, memory, signal });
  }
}

/** @throws SealroomError `wrong-key` */
export async function unwrapDataKey(core: VaultCore, opened: OpenedRecord, { signal }: CallOptions): Promise<DataKey> {
  const { record, file } = opened;
  const dataKey = await core.keyring.unwrap(record.edks, fullContext(core, opened, record.context), { signal });
  if (dataKey === null) {
    throw new SealroomError(
      'wrong-key',
      `none of the keys in the configuration is one that file ${file} was sealed under`,
    );
  }
  return dataKey;
}

/** A segment's key, disposable as such. */
export interface SegmentKey extends FrameKey, Disposable {}

/**
 * Derives a segment's key and proves that it is the right one: by the commitment always, and by the header's tag
 * while the record has it (F32).
 *
 * @throws SealroomError `damaged`
 */
export function segmentKey(core: VaultCore, opened: OpenedRecord, segment: Segment, dataKey: DataKey): SegmentKey {
  const { messageId, frameLength, tag } = segment;
  const { encryptionKey: key, commitment } = deriveKeys(writtenSuite, dataKey, messageId);
  const dispose = (): void => key[Symbol.dispose]();
  if (!constantTimeEqual(segment.commitment, commitment!)) {
    dispose();
    throw new SealroomError(
      'damaged',
      `the record of file ${opened.file} was changed: it does not commit to its data key`,
    );
  }
  const header = segmentHeader(core, opened, opened.record, segment);
  if (tag !== undefined && cipher.open(key, new Uint8Array(IV_LENGTH), header, tag) === null) {
    dispose();
    throw new SealroomError('damaged', `the record of file ${opened.file} was changed: the tag of its header is wrong`);
  }
  return { key, messageId, frameLength, [Symbol.dispose]: dispose };
}

async function openBlob(
  core: VaultCore,
  opened: OpenedRecord,
  segment: Segment,
  options: CallOptions & { readonly range?: ByteRange },
): Promise<AsyncIterable<Uint8Array>> {
  try {
    return await core.blobs.get(segment.blob, options);
  } catch (error) {
    if (!isSealroomError(error, 'not-found')) throw error;
    // Either the file was removed while it was read, and then it is simply not there, or its bytes are lost.
    await readRecord(core, opened, { signal: options.signal });
    throw new SealroomError('damaged', `the bytes of file ${opened.file} are missing from the store`, { cause: error });
  }
}
