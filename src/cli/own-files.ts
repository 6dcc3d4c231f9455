/** The files that a vault has open while a command runs, which the command must neither read nor replace. */
import { stat } from 'node:fs/promises';
import { usage } from './arguments.ts';

/**
 * Refuses a path that is one of them, by whatever name.
 *
 * SQLite holds locks on its files, and POSIX drops all locks that a process has on a file as soon as any of its
 * descriptors for it closes: another process then takes the log away under us, and what it had committed is lost. So
 * such a file is never opened here, not even to be read.
 *
 * @throws SealroomError `usage`
 */
export async function refuseOwnFile(path: string, ownFiles: readonly string[]): Promise<void> {
  const asked = await identityOf(path);
  if (asked === undefined) return;
  for (const own of ownFiles) {
    if ((await identityOf(own)) === asked) {
      throw usage(
        `${path}: it belongs to the vault that is open; copy it while nobody uses the vault, or name another`,
      );
    }
  }
}

async function identityOf(path: string): Promise<string | undefined> {
  const status = await stat(path, { bigint: true }).catch(() => undefined);
  return status === undefined ? undefined : `${status.dev} ${status.ino}`;
}
