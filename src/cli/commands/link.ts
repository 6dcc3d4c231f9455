/** `link`: files for whoever has the link. */
import type { LinkInfo } from '../../access/access.ts';
import { forEach } from '../each.ts';
import { openVerbs } from '../open.ts';
import type { Session } from '../session.ts';
import { timeOf } from '../times.ts';

export interface LinkCreateArguments {
  readonly expires: string;
  readonly downloads?: number;
  readonly url?: string;
}

export async function createLink(session: Session, file: string, options: LinkCreateArguments): Promise<void> {
  const { terminal, signal } = session;
  const { downloads, url: address } = options;
  const expires = timeOf('--expires', options.expires);
  await using opened = await openVerbs(session);
  const made = await opened.links(address).create(file, { expires, downloads, signal });
  if (terminal.json) await terminal.printJson(made);
  else await terminal.print(made.url);
  const uses = downloads === undefined ? '' : `, ${downloads} of them at most`;
  terminal.note(`link ${made.id}: downloads until ${made.expires}${uses}; it is shown only this once`);
}

export async function listLinks(session: Session, file: string | undefined): Promise<void> {
  const { terminal, signal } = session;
  await using opened = await openVerbs(session);
  const links = await opened.links().list({ file, signal });
  if (terminal.json) await terminal.printJson({ links });
  else await terminal.print(...links.map(lineOf));
}

function lineOf({ id, file, expires, used, downloads }: LinkInfo): string {
  return `${id}  ${file}  ${expires.slice(0, 19)}Z  used ${used}${downloads === null ? '' : ` of ${downloads}`}`;
}

export async function revokeLinks(session: Session, ids: readonly string[]): Promise<void> {
  const { terminal, signal } = session;
  await using opened = await openVerbs(session);
  const revoked: string[] = [];
  try {
    await forEach(session, ids, async (id) => {
      await opened.links().revoke(id, { signal });
      revoked.push(id);
    });
  } finally {
    if (terminal.json) await terminal.printJson({ revoked });
  }
}
