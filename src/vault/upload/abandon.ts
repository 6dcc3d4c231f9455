/** Giving an upload up: one write turns it into a removal. */
import { SealroomError } from '../../errors.ts';
import type { CallOptions } from '../../ports.ts';
import { encodeChanges } from '../authentic-items.ts';
import { checkWritable } from '../core.ts';
import type { VaultCore } from '../core.ts';
import { entryPut, finishWithin } from '../journal.ts';
import type { StandingEntry } from '../journal.ts';
import { usageChange } from '../quota.ts';
import type { FilePlace } from '../record-access.ts';
import { untilOurTurn, writeIfFirst } from '../write.ts';
import { heldBy, readStandingUpload, uploadPartition } from './items.ts';
import type { StandingUpload } from './items.ts';

/**
 * @throws SealroomError `not-found` when there is no such upload; one that became a file is none any more
 */
export async function abandonUpload(core: VaultCore, place: FilePlace, { signal }: CallOptions = {}): Promise<void> {
  checkWritable(core);
  const upload = await readStandingUpload(core, place, { signal });
  if (upload === undefined || !(await abandonStanding(core, upload, { signal }))) {
    await core.keys.expectTenant(place.tenant, { signal });
    throw new SealroomError('not-found', `no upload has the id ${place.file}`);
  }
}

/**
 * The header goes, and with it the data key; the journal names the parts. An append that is under way expects the
 * header as it was, and so cannot happen any more. What cannot be removed now, a sweep removes.
 *
 * @returns false when the upload has ended meanwhile
 */
export async function abandonStanding(
  core: VaultCore,
  first: StandingUpload,
  { signal }: CallOptions,
): Promise<boolean> {
  const { tenant, file } = first;
  const attempt = async (): Promise<StandingEntry | 'ended' | null> => {
    const upload = await readStandingUpload(core, first, { signal });
    if (upload === undefined) return 'ended';
    const work = { tenant, file, blobs: [], pages: [], parts: true, state: 'removing', renewed: core.now() } as const;
    const entry = await entryPut(core, work, { signal });
    const partition = uploadPartition(tenant);
    const removal = { type: 'remove', partition, sort: file, expect: upload.version } as const;
    const held = await usageChange(core, tenant, { bytes: -heldBy(upload.header), files: -1, signal });
    const changes = await encodeChanges(core, held === undefined ? [] : [held], { signal });
    const written = await writeIfFirst(core.catalog, [entry.operation, removal, ...changes], { signal });
    return written ? entry.standing : null;
  };
  const standing = await untilOurTurn(attempt, { signal });
  if (standing === 'ended') return false;
  // The upload is gone, so the call has done what it was asked; the journal keeps what is left to do.
  await finishWithin(core, first, { claimed: standing, signal }).catch(() => {});
  return true;
}
