import { callerOf } from '../auth.ts';
import type { HttpApp } from '../app-types.ts';
import { Session } from '../contract/access.ts';
import { json } from '../contract/common.ts';
import { NEEDS_TOKEN, problems } from '../contract/problem.ts';
import type { Service } from '../service.ts';

/** Who calls: what a client asks before anything else. */
export function sessionRoutes(app: HttpApp, service: Service): void {
  const schema = {
    tags: ['service'],
    summary: 'Whose token it is',
    response: { 200: json('Who calls', Session), ...problems(...NEEDS_TOKEN) },
  };
  app.get('/v1/session', { schema }, async (request, reply) => {
    const { principal } = await callerOf(service, request, 'read');
    const { id, name, tenant, role } = principal;
    return reply.header('cache-control', 'no-store').send({ id, name, tenant, role });
  });
}
