/** `get`: reads a file, or a part of it. */
import type { Files, GetOptions } from '../../vault/files.ts';
import type { RangeArgument } from '../arguments.ts';
import { openFiles } from '../open.ts';
import { openOutput } from '../output.ts';
import { refuseOwnFile } from '../own-files.ts';
import type { Session } from '../session.ts';

export interface GetArguments {
  readonly output?: string;
  readonly range?: RangeArgument;
  readonly force?: boolean;
}

export async function get(session: Session, id: string, { output: path, range, force }: GetArguments): Promise<void> {
  const { terminal, signal } = session;
  const output = await openOutput(session, path, { force });
  await using opened = await openFiles(session);
  if (path !== undefined) await refuseOwnFile(path, opened.ownFiles);
  const found = await opened.files.get(id, { range: await rangeOf(opened.files, id, { range, signal }), signal });
  {
    using progress = terminal.progress(found.stat.name, found.range.end - found.range.start);
    await output.write(progress.count(found.body));
  }
  if (terminal.json && !output.isStdout) await terminal.printJson(found.stat);
}

/** A range from the end needs the size, which never changes. */
async function rangeOf(
  files: Files,
  id: string,
  { range, signal }: { readonly range: RangeArgument | undefined; readonly signal: AbortSignal },
): Promise<GetOptions['range']> {
  if (range === undefined || 'start' in range) return range;
  const { size } = await files.stat(id, { signal });
  return { start: Math.max(0, size - range.suffix) };
}
