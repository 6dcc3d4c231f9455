import { callerIn } from '../guard/auth.ts';
import type { HttpApp } from '../app-types.ts';
import { Session } from '../contract/access.ts';
import { json } from '../contract/common.ts';
import { NEEDS_TOKEN, problems } from '../contract/problem.ts';

/** Who calls: what a client asks before anything else. */
export function sessionRoutes(app: HttpApp): void {
  const schema = {
    tags: ['service'],
    summary: 'Whose token it is',
    response: { 200: json('Who calls', Session), ...problems(...NEEDS_TOKEN) },
  };
  app.get('/v1/session', { config: { action: 'read' }, schema }, async (request, reply) => {
    const { principal } = callerIn(request);
    const { id, name, tenant, role } = principal;
    return reply.send({ id, name, tenant, role });
  });
}
