/** A vault in a folder: files for blobs, SQLite for the catalog. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openFsBlobs } from '../../src/blobs/fs.ts';
import { openSqliteCatalog } from '../../src/catalogs/sqlite.ts';
import type { SqliteCatalog } from '../../src/catalogs/sqlite.ts';
import { checkVault } from '../../src/testing/check.ts';
import { createVault, openVault } from '../../src/vault/vault.ts';
import type { Vault, VaultPorts, VaultTuning } from '../../src/vault/vault.ts';
import { freshKeyring } from './fresh-keyring.ts';

/** Enough to open the vault from another process. */
export interface DiskPlace {
  readonly folder: string;
  readonly id: string;
  readonly pins: readonly string[];
  /** The wrapping key, in hexadecimal. */
  readonly key: string;
}

export interface DiskVault extends AsyncDisposable {
  readonly vault: Vault;
  readonly ports: VaultPorts;
}

const blobFolder = (folder: string): string => join(folder, 'blobs');

async function portsOf(folder: string, key: string, create: boolean): Promise<VaultPorts & { catalog: SqliteCatalog }> {
  return {
    keyring: freshKeyring('disk', Buffer.from(key, 'hex')),
    blobs: await openFsBlobs(blobFolder(folder), { create }),
    catalog: await openSqliteCatalog(join(folder, 'catalog.db'), { create }),
  };
}

function opened(vault: Vault, ports: VaultPorts & { catalog: SqliteCatalog }): DiskVault {
  return {
    vault,
    ports,
    [Symbol.asyncDispose]: async () => {
      vault[Symbol.dispose]();
      await ports.catalog[Symbol.asyncDispose]();
    },
  };
}

export async function makeDiskVault(
  folder: string,
  tuning: VaultTuning = {},
): Promise<DiskVault & { place: DiskPlace }> {
  const key = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex');
  const ports = await portsOf(folder, key, true);
  const vault = await createVault({ ...ports, ...tuning });
  return { ...opened(vault, ports), place: { folder, id: vault.id, pins: vault.pins, key } };
}

export async function openDiskVault(
  { folder, id, pins, key }: DiskPlace,
  tuning: VaultTuning = {},
): Promise<DiskVault> {
  const ports = await portsOf(folder, key, false);
  return opened(await openVault({ id, pins, ...ports, ...tuning }), ports);
}

/** Names of all files that are there for blobs: those of unfinished puts end in `.part`. */
export async function filesOnDisk({ folder }: Pick<DiskPlace, 'folder'>): Promise<string[]> {
  const entries = await readdir(blobFolder(folder), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

/** The invariant, over what is on disk. Nobody else may use the vault meanwhile. */
export async function checkDiskVault(place: DiskPlace): Promise<void> {
  await using disk = await openDiskVault(place);
  const blobKeys = async (): Promise<string[]> => (await filesOnDisk(place)).map((name) => name.replace(/\.part$/, ''));
  await checkVault({ ...place, ...disk.ports, blobKeys });
}
