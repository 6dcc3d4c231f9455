/** `GET` and `HEAD /v1/files/{id}/content`: the bytes of a file, whole or by ranges, under conditions. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { SealroomError, isSealroomError } from '../../errors.ts';
import type { ByteRange } from '../../message/frames.ts';
import type { Files, Stat } from '../../vault/files.ts';
import type { HttpApp } from '../app-types.ts';
import { callerIn } from '../guard/auth.ts';
import { byteRanges, contentRange } from '../content/byte-ranges.ts';
import { clientGone } from '../client-gone.ts';
import { evaluateConditions, rangeApplies } from '../content/conditions.ts';
import type { Validators } from '../content/conditions.ts';
import { Binary, ById, answer, nothing } from '../contract/common.ts';
import { ON_FILES, problems } from '../contract/problem.ts';
import { SANDBOX, contentDisposition } from '../content/disposition.ts';
import type { Disposition } from '../content/disposition.ts';
import { noteFile } from '../observe/facts.ts';
import { formatHttpDate } from '../content/http-date.ts';
import { requestedRanges } from '../content/range.ts';
import { sendBody } from '../content/send.ts';
import type { Answer } from '../content/send.ts';
import type { Service } from '../service.ts';

const ContentQuery: z.ZodType<{ ticket?: string | undefined; download?: string | undefined }> = z.object({
  ticket: z
    .string()
    .optional()
    .describe(
      'A ticket, in place of a token; `GET` only. The answer sets a cookie: with it the file opens for an hour, ' +
        'by this address or without the ticket, and by no other route',
    ),
  download: z.string().optional().describe('When there, a browser saves the file and never shows it'),
});

const ContentHeaders: z.ZodType = z.looseObject({
  range: z.string().optional().describe('RFC 9110: `bytes=0-99`, `bytes=100-`, `bytes=-100`, or several of them'),
  'if-range': z.string().optional().describe('The ranges only if this is its `ETag`; else all of it'),
  'if-match': z.string().optional().describe('Only if one of these is its `ETag`; else 412'),
  'if-none-match': z.string().optional().describe('Only if none of these is its `ETag`; else 304'),
  'if-modified-since': z.string().optional(),
  'if-unmodified-since': z.string().optional(),
});

const schema = {
  tags: ['files'],
  params: ById,
  querystring: ContentQuery,
  headers: ContentHeaders,
};

const refusals = problems(...ON_FILES, 'precondition-failed', 'range-not-satisfiable');

export function fileContentRoutes(app: HttpApp, service: Service): void {
  app.get(
    '/v1/files/:id/content',
    {
      // Its own is below: one made of this would read the whole file.
      exposeHeadRoute: false,
      config: { action: 'read', ticket: true },
      schema: {
        ...schema,
        security: [{ token: [] }, { visit: [] }],
        summary: 'Reads a file, or ranges of it',
        response: {
          200: answer('The file', { '*/*': Binary }),
          206: answer('The ranges; several of them as `multipart/byteranges`', { '*/*': Binary }),
          304: nothing('What the client has is what there is'),
          ...refusals,
        },
      },
    },
    async (request, reply) => {
      const { files } = callerIn(request);
      const { params, query } = request;
      return sendContent(service, request, reply, { files, id: params.id, disposition: dispositionOf(query) });
    },
  );
  app.head(
    '/v1/files/:id/content',
    {
      // No ticket: it is for one download, and whoever only looks must not use it up.
      config: { action: 'read', swagger: { exposeHeadRoute: true } },
      schema: {
        ...schema,
        summary: 'Tells how a file would be read, without opening it',
        response: {
          200: nothing('As `GET` would answer, without the file'),
          304: nothing('What the client has is what there is'),
          ...refusals,
        },
      },
    },
    async (request, reply) => {
      const { files } = callerIn(request);
      const { params, query } = request;
      return sendContent(service, request, reply, { files, id: params.id, disposition: dispositionOf(query) });
    },
  );
}

function dispositionOf({ download }: { readonly download?: string | undefined }): Disposition {
  return download === undefined ? 'inline' : 'attachment';
}

