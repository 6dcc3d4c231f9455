/** `rm`: removes files. */
import { forEach } from '../each.ts';
import { openFiles } from '../open.ts';
import type { Session } from '../session.ts';

export async function rm(session: Session, ids: readonly string[]): Promise<void> {
  const { terminal, signal } = session;
  await using opened = await openFiles(session);
  const removed: string[] = [];
  try {
    await forEach(session, ids, async (id) => {
      await opened.files.remove(id, { signal });
      removed.push(id);
    });
  } finally {
    if (terminal.json) await terminal.printJson({ removed });
  }
}
