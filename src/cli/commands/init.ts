/** `init`: makes a vault. */
import { initVault } from '../../compose/init.ts';
import type { NewVault } from '../../compose/init.ts';
import { vaultFolder } from '../../config/config.ts';
import { parseKeySpec } from '../../specs/key-spec.ts';
import { parseBlobsSpec, parseCatalogSpec } from '../../specs/store-spec.ts';
import { usage } from '../arguments.ts';
import { warnings } from '../open.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

export interface InitArguments {
  readonly key?: readonly string[];
  readonly blobs?: string;
  readonly catalog?: string;
}

export async function init(session: Session, folder: string | undefined, options: InitArguments): Promise<void> {
  const { terminal, signal, vault } = session;
  if (folder !== undefined && vault !== undefined) throw usage('init takes a folder or --vault, not both');
  const made = await initVault(vaultFolder(folder ?? vault), {
    keys: options.key?.map(parseKeySpec),
    blobs: options.blobs === undefined ? undefined : parseBlobsSpec(options.blobs),
    catalog: options.catalog === undefined ? undefined : parseCatalogSpec(options.catalog),
    signal,
    ...warnings(terminal),
  });
  if (terminal.json) await terminal.printJson({ id: made.id, vault: made.folder, masterKey: made.masterKey ?? null });
  else await terminal.print(`vault ${made.id} in ${made.folder}`);
  noteMasterKey(terminal, made);
}

/** Tells whoever made a vault what the key that was made with it is worth. */
export function noteMasterKey(terminal: Terminal, { masterKey }: NewVault): void {
  if (masterKey === undefined) return;
  terminal.note(
    `${masterKey}: whoever has this key can read everything in the vault, and without it nobody can. ` +
      'Keep a copy of it elsewhere, and not with copies of the vault.',
  );
}
