/** Saying how many bytes an upload has, once that is known. */
import { SealroomError } from '../../errors.ts';
import type { CallOptions } from '../../ports.ts';
import { encodeChanges } from '../authentic-items.ts';
import { checkWritable } from '../core.ts';
import type { VaultCore } from '../core.ts';
import { usageChange } from '../quota.ts';
import type { FilePlace } from '../record-access.ts';
import { untilOurTurn, writeIfFirst } from '../write.ts';
import { finishUpload } from './append-segment.ts';
import { checkSize } from './begin.ts';
import { headerPut } from './items.ts';
import type { StandingUpload } from './items.ts';
import { completeStat, readUpload, uploadStatOf } from './stat.ts';
import type { UploadStat } from './uploads.ts';

export async function declareSize(
  core: VaultCore,
  place: FilePlace,
  size: number,
  { signal }: CallOptions = {},
): Promise<UploadStat> {
  checkWritable(core);
  checkSize(size);
  const declared = await untilOurTurn(
    async (): Promise<UploadStat | StandingUpload | null> => {
      const upload = await readUpload(core, place, { signal });
      const known = 'header' in upload ? upload.header.size : upload.size;
      if (known !== null && known !== size) {
        throw new SealroomError('conflict', `the upload was said to have ${known} bytes, not ${size}`);
      }
      if (!('header' in upload)) return completeStat(upload);
      if (known === size) return size === upload.header.offset ? upload : uploadStatOf(upload);
      if (size < upload.header.offset) {
        throw new SealroomError('conflict', `the upload holds ${upload.header.offset} bytes, more than ${size}`);
      }
      const header = { ...upload.header, size };
      // In the write that makes the file: who finds all bytes of an upload there takes it for complete.
      if (size === header.offset) return { ...upload, header };
      const bytes = size - upload.header.offset;
      const usage = await usageChange(core, place.tenant, { bytes, files: 0, signal });
      const changes = [headerPut(place, header, { expect: upload.version }), ...(usage === undefined ? [] : [usage])];
      const written = await writeIfFirst(core.catalog, await encodeChanges(core, changes, { signal }), { signal });
      return written ? uploadStatOf({ ...upload, header }) : null;
    },
    { signal },
  );
  if (!('header' in declared)) return declared;
  const done = await finishUpload(core, declared, { signal });
  return 'header' in done ? uploadStatOf(done) : completeStat(done);
}
