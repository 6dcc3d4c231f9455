import type { EntryCounts } from '../../vault/journal-summary.ts';
import type { HttpApp } from '../app-types.ts';
import { clientGone } from '../client-gone.ts';
import { Journal } from '../contract/administration.ts';
import { json } from '../contract/common.ts';
import { NEEDS_TOKEN, problems } from '../contract/problem.ts';
import type { Service } from '../service.ts';

/** What a sweep would find, without doing any of it. */
export function journalRoutes(app: HttpApp, { vault }: Service): void {
  const schema = {
    tags: ['administration'],
    summary: 'Count what is under way and what is left over',
    response: { 200: json('Entries of the journal, by state', Journal), ...problems(...NEEDS_TOKEN) },
  };
  app.get('/v1/journal', { config: { action: 'operate' }, schema }, async (_request, reply) => {
    const { writing, removing, grace } = await vault.journal({ signal: clientGone(reply) });
    return reply.send({ writing: inSeconds(writing), removing: inSeconds(removing), grace: grace / 1000 });
  });
}

function inSeconds({ oldest, ...counts }: EntryCounts): EntryCounts {
  return { ...counts, oldest: oldest === null ? null : oldest / 1000 };
}
