import { callerIn } from '../guard/auth.ts';
import type { HttpApp } from '../app-types.ts';
import { clientGone } from '../client-gone.ts';
import { Ticket } from '../contract/access.ts';
import { ById, json } from '../contract/common.ts';
import { ON_FILES, TAKES_JSON, problems } from '../contract/problem.ts';
import { noteFile } from '../observe/facts.ts';
import type { Service } from '../service.ts';

/** Tickets: a page starts a download of its own by one, where it can send no header. */
export function ticketRoutes(app: HttpApp, service: Service): void {
  const schema = {
    tags: ['sharing'],
    summary: "A ticket for one download of one's own",
    description:
      'Used once, in place of a token. It gives a cookie, with which ranges and retries need no other ticket.',
    params: ById,
    response: { 201: json('The ticket', Ticket), ...problems(...ON_FILES, ...TAKES_JSON) },
  };
  app.post('/v1/files/:id/tickets', { config: { action: 'read' }, schema }, async (request, reply) => {
    const { principal, tenant, files } = callerIn(request);
    const signal = clientGone(reply);
    const { id: file } = await files.stat(request.params.id, { signal });
    noteFile(request, file);
    const made = await service.access.issueTicket({ tenant, file, principal }, { signal });
    return reply.code(201).send(made);
  });
}
