/** `GET /v1/files/{id}`: what is known of a file. */
import type { HttpApp } from '../app-types.ts';
import { callerIn } from '../guard/auth.ts';
import { clientGone } from '../client-gone.ts';
import { ById, json, nothing } from '../contract/common.ts';
import { IfVersion, Stat } from '../contract/files.ts';
import { ON_FILES, problems } from '../contract/problem.ts';
import { noteFile } from '../observe/facts.ts';
import { notThatVersion, recordVerdict, versionTag } from '../content/if-version.ts';

export function fileStatRoutes(app: HttpApp): void {
  app.get(
    '/v1/files/:id',
    {
      config: { action: 'read' },
      schema: {
        summary: 'Look at a file',
        tags: ['files'],
        params: ById,
        headers: IfVersion,
        response: {
          200: json('The file, without its bytes', Stat),
          304: nothing('What the client has is what there is'),
          ...problems(...ON_FILES, 'precondition-failed'),
        },
      },
    },
    async (request, reply) => {
      const { files } = callerIn(request);
      const { id } = request.params;
      noteFile(request, id);
      const stat = await files.stat(id, { signal: clientGone(reply) });
      reply.header('etag', versionTag(stat.version));
      const verdict = recordVerdict(request.headers, stat.version);
      if (verdict === 'failed') throw notThatVersion();
      return verdict === 'not-modified' ? reply.code(304).send() : reply.send(stat);
    },
  );
}
