/** Saying how many bytes an upload has, once that is known. */
import { SealroomError } from '../../errors.ts';
import type { CallOptions } from '../../ports.ts';
import { encodeChanges } from '../authentic-items.ts';
import { checkWritable } from '../core.ts';
import type { VaultCore } from '../core.ts';
import { usageChange } from '../quota.ts';
import type { FilePlace } from '../record-access.ts';
import { untilOurTurn, writeIfFirst } from '../write.ts';
import { appendToUpload } from './append.ts';
import { checkSize } from './begin.ts';
import { headerPut } from './items.ts';
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
    async () => {
      const upload = await readUpload(core, place, { signal });
      const known = 'header' in upload ? upload.header.size : upload.size;
      if (known !== null && known !== size) {
        throw new SealroomError('conflict', `the upload was said to have ${known} bytes, not ${size}`);
      }
      if (!('header' in upload)) return completeStat(upload);
      if (known === size) return uploadStatOf(upload);
      if (size < upload.header.offset) {
        throw new SealroomError('conflict', `the upload holds ${upload.header.offset} bytes, more than ${size}`);
      }
      const header = { ...upload.header, size };
      const bytes = size - upload.header.offset;
      const usage = await usageChange(core, place.tenant, { bytes, files: 0, signal });
      const changes = [headerPut(place, header, { expect: upload.version }), ...(usage === undefined ? [] : [usage])];
      const written = await writeIfFirst(core.catalog, await encodeChanges(core, changes, { signal }), { signal });
      return written ? uploadStatOf({ ...upload, header }) : null;
    },
    { signal },
  );
  if (declared.file !== undefined || declared.offset !== size) return declared;
  return appendToUpload(core, place, [], { offset: size, signal });
}
