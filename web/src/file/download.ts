/** Has the browser save a file. */
import type { Stat } from '../../../src/vault/files.ts';
import { problemOf } from '../files/problem.ts';
import { downloadBy, issueTicket } from '../files/tickets.ts';
import type { Session } from '../session/session.ts';
import { text } from '../text.ts';
import { notify } from '../toasts.ts';

export async function download(session: Session, { id }: Stat): Promise<void> {
  try {
    downloadBy(await issueTicket(session, id), id);
  } catch (error) {
    notify({ text: text.file.downloadFailed(problemOf(error)), tone: 'danger' });
  }
}
