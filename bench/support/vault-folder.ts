/** A vault in a folder when nobody uses it any more: what a sweep does there, and whether all is as it must be. */
import { keyringFromSpecs } from '../../src/compose/keys.ts';
import { openBlobs, openCatalog, openVaultAt } from '../../src/compose/open.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { Config } from '../../src/config/config.ts';
import { findViolations } from '../../src/testing/check.ts';
import type { Stat } from '../../src/vault/files.ts';
import type { SweepReport } from '../../src/vault/sweep.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { filesOnDisk } from '../../test/support/disk-vault.ts';

export interface Inspected {
  /** What is wrong, in words. */
  readonly violations: readonly string[];
  readonly files: readonly Stat[];
  /** What the two sweeps did that every grace time was over for. */
  readonly sweeps: readonly SweepReport[];
}

/** Checks the invariant, sweeps twice, and then wants every blob to belong to a record, and nothing left to sweep. */
export async function inspectVault(folder: string): Promise<Inspected> {
  const config = await loadConfig(folder);
  const violations = await invariantViolations(config);
  await using opened = await openVaultAt(config);
  const { vault } = opened;
  const sweeps = [await vault.sweep({ grace: 0 }), await vault.sweep({ grace: 0 })];
  const left = await vault.sweep({ grace: 0 });
  if (JSON.stringify(left) !== JSON.stringify(NOTHING)) {
    violations.push(`two sweeps left something to a third: ${JSON.stringify(left)}`);
  }
  const files = await allFiles(vault, violations);
  const listed = files.reduce((sum, { segments }) => sum + segments.length, 0);
  const blobs = await filesOnDisk({ folder });
  if (blobs.length !== listed) violations.push(`records list ${listed} blobs, and there are ${blobs.length} files`);
  violations.push(...(await invariantViolations(config)).map((violation) => `after the sweeps: ${violation}`));
  return { violations, files, sweeps };
}

const NOTHING: SweepReport = { expired: 0, claimed: 0, finished: 0, waiting: 0, ignored: 0, failed: [] };

async function invariantViolations(config: Config): Promise<string[]> {
  const { folder, id, pins, keys, oldKeys } = config;
  using keyring = await keyringFromSpecs({ keys, oldKeys }, { purpose: 'vault', folder });
  await using scope = new AsyncDisposableStack();
  const catalog = await openCatalog(config.catalog, { scope });
  const blobs = await openBlobs(config.blobs, { scope });
  const blobKeys = async (): Promise<string[]> =>
    (await filesOnDisk({ folder })).map((name) => name.replace(/\.part$/, ''));
  return await findViolations({ id, pins, keyring, blobs, catalog, blobKeys });
}

async function allFiles(vault: Vault, violations: string[]): Promise<Stat[]> {
  const found: Stat[] = [];
  let cursor: string | undefined;
  do {
    const page = await vault.tenant('default').list({ limit: 1000, cursor });
    for (const { id, code } of page.unreadable) violations.push(`file ${id} is unreadable: ${code}`);
    found.push(...page.files);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}
