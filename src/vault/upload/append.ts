/** Appending to a resumable upload: segment by segment, each durable before the next begins. */
import { ByteReader, chunksOf } from '../../bytes.ts';
import type { Bytes } from '../../bytes.ts';
import { cancellableChunks } from '../../cancellable.ts';
import { SealroomError } from '../../errors.ts';
import { checkWritable } from '../core.ts';
import type { VaultCore } from '../core.ts';
import type { Stat } from '../files.ts';
import { bytesLeft, withinQuota } from '../quota.ts';
import type { FilePlace } from '../record-access.ts';
import { unwrapDataKey } from '../segments.ts';
import { appendSegment, tooMany } from './append-segment.ts';
import { Arriving } from './arriving.ts';
import type { StandingUpload } from './items.ts';
import { mergeSmallParts, openedUpload } from './merge.ts';
import { completeStat, readUpload, uploadStatOf } from './stat.ts';
import type { AppendOptions, UploadStat } from './uploads.ts';

export async function appendToUpload(
  core: VaultCore,
  place: FilePlace,
  bytes: Bytes,
  { offset, enough, signal }: AppendOptions,
): Promise<UploadStat> {
  checkWritable(core);
  const first = await readUpload(core, place, { signal });
  const durable = 'header' in first ? first.header.offset : first.size;
  if (durable !== offset) {
    throw new SealroomError('conflict', `the upload goes on at byte ${durable}, not ${offset}`);
  }
  const arriving = new Arriving(chunksOf(bytes), enough);
  // The signal gives everything up, at once.
  const chunks = cancellableChunks(arriving, signal);
  if (!('header' in first)) {
    await using rest = new ByteReader(chunks);
    if (!(await rest.atEnd())) throw tooMany(first.size);
    arriving.check();
    return completeStat(first);
  }
  const left = first.header.size === null ? await bytesLeft(core, place.tenant, { files: 0, signal }) : Infinity;
  await using source = new ByteReader(left === Infinity ? chunks : withinQuota(place.tenant, chunks, left));
  // Of an empty file, or one whose size was declared last, all bytes are durable, and still it is no file.
  if ((await source.atEnd()) && first.header.size !== offset) {
    arriving.check();
    return uploadStatOf(first);
  }
  using dataKey = await unwrapDataKey(core, openedUpload(first), { signal });
  let upload: StandingUpload | Stat = first;
  do {
    upload = await mergeSmallParts(core, upload, { dataKey, signal });
    upload = await appendSegment(core, upload, { dataKey, source, signal });
  } while ('header' in upload && !(await source.atEnd()));
  arriving.check();
  return 'header' in upload ? uploadStatOf(upload) : completeStat(upload);
}
