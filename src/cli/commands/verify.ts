/** `verify`: opens every frame of files. */
import { SealroomError } from '../../errors.ts';
import type { Files } from '../../vault/files.ts';
import { usage } from '../arguments.ts';
import { forEach } from '../each.ts';
import { counted } from '../fields.ts';
import { openFiles } from '../open.ts';
import type { Session } from '../session.ts';
import { pages } from './ls.ts';

export interface VerifyArguments {
  readonly all?: boolean;
}

export async function verify(session: Session, ids: readonly string[], { all }: VerifyArguments): Promise<void> {
  if ((all === true) === ids.length > 0) throw usage('verify takes ids, or --all');
  const { terminal, signal } = session;
  await using opened = await openFiles(session);
  const verified: { id: string; name: string; size: number; frames: number }[] = [];
  try {
    await forEach(session, all ? everyId(session, opened.files) : ids, async (id) => {
      const { stat, frames } = await opened.files.verify(id, { signal });
      const { name, size } = stat;
      if (terminal.json) verified.push({ id, name, size, frames });
      else await terminal.print(`${id}  ok  ${counted(size, 'byte')} in ${counted(frames, 'frame')}  ${name}`);
    });
  } finally {
    if (terminal.json) await terminal.printJson({ files: verified });
  }
}

async function* everyId(session: Session, files: Files): AsyncGenerator<string, void, undefined> {
  for await (const page of pages(session, files, {})) {
    for (const { id, code, message } of page.unreadable) session.terminal.report(new SealroomError(code, message), id);
    yield* page.files.map(({ id }) => id);
  }
}
