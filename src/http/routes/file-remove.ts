/** `DELETE /v1/files/{id}`: destroys the encrypted data keys of a file, then its bytes. */
import type { HttpApp } from '../app-types.ts';
import { callerIn } from '../guard/auth.ts';
import { clientGone } from '../client-gone.ts';
import { ById, nothing } from '../contract/common.ts';
import { IfVersion } from '../contract/files.ts';
import { ON_FILES, problems } from '../contract/problem.ts';
import { noteFile } from '../observe/facts.ts';
import { ifVersion } from '../content/if-version.ts';

export function fileRemoveRoutes(app: HttpApp): void {
  app.delete(
    '/v1/files/:id',
    {
      config: { action: 'write' },
      schema: {
        summary: 'Remove a file',
        tags: ['files'],
        params: ById,
        headers: IfVersion,
        response: {
          204: nothing('It is gone'),
          ...problems(...ON_FILES, 'precondition-failed', 'conflict', 'retained', 'read-only'),
        },
      },
    },
    async (request, reply) => {
      const { files } = callerIn(request);
      const { id } = request.params;
      noteFile(request, id);
      const signal = clientGone(reply);
      const version = await ifVersion(request.headers, { files, id, signal });
      await files.remove(id, { ifVersion: version, signal });
      return reply.code(204).send();
    },
  );
}
