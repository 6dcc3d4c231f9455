/** `/v1/uploads`: files that arrive in pieces, over lines that break (tus 1.0). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SealroomError } from '../../errors.ts';
import type { UploadStat, Uploads } from '../../vault/upload/uploads.ts';
import type { HttpApp, RequestBodyDocument } from '../app-types.ts';
import { clientGone } from '../client-gone.ts';
import { ById, PUBLIC, json, nothing } from '../contract/common.ts';
import { ON_FILES, problems } from '../contract/problem.ts';
import { CreateHeaders, PieceHeaders, TusHeaders, Uploads as UploadList } from '../contract/uploads.ts';
import { callerIn } from '../guard/auth.ts';
import { noteFile } from '../observe/facts.ts';
import { publicPath } from '../public-path.ts';
import type { Service } from '../service.ts';
import {
  PIECE_TYPE,
  TUS_EXTENSIONS,
  TUS_VERSION,
  announcedLength,
  checkTusVersion,
  lengthOrDeferred,
  uploadOffset,
} from '../tus/headers.ts';
import { fieldsOf, metadataHeader } from '../tus/metadata.ts';
import { declaredLength, requestBody } from '../upload/request-body.ts';

const PATH = '/v1/uploads';
const ONE = `${PATH}/:id`;

const DESCRIPTION = `Pieces of files, by tus 1.0: \`Upload-Offset\` is what is durable. The id is that of the file to be, which is
there with its last byte. Two that work on one upload do not get far: whoever comes later is let in within a second, and
the other keeps what has arrived.`;

const piece: RequestBodyDocument = {
  description: 'Bytes of the file, from Upload-Offset on',
  content: { [PIECE_TYPE]: { schema: { type: 'string', format: 'binary' } } },
};

const FAILURES = [
  ...ON_FILES,
  'precondition-failed',
  'conflict',
  'in-progress',
  'interrupted',
  'limit',
  'quota',
  'read-only',
  'unsupported-media-type',
] as const;

export function uploadRoutes(app: HttpApp, service: Service): void {
  const { maxFileSize, idleTimeout } = service.options;
  const uploadsFor = (request: FastifyRequest): Uploads => service.vault.uploads(callerIn(request).tenant);

  /** Makes durable what arrives; what came before a break is durable, too. */
  const take = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { id, offset, size }: { readonly id: string; readonly offset: number; readonly size: number | null },
  ): Promise<UploadStat> => {
    const uploads = uploadsFor(request);
    const signal = clientGone(reply);
    const enough = new AbortController();
    await using _ = await uploads.lock(id, { onWanted: () => enough.abort(), signal });
    const stat = size === null ? await uploads.stat(id, { signal }) : await uploads.declareSize(id, size, { signal });
    const limit = Math.max(0, (stat.size ?? maxFileSize) - offset);
    const body = requestBody(request.raw, { limit, idleTimeout, onBegin: () => service.sayContinue(request.raw) });
    // Awaited here: the lock is held until then.
    return await uploads.append(id, body, { offset, enough: enough.signal });
  };

  void app.register((scope: HttpApp, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload));

    scope.post(
      PATH,
      {
        config: { action: 'write', requestBody: { ...piece, required: false } },
        preValidation: checkTusVersion,
        schema: {
          summary: 'Begin an upload',
          description: DESCRIPTION,
          tags: ['uploads'],
          headers: CreateHeaders,
          response: { 201: nothing('It was begun; its address is in `Location`'), ...problems(...FAILURES) },
        },
      },
      async (request, reply) => {
        const { headers } = request;
        const { principal } = callerIn(request);
        const size = lengthOrDeferred(headers, maxFileSize);
        const fields = await fieldsOf(oneOf(request.raw.headers['upload-metadata']));
        const withPiece = hasPiece(headers['content-type'], declaredLength(headers));
        const begun = await uploadsFor(request).begin({
          ...fields,
          size,
          createdBy: principal.name,
          signal: clientGone(reply),
        });
        noteFile(request, begun.id);
        // Before a byte of it is taken: a client whose line breaks now could not know it otherwise.
        reply.header('location', publicPath(service, `${PATH}/${begun.id}`));
        const stat = withPiece ? await take(request, reply, { id: begun.id, offset: 0, size: null }) : begun;
        if (withPiece) reply.header('upload-offset', String(stat.offset));
        return describe(reply, stat).code(201).send();
      },
    );

    scope.patch(
      ONE,
      {
        config: { action: 'write', requestBody: piece },
        preValidation: checkTusVersion,
        schema: {
          summary: 'Send a piece',
          tags: ['uploads'],
          params: ById,
          headers: PieceHeaders,
          response: { 204: nothing('It is durable up to `Upload-Offset`'), ...problems(...FAILURES) },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        noteFile(request, id);
        if (request.headers['content-type']?.toLowerCase() !== PIECE_TYPE) {
          throw new SealroomError('unsupported-media-type', `a piece is sent as Content-Type: ${PIECE_TYPE}`);
        }
        const offset = uploadOffset(request.headers);
        const size = announcedLength(request.headers, maxFileSize) ?? null;
        const stat = await take(request, reply, { id, offset, size });
        return describe(reply, stat).header('upload-offset', String(stat.offset)).code(204).send();
      },
    );
    done();
  });

  app.head(
    ONE,
    {
      config: { action: 'write', swagger: { exposeHeadRoute: true } },
      preValidation: checkTusVersion,
      schema: {
        summary: 'How far an upload has got',
        tags: ['uploads'],
        params: ById,
        headers: TusHeaders,
        response: { 200: nothing('`Upload-Offset` and `Upload-Length`'), ...problems(...FAILURES) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      noteFile(request, id);
      const uploads = uploadsFor(request);
      const signal = clientGone(reply);
      let stat = await uploads.stat(id, { signal });
      if (stat.file === undefined) {
        // Whoever still works on it finishes first: a client that asks has lost its line.
        await using _ = await uploads.lock(id, { onWanted: () => {}, signal });
        stat = await uploads.stat(id, { signal });
      }
      if (stat.size === null) reply.header('upload-defer-length', '1');
      else reply.header('upload-length', String(stat.size));
      reply.header('upload-metadata', metadataHeader(stat));
      return describe(reply, stat).header('upload-offset', String(stat.offset)).send();
    },
  );

  app.delete(
    ONE,
    {
      config: { action: 'write' },
      preValidation: checkTusVersion,
      schema: {
        summary: 'Give an upload up',
        tags: ['uploads'],
        params: ById,
        headers: TusHeaders,
        response: { 204: nothing('It is gone, with all that had arrived'), ...problems(...FAILURES) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      noteFile(request, id);
      await uploadsFor(request).abandon(id, { signal: clientGone(reply) });
      return reply.code(204).send();
    },
  );

  app.get(
    PATH,
    {
      config: { action: 'write' },
      schema: {
        summary: 'Uploads that are not complete',
        tags: ['uploads'],
        response: { 200: json('Oldest first', UploadList), ...problems(...ON_FILES) },
      },
    },
    async (request, reply) => {
      const uploads = await uploadsFor(request).list({ signal: clientGone(reply) });
      return reply.send({ uploads });
    },
  );

  app.options(
    PATH,
    {
      schema: {
        summary: 'What is understood of tus',
        tags: ['uploads'],
        security: [...PUBLIC],
        response: { 204: nothing('`Tus-Version`, `Tus-Extension`, `Tus-Max-Size`'), ...problems() },
      },
    },
    async (_request, reply) =>
      reply
        .headers({
          'tus-resumable': TUS_VERSION,
          'tus-version': TUS_VERSION,
          'tus-extension': TUS_EXTENSIONS,
          'tus-max-size': String(maxFileSize),
        })
        .code(204)
        .send(),
  );
}

/** Whether a request that begins an upload has bytes of it, too. */
function hasPiece(type: string | undefined, length: number | undefined): boolean {
  if (type?.toLowerCase() === PIECE_TYPE) return true;
  if (length !== undefined && length > 0) {
    throw new SealroomError('unsupported-media-type', `bytes are sent as Content-Type: ${PIECE_TYPE}`);
  }
  return false;
}

function oneOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'object' ? header.join(',') : header;
}

function describe(reply: FastifyReply, { uploadExpires, file }: UploadStat): FastifyReply {
  if (file === undefined) reply.header('upload-expires', new Date(uploadExpires).toUTCString());
  return reply;
}
