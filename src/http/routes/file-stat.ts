/** `GET /v1/files/{id}`: what is known of a file. */
import type { HttpApp } from '../app-types.ts';
import { callerIn } from '../auth.ts';
import { clientGone } from '../client-gone.ts';
import { ById, json } from '../contract/common.ts';
import { Stat } from '../contract/files.ts';
import { ON_FILES, problems } from '../contract/problem.ts';
import { noteFile } from '../facts.ts';
import { versionTag } from '../if-version.ts';

export function fileStatRoutes(app: HttpApp): void {
  app.get(
    '/v1/files/:id',
    {
      config: { action: 'read' },
      schema: {
        summary: 'Look at a file',
        tags: ['files'],
        params: ById,
        response: { 200: json('The file, without its bytes', Stat), ...problems(...ON_FILES) },
      },
    },
    async (request, reply) => {
      const { files } = callerIn(request);
      const { id } = request.params;
      noteFile(request, id);
      const stat = await files.stat(id, { signal: clientGone(reply) });
      return reply.header('etag', versionTag(stat.version)).send(stat);
    },
  );
}
