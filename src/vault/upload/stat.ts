/** What is known of an upload, or of the file that it has become. */
import { SealroomError } from '../../errors.ts';
import type { CallOptions } from '../../ports.ts';
import type { VaultCore } from '../core.ts';
import type { Stat } from '../files.ts';
import { checkFileId } from '../identifiers.ts';
import { readStandingRecord, statOf } from '../record-access.ts';
import type { FilePlace } from '../record-access.ts';
import { hasExpired } from '../times.ts';
import { readStandingUpload } from './items.ts';
import type { StandingUpload } from './items.ts';
import type { UploadStat } from './uploads.ts';

export async function statUpload(core: VaultCore, place: FilePlace, options: CallOptions = {}): Promise<UploadStat> {
  const found = await readUpload(core, place, options);
  return 'header' in found ? uploadStatOf(found) : completeStat(found);
}

/**
 * An upload that goes on, or the file that it has become.
 *
 * @throws SealroomError `no-tenant`, `not-found`
 */
export async function readUpload(
  core: VaultCore,
  place: FilePlace,
  options: CallOptions = {},
): Promise<StandingUpload | Stat> {
  checkFileId(place.file);
  const upload = await readStandingUpload(core, place, options);
  if (upload !== undefined && upload.header.expires > core.now()) return upload;
  // Read after the upload: it becomes the file in one write, so one of the two is found.
  const opened = await readStandingRecord(core, place, options);
  if (opened !== undefined && !hasExpired(opened.metadata, core.now())) return statOf(opened);
  await core.keys.expectTenant(place.tenant, options);
  throw new SealroomError('not-found', `no upload has the id ${place.file}`);
}

export function uploadStatOf({ file, header, metadata }: Omit<StandingUpload, 'version'>): UploadStat {
  const { name, type, createdAt, createdBy } = metadata;
  const { size, offset, expires } = header;
  const uploadExpires = new Date(expires).toISOString();
  return { id: file, name, type, size, offset, createdAt, createdBy, uploadExpires, file: undefined };
}

/** Of a file: all of it is there. */
export function completeStat(file: Stat): UploadStat {
  const { id, name, type, size, createdAt, createdBy } = file;
  return { id, name, type, size, offset: size, createdAt, createdBy, uploadExpires: createdAt, file };
}
