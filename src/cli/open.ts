/** The vault and the tenant that a command works on. */
import { openVaultAt } from '../compose/open.ts';
import type { OpenedVault } from '../compose/open.ts';
import { loadConfig, tenantName, vaultFolder } from '../config/config.ts';
import type { Files } from '../vault/files.ts';
import type { Session } from './session.ts';
import type { Terminal } from './terminal.ts';

/** Opens the vault that `--vault` or the environment names; the caller disposes it. */
export async function openSessionVault({ terminal, signal, vault }: Session): Promise<OpenedVault> {
  const config = await loadConfig(vaultFolder(vault));
  return openVaultAt(config, { signal, onExposed: warnOfExposure(terminal) });
}

/** Opens the vault, and in it the files of the tenant that `--tenant` or the environment names. */
export async function openFiles(session: Session): Promise<OpenedVault & { readonly files: Files }> {
  const opened = await openSessionVault(session);
  try {
    return { ...opened, files: opened.vault.tenant(tenantName(session.tenant)) };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

export function warnOfExposure(terminal: Terminal): (path: string) => void {
  return (path) => terminal.warn(`${path} can be read by others than you: chmod 600 it`);
}
