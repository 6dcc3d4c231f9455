/** `init`: makes a vault. */
import { initVault } from '../../compose/init.ts';
import type { NewVault } from '../../compose/init.ts';
import { vaultFolder } from '../../config/config.ts';
import { parseKeySpec } from '../../key-spec.ts';
import { usage } from '../arguments.ts';
import { warnOfExposure } from '../open.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

export interface InitArguments {
  readonly key?: readonly string[];
}

export async function init(session: Session, folder: string | undefined, { key }: InitArguments): Promise<void> {
  const { terminal, signal, vault } = session;
  if (folder !== undefined && vault !== undefined) throw usage('init takes a folder or --vault, not both');
  const keys = key?.map(parseKeySpec);
  const made = await initVault(vaultFolder(folder ?? vault), { keys, signal, onExposed: warnOfExposure(terminal) });
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
