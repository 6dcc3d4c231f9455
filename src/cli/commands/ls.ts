/** `ls`: lists files, newest first. */
import { SealroomError } from '../../errors.ts';
import type { Files, Listing, Stat } from '../../vault/files.ts';
import { openFiles } from '../open.ts';
import { printableJson } from '../printable.ts';
import type { Session } from '../session.ts';

export interface ListArguments {
  readonly limit?: number;
  readonly cursor?: string;
  readonly query?: string;
}

/** As many as a vault gives at once. */
const PAGE = 1000;

export async function ls(session: Session, options: ListArguments): Promise<void> {
  const { terminal } = session;
  await using opened = await openFiles(session);
  let cursor: string | undefined;
  let separator = '{"files":[';
  for await (const page of pages(session, opened.files, options)) {
    ({ cursor } = page);
    for (const { id, code, message } of page.unreadable) terminal.report(new SealroomError(code, message), id);
    if (terminal.json) {
      // Page by page: a list of any length takes the memory of one.
      const texts = page.files.map(printableJson);
      await terminal.printText(texts.map((text, i) => `${i === 0 ? separator : ','}\n${text}`).join(''));
      if (texts.length > 0) separator = ',';
    } else await terminal.print(...page.files.map(lineOf));
    if (terminal.readerGone) return;
  }
  if (terminal.json) {
    const end = cursor === undefined ? ']}' : `],"cursor":${JSON.stringify(cursor)}}`;
    await terminal.printText(`${separator === ',' ? '\n' : separator}${end}\n`);
  } else if (cursor !== undefined) terminal.note(`there are more: --cursor ${cursor}`);
}

/** The pages of a listing up to a limit; all of them unless there is one. */
export async function* pages(
  { signal }: Session,
  files: Files,
  { limit = Infinity, cursor, query: q }: ListArguments,
): AsyncGenerator<Listing, void, undefined> {
  let left = limit;
  let after = cursor;
  do {
    const page = await files.list({ limit: Math.min(PAGE, left), cursor: after, q, signal });
    yield page;
    left -= page.files.length + page.unreadable.length;
    after = page.cursor;
  } while (after !== undefined && left > 0);
}

function lineOf({ id, size, createdAt, name }: Stat): string {
  return `${id}  ${String(size).padStart(12)}  ${createdAt.slice(0, 19)}Z  ${name}`;
}
