/** `put`: stores files. */
import { basename } from 'node:path';
import { mediaTypeOf } from '../../media-type.ts';
import type { PutOptions, Stat } from '../../vault/files.ts';
import { recordOf, usage } from '../arguments.ts';
import type { Pairs } from '../arguments.ts';
import { forEach } from '../each.ts';
import { openInput } from '../input.ts';
import { openFiles, serviceOf } from '../open.ts';
import type { OpenedFiles } from '../open.ts';
import { refuseOwnFile } from '../own-files.ts';
import type { Session } from '../session.ts';
import { optionalTimeOf } from '../times.ts';

export interface PutArguments {
  readonly name?: string;
  readonly type?: string;
  readonly tag?: Pairs;
  readonly context?: Pairs;
  readonly expires?: string;
  readonly retainUntil?: string;
  readonly resume?: boolean;
}

/** What all files that are put get. */
type Times = Pick<PutOptions, 'expires' | 'retainUntil'>;

export async function put(session: Session, paths: readonly string[], options: PutArguments): Promise<void> {
  if (options.name !== undefined && paths.length > 1) throw usage('--name is for one file');
  if (paths.filter((path) => path === '-').length > 1) throw usage('stdin can be read once');
  if (options.resume) checkResumable(session, paths);
  const { terminal } = session;
  const times: Times = {
    expires: optionalTimeOf('--expires', options.expires),
    retainUntil: optionalTimeOf('--retain-until', options.retainUntil),
  };
  await using opened = await openFiles(session);
  const stored: Stat[] = [];
  try {
    await forEach(session, paths, async (path) => {
      if (path !== '-') await refuseOwnFile(path, opened.ownFiles);
      const stat = await putFile(session, opened, path, { ...options, times });
      stored.push(stat);
      if (!terminal.json) await terminal.print(stat.id);
    });
  } finally {
    // What was stored is told, whatever stopped the rest.
    if (terminal.json) await terminal.printJson({ files: stored });
  }
}

function checkResumable(session: Session, paths: readonly string[]): void {
  if (serviceOf(session) === undefined) {
    throw usage('--resume is for a service, which SEALROOM_URL names: in a vault, a put that was stopped left nothing');
  }
  if (paths.includes('-')) throw usage('--resume is for files: what came from stdin is gone');
}

async function putFile(
  session: Session,
  { files, service }: OpenedFiles,
  path: string,
  options: PutArguments & { readonly times: Times },
): Promise<Stat> {
  const { terminal, signal } = session;
  const name = options.name ?? (path === '-' ? 'stdin' : basename(path));
  await using input = await openInput(path, { signal });
  using progress = terminal.progress(name, input.size);
  const described: PutOptions = {
    name,
    type: options.type ?? (await mediaTypeOf(name)),
    tags: recordOf(options.tag),
    context: recordOf(options.context),
    ...options.times,
    signal,
  };
  const resume = options.resume === true;
  // Awaited here: the input is closed when this function returns.
  if (service !== undefined && input.again !== undefined) {
    const { isResumable, putResumably } = await import('../resumable-put.ts');
    const file = input.again;
    if (isResumable(file)) {
      return await putResumably(session, { service, file, path, resume, options: described, progress });
    }
  }
  if (resume)
    terminal.note(`${path}: it is so small that nothing was left to go on with: it is put from its beginning`);
  return await files.put(progress.count(input.chunks), described);
}
