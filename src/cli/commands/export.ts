/** `export`: a file as one message that any AWS Encryption SDK opens. */
import { openFiles } from '../open.ts';
import { openOutput } from '../output.ts';
import { refuseOwnFile } from '../own-files.ts';
import type { Session } from '../session.ts';

export interface ExportArguments {
  readonly output?: string;
  readonly force?: boolean;
}

export async function exportFile(
  session: Session,
  id: string,
  { output: path, force }: ExportArguments,
): Promise<void> {
  const { terminal, signal } = session;
  const output = await openOutput(session, path, { force });
  await using opened = await openFiles(session);
  if (path !== undefined) await refuseOwnFile(path, opened.ownFiles);
  const { stat, body } = await opened.files.export(id, { signal });
  {
    // The message is longer than the file by its header and a little for each frame: no difference that a bar shows.
    using progress = terminal.progress(stat.name, stat.size);
    await output.write(progress.count(body));
  }
  if (terminal.json && !output.isStdout) await terminal.printJson(stat);
}
