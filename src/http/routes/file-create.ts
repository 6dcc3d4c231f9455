/** `POST /v1/files`: seals what is sent. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpApp, RequestBodyDocument } from '../app-types.ts';
import { callerIn } from '../guard/auth.ts';
import { clientGone } from '../client-gone.ts';
import { json } from '../contract/common.ts';
import { PutHeaders, PutQuery, Stat } from '../contract/files.ts';
import { ON_FILES, problems } from '../contract/problem.ts';
import { noteFile } from '../observe/facts.ts';
import { queryOf, readQueryStrictly } from '../upload/fields.ts';
import { RunningKeys, fingerprintOf, idempotencyKey } from '../upload/idempotency-key.ts';
import { versionTag } from '../content/if-version.ts';
import type { Service } from '../service.ts';
import { openUpload } from '../upload/upload.ts';

const PATH = '/v1/files';

const DESCRIPTION = `The body is the file, of any type, with a length or without; or a form with one part \`file\`, behind its
fields, which are named as the parameters here. Also taken: \`tag.NAME\` and \`metadata.NAME\`, which are sealed with the
file's name, and \`context.NAME\`, which is public and bound to its key. Nothing is kept of a request that fails.`;

const requestBody: RequestBodyDocument = {
  description: 'The file',
  content: {
    '*/*': { schema: { type: 'string', format: 'binary' } },
    'multipart/form-data': {
      schema: {
        type: 'object',
        required: ['file'],
        properties: {
          name: { type: 'string' },
          type: { type: 'string' },
          expires: { type: 'string' },
          retainUntil: { type: 'string' },
          file: { type: 'string', format: 'binary' },
        },
        additionalProperties: { type: 'string' },
      },
    },
  },
};

export function fileCreateRoutes(app: HttpApp, service: Service): void {
  const running = new RunningKeys();

  const create = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const caller = callerIn(request);
    const key = idempotencyKey(request.headers);
    using _ = key === undefined ? undefined : running.hold(caller.tenant, key);
    const signal = clientGone(reply);
    const query = queryOf(request.raw.url ?? '');
    await using upload = await openUpload(request.raw, {
      query,
      maxFileSize: service.options.maxFileSize,
      idleTimeout: service.options.idleTimeout,
      signal,
      onBegin: () => service.sayContinue(request.raw),
    });
    const stat = await caller.files.put(upload.content, {
      ...upload.fields,
      createdBy: caller.principal.name,
      signal,
      idempotency:
        key === undefined
          ? undefined
          : {
              key,
              request: fingerprintOf({
                method: request.method,
                route: PATH,
                fields: upload.fields,
                headers: request.headers,
              }),
            },
    });
    noteFile(request, stat.id);
    // The vault knew the file, and had no use for its bytes.
    if (!upload.wasRead()) reply.header('idempotent-replayed', 'true');
    await reply.code(201).header('location', `${PATH}/${stat.id}`).header('etag', versionTag(stat.version)).send(stat);
  };

  // In a scope of its own: here alone a body is no JSON, but handed on as the stream that it is.
  void app.register((scope: HttpApp, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload));
    scope.post(
      PATH,
      {
        config: { action: 'write', requestBody },
        preValidation: readQueryStrictly,
        schema: {
          summary: 'Put a file',
          description: DESCRIPTION,
          tags: ['files'],
          querystring: PutQuery,
          headers: PutHeaders,
          response: {
            201: json('The file that was stored; its address is in `Location`', Stat),
            ...problems(
              ...ON_FILES,
              'limit',
              'quota',
              'unsupported-media-type',
              'digest-mismatch',
              'in-progress',
              'key-reused',
              'interrupted',
              'read-only',
            ),
          },
        },
      },
      create,
    );
    done();
  });
}
