import type { HttpApp } from '../app-types.ts';
import { clientGone } from '../client-gone.ts';
import { SweepReport, SweepRequest } from '../contract/access.ts';
import { json } from '../contract/common.ts';
import { NEEDS_TOKEN, TAKES_JSON, problems } from '../contract/problem.ts';
import type { Service } from '../service.ts';

/** Finishes what was begun and left; the service does so by itself from time to time. */
export function sweepRoutes(app: HttpApp, service: Service): void {
  const schema = {
    tags: ['administration'],
    summary: 'Finish what was begun and left',
    body: SweepRequest,
    response: { 200: json('What was done', SweepReport), ...problems(...NEEDS_TOKEN, ...TAKES_JSON, 'read-only') },
  };
  app.post('/v1/sweeps', { config: { action: 'operate' }, schema }, async (request, reply) => {
    const grace = request.body?.grace;
    const milliseconds = grace === undefined ? undefined : Math.round(grace * 1000);
    const { failed, ...counts } = await service.vault.sweep({ grace: milliseconds, signal: clientGone(reply) });
    const told = failed.map(({ code, message }) => ({ code, message }));
    return reply.send({ ...counts, failed: told });
  });
}
