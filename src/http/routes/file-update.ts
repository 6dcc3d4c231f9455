/** `PATCH /v1/files/{id}`: changes what is kept about a file; its bytes never change. */
import type { HttpApp } from '../app-types.ts';
import { callerIn } from '../guard/auth.ts';
import { clientGone } from '../client-gone.ts';
import { ById, json } from '../contract/common.ts';
import { FileChanges, IfVersion, Stat } from '../contract/files.ts';
import { ON_FILES, TAKES_JSON, problems } from '../contract/problem.ts';
import { noteFile } from '../observe/facts.ts';
import { ifVersion, versionTag } from '../content/if-version.ts';

export function fileUpdateRoutes(app: HttpApp): void {
  app.patch(
    '/v1/files/:id',
    {
      config: { action: 'write' },
      schema: {
        summary: 'Change name, type, tags or metadata of a file',
        tags: ['files'],
        params: ById,
        headers: IfVersion,
        body: FileChanges,
        response: {
          200: json('The file as it is now', Stat),
          ...problems(...ON_FILES, ...TAKES_JSON, 'precondition-failed', 'conflict', 'read-only'),
        },
      },
    },
    async (request, reply) => {
      const { files } = callerIn(request);
      const { id } = request.params;
      noteFile(request, id);
      const signal = clientGone(reply);
      const version = await ifVersion(request.headers, { files, id, signal });
      const stat = await files.update(id, request.body, { ifVersion: version, signal });
      return reply.header('etag', versionTag(stat.version)).send(stat);
    },
  );
}
