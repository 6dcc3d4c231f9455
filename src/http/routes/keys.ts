import type { HttpApp } from '../app-types.ts';
import { clientGone } from '../client-gone.ts';
import { KeyCounts } from '../contract/administration.ts';
import { json } from '../contract/common.ts';
import { NEEDS_TOKEN, problems } from '../contract/problem.ts';
import { callerIn } from '../guard/auth.ts';
import type { Service } from '../service.ts';

/** Which wrapping keys the files of a tenant depend on. */
export function keyRoutes(app: HttpApp, { vault }: Service): void {
  const schema = {
    tags: ['administration'],
    summary: 'Count files and uploads by wrapping key',
    response: { 200: json('What depends on which key', KeyCounts), ...problems(...NEEDS_TOKEN, 'no-tenant') },
  };
  app.get('/v1/keys', { config: { action: 'administer' }, schema }, async (request, reply) => {
    const counts = await vault.countKeys(callerIn(request).tenant, { signal: clientGone(reply) });
    return reply.send(counts);
  });
}
