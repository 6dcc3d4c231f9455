/** `GET /v1/files/{id}/message`: a file as one standalone message, for whoever has the wrapping key and no Sealroom. */
import type { HttpApp } from '../app-types.ts';
import { callerIn } from '../guard/auth.ts';
import { clientGone } from '../client-gone.ts';
import { Binary, ById, answer } from '../contract/common.ts';
import { ON_FILES, problems } from '../contract/problem.ts';
import { SANDBOX, baseName, contentDisposition } from '../content/disposition.ts';
import { noteFile } from '../observe/facts.ts';
import { sendBody } from '../content/send.ts';
import type { Service } from '../service.ts';

const MESSAGE_TYPE = 'application/octet-stream';

export function fileMessageRoutes(app: HttpApp, service: Service): void {
  app.get(
    '/v1/files/:id/message',
    {
      // It would seal the whole file to say nothing of it.
      exposeHeadRoute: false,
      config: { action: 'read' },
      schema: {
        tags: ['files'],
        summary: 'Reads a file as one AWS Encryption SDK message, still encrypted',
        params: ById,
        response: {
          200: answer('The message', { [MESSAGE_TYPE]: Binary }),
          ...problems(...ON_FILES),
        },
      },
    },
    async (request, reply) => {
      const { files } = callerIn(request);
      noteFile(request, request.params.id);
      const { stat, body } = await files.export(request.params.id, { signal: clientGone(reply) });
      const named = { id: stat.id, name: `${baseName(stat.name) ?? stat.id}.sealed`, type: MESSAGE_TYPE };
      const headers = {
        'content-security-policy': SANDBOX,
        'content-type': MESSAGE_TYPE,
        'content-disposition': contentDisposition(named, 'attachment'),
        // A file that was rewrapped is written anew each time, so no two answers need be alike: nothing to keep, no
        // entity tag, and no place from which a second request could go on.
        'accept-ranges': 'none',
        'cache-control': 'private, no-store',
      };
      return sendBody(reply, { status: 200, headers, chunks: body }, service.options);
    },
  );
}
