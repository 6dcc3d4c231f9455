/** `POST /v1/files/{id}/verify`: opens all of a file. */
import type { HttpApp } from '../app-types.ts';
import { callerIn } from '../guard/auth.ts';
import { clientGone } from '../client-gone.ts';
import { ById, json } from '../contract/common.ts';
import { Verification } from '../contract/files.ts';
import { ON_FILES, problems } from '../contract/problem.ts';
import { noteFile } from '../observe/facts.ts';

export function fileVerifyRoutes(app: HttpApp): void {
  app.post(
    '/v1/files/:id/verify',
    {
      config: { action: 'read' },
      schema: {
        summary: 'Check a file',
        description:
          'Opens every piece of it. The answer comes when that is done, and takes as long as reading the file.',
        tags: ['files'],
        params: ById,
        response: { 200: json('All of it opens', Verification), ...problems(...ON_FILES) },
      },
    },
    async (request, reply) => {
      const { files } = callerIn(request);
      const { id } = request.params;
      noteFile(request, id);
      const verification = await files.verify(id, { signal: clientGone(reply) });
      return reply.send(verification);
    },
  );
}
