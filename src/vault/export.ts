/** A file as one standalone message, for whoever has the wrapping key and no Sealroom. */
import { concat } from '../bytes.ts';
import { encryptLent } from '../envelope/encrypt.ts';
import { owned, startedStream } from '../envelope/stream.ts';
import type { CallOptions } from '../ports.ts';
import type { VaultCore } from './core.ts';
import type { ExportResult } from './files.ts';
import { segmentKey, unwrapDataKey, wholePlaintext, wholeSegment } from './segments.ts';
import { fullContext, readRecord, segmentHeader, statOf } from './record-access.ts';
import type { FilePlace, OpenedRecord } from './record-access.ts';
import type { Segment } from './records.ts';

/**
 * A file of one segment that still has its header's tag is that message already. Any other is written anew under a
 * new data key, for a second header under the old one would give its authentication key away (F4).
 */
export async function exportMessage(
  core: VaultCore,
  place: FilePlace,
  { signal }: CallOptions = {},
): Promise<ExportResult> {
  const opened = await readRecord(core, place, { signal });
  const [segment, ...others] = opened.record.segments;
  const message =
    segment!.tag !== undefined && others.length === 0
      ? storedMessage(core, opened, segment!, { tag: segment!.tag, signal })
      : encryptLent(wholePlaintext(core, opened, { signal }), {
          keyring: core.keyring,
          context: fullContext(core, opened, opened.record.context),
          frameLength: core.frameLength,
          signal,
        });
  return { stat: statOf(opened), body: await startedStream(owned(message)) };
}

/** The message as it is stored, each frame opened before it is passed on: what leaves here is known to open. */
async function* storedMessage(
  core: VaultCore,
  opened: OpenedRecord,
  segment: Segment,
  { tag, signal }: CallOptions & { readonly tag: Uint8Array },
): AsyncGenerator<Uint8Array, void, undefined> {
  using dataKey = await unwrapDataKey(core, opened, { signal });
  using frameKey = segmentKey(core, opened, segment, dataKey);
  yield concat([segmentHeader(core, opened, opened.record, segment), tag]);
  let sealed: Uint8Array = new Uint8Array(0);
  const onFrames = (frames: Uint8Array): void => void (sealed = frames);
  for await (const _ of wholeSegment(core, opened, segment, { frameKey, onFrames, signal })) yield sealed;
}
