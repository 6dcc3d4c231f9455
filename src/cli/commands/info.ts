/** `info`: what a vault keeps about a file. */
import { openFiles } from '../open.ts';
import { counted, printFields } from '../fields.ts';
import type { Fields } from '../fields.ts';
import type { Session } from '../session.ts';
import type { Stat } from '../../vault/files.ts';

export async function info(session: Session, id: string): Promise<void> {
  await using opened = await openFiles(session);
  const stat = await opened.files.stat(id, { signal: session.signal });
  if (session.terminal.json) await session.terminal.printJson(stat);
  else await printFields(session.terminal, fieldsOf(stat));
}

function fieldsOf(stat: Stat): Fields {
  return [
    ['id', stat.id],
    ['name', stat.name],
    ['type', stat.type],
    ['size', String(stat.size)],
    ['created', stat.createdAt],
    ['created by', stat.createdBy],
    ...pairs('tag', stat.tags),
    ...pairs('metadata', stat.metadata),
    ...pairs('context', stat.context),
    ['expires', stat.expires],
    ['retain until', stat.retainUntil],
    ['hold', stat.hold],
    ...stat.keys.map(({ provider, name }) => ['key', `${provider} ${name}`] as const),
    ...stat.segments.map(
      ({ size, frameLength }) => ['segment', `${counted(size, 'byte')} in frames of ${frameLength}`] as const,
    ),
    ['version', stat.version],
  ];
}

function pairs(label: string, record: Readonly<Record<string, string>>): Fields {
  return Object.entries(record).map(([name, value]) => [label, `${name}=${value}`]);
}
