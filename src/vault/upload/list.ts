/** The uploads of a tenant that are not complete. */
import type { CallOptions } from '../../ports.ts';
import type { VaultCore } from '../core.ts';
import { uploadsOf } from './items.ts';
import { uploadStatOf } from './stat.ts';
import type { UploadStat } from './uploads.ts';

export async function listUploads(
  core: VaultCore,
  tenant: string,
  { signal }: CallOptions = {},
): Promise<UploadStat[]> {
  await core.keys.expectTenant(tenant, { signal });
  const uploads: UploadStat[] = [];
  for await (const upload of uploadsOf(core, tenant, { signal })) {
    if (upload.header.expires > core.now()) uploads.push(uploadStatOf(upload));
  }
  return uploads;
}
