/** `GET /v1/files`: which files there are. */
import type { HttpApp } from '../app-types.ts';
import { callerIn } from '../guard/auth.ts';
import { clientGone } from '../client-gone.ts';
import { json } from '../contract/common.ts';
import { ListQuery, Listing } from '../contract/files.ts';
import { NEEDS_TOKEN, problems } from '../contract/problem.ts';
import { readQueryStrictly } from '../upload/fields.ts';

export function fileListRoutes(app: HttpApp): void {
  app.get(
    '/v1/files',
    {
      config: { action: 'read' },
      preValidation: readQueryStrictly,
      schema: {
        summary: 'List files',
        description: 'Newest first.',
        tags: ['files'],
        querystring: ListQuery,
        response: { 200: json('A page of them', Listing), ...problems(...NEEDS_TOKEN, 'no-tenant') },
      },
    },
    async (request, reply) => {
      const { files } = callerIn(request);
      const listing = await files.list({ ...request.query, signal: clientGone(reply) });
      return reply.send(listing);
    },
  );
}