export interface ContentPlace {
  readonly files: Files;
  readonly id: string;
  /** How the caller wants it; shown where that is safe, unless given. */
  readonly disposition?: Disposition | undefined;
  /** Called once the file has opened for an answer that holds bytes, and for no other. */
  readonly onOpened?: (() => Promise<void>) | undefined;
}

/**
 * Answers with a file, as the method, the conditions and the ranges of a request ask for. Only an answer that holds
 * bytes opens the file: `HEAD`, 304, 412 and 416 use no data key.
 */
export async function sendContent(
  service: Service,
  request: FastifyRequest,
  reply: FastifyReply,
  { files, id, disposition = 'inline', onOpened }: ContentPlace,
): Promise<FastifyReply> {
  const signal = clientGone(reply);
  noteFile(request, id);
  const stat = await files.stat(id, { signal });
  const validators = validatorsOf(stat);
  const verdict = evaluateConditions(request.headers, validators, service.now());
  if (verdict === 'failed') throw new SealroomError('precondition-failed', 'the file is not the one that was named');

  const headers = {
    'content-security-policy': SANDBOX,
    'content-type': stat.type,
    'content-disposition': contentDisposition(stat, disposition),
    'accept-ranges': 'bytes',
    // A browser may keep it, and asks each time whether it may still show it.
    'cache-control': 'private, no-cache',
    etag: validators.etag,
    'last-modified': formatHttpDate(validators.lastModified),
  };
  if (verdict === 'not-modified') return reply.code(304).headers(headers).send();
  if (request.method === 'HEAD')
    return reply
      .code(200)
      .headers({ ...headers, 'content-length': stat.size })
      .send();

  const ranges = rangesOf(request, reply, { size: stat.size, validators, now: service.now() });
  const read = async (range?: ByteRange): Promise<AsyncIterable<Uint8Array>> =>
    (await files.get(id, { range, signal })).body;
  const opened = await answerOf(stat, { headers, ranges, read });
  try {
    await onOpened?.();
  } catch (error) {
    await opened.chunks[Symbol.asyncIterator]().return?.();
    throw error;
  }
  return sendBody(reply, opened, service.options);
}

/** The id names the bytes: nothing changes them, so both validators are strong. */
function validatorsOf({ id, createdAt }: Stat): Validators {
  return { etag: `"${id}"`, lastModified: Math.floor(Date.parse(createdAt) / 1000) * 1000 };
}

/** @throws SealroomError `range-not-satisfiable` */
function rangesOf(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { size, validators, now }: { readonly size: number; readonly validators: Validators; readonly now: number },
): readonly ByteRange[] | undefined {
  if (headers.range === undefined || !rangeApplies(headers, validators, now)) return undefined;
  try {
    return requestedRanges(headers.range, size);
  } catch (error) {
    // "A server generating a 416 response to a byte-range request SHOULD generate a Content-Range header field."
    if (isSealroomError(error, 'range-not-satisfiable')) reply.header('content-range', `bytes */${size}`);
    throw error;
  }
}

async function answerOf(
  { type, size }: Stat,
  {
    headers,
    ranges,
    read,
  }: {
    readonly headers: Readonly<Record<string, string>>;
    readonly ranges: readonly ByteRange[] | undefined;
    readonly read: (range?: ByteRange) => Promise<AsyncIterable<Uint8Array>>;
  },
): Promise<Answer> {
  const [range, ...others] = ranges ?? [];
  if (range === undefined) return { status: 200, headers, chunks: await read(), length: size };
  if (others.length === 0) {
    // "A server MUST NOT generate a multipart response to a request for a single range" (section 15.3.7.2).
    const length = range.end - range.start;
    const partly = { ...headers, 'content-range': contentRange(range, size) };
    return { status: 206, headers: partly, chunks: await read(range), length };
  }
  const several = byteRanges([range, ...others], { type, size, open: read });
  // "A server MUST NOT generate a Content-Range header field in the HTTP header section of a multipart response."
  return { status: 206, headers: { ...headers, 'content-type': several.type }, ...several };
}
