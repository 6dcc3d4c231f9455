/** `edit`: changes what a vault keeps about a file. */
import type { Changes, Files, Stat } from '../../vault/files.ts';
import { retryConflicts } from '../../vault/write.ts';
import { recordOf, usage } from '../arguments.ts';
import type { Pairs } from '../arguments.ts';
import { openFiles } from '../open.ts';
import type { Session } from '../session.ts';

export interface EditArguments {
  readonly name?: string;
  readonly type?: string;
  readonly tag?: Pairs;
  readonly untag?: readonly string[];
}

export async function edit(session: Session, id: string, options: EditArguments): Promise<void> {
  const { name, type, tag, untag } = options;
  if (name === undefined && type === undefined && tag === undefined && untag === undefined) {
    throw usage('edit changes something: --name, --type, --tag or --untag');
  }
  await using opened = await openFiles(session);
  const changed =
    tag === undefined && untag === undefined
      ? await opened.files.update(id, { name, type }, { signal: session.signal })
      : await editTags(session, opened.files, id, options);
  if (session.terminal.json) await session.terminal.printJson(changed);
}

/** A vault takes all tags anew, so those that are there are looked up, and must be the same when they are changed. */
async function editTags({ signal }: Session, files: Files, id: string, options: EditArguments): Promise<Stat> {
  return retryConflicts(async () => {
    const { tags, version } = await files.stat(id, { signal });
    const changes: Changes = { name: options.name, type: options.type, tags: editedTags(tags, options) };
    return files.update(id, changes, { ifVersion: version, signal });
  });
}

function editedTags(
  tags: Readonly<Record<string, string>>,
  { tag, untag = [] }: EditArguments,
): Readonly<Record<string, string>> {
  const kept = Object.entries(tags).filter(([name]) => !untag.includes(name));
  // The later of two pairs with one name counts.
  return Object.fromEntries([...kept, ...Object.entries(recordOf(tag))]);
}
