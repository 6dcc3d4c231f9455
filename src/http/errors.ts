/** What a client is told of an error: `application/problem+json` (RFC 9457), by the one table. */
import { STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SealroomError, errorTable } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { RequestLog } from './observe/log.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** What stands in an answer that reports an error. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly requestId: string;
}

export function problemOf(code: ErrorCode, detail: string, requestId: string): Problem {
  const { status } = errorTable[code];
  // RFC 9457, 4.2.1: with `about:blank` the title is the phrase of the status; which problem it is says `code`.
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, code, requestId };
}

/** Answers whatever a route threw. */
export function errorHandler(log: RequestLog): (error: unknown, request: FastifyRequest, reply: FastifyReply) => void {
  return (error, request, reply) => {
    const told = toldOf(error, request);
    // What does not open is the vault's trouble, not the client's: why is told here alone.
    if (errorTable[told.code].status >= 500 || told.code === 'cannot-open') log.failed(request, error);
    // An answer that has begun can only be broken off: whatever followed would look like a part of it.
    if (reply.raw.headersSent) {
      breakOff(request, reply);
      return;
    }
    if (told.retryAfter !== undefined) reply.header('retry-after', String(told.retryAfter));
    // RFC 9110, 11.6.1: an answer of 401 says how to prove who one is.
    if (told.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer realm="sealroom"');
    sendProblem(reply, problemOf(told.code, told.detail, request.id));
  };
}

/**
 * Ends the connection so that the client notices. By HTTP/1.0, which nginx speaks to what is behind it unless told
 * otherwise, an answer without a length is complete when the connection is closed: so it is reset.
 */
function breakOff({ raw: { httpVersion, socket } }: FastifyRequest, { raw }: FastifyReply): void {
  // What goes over TLS cannot be reset, and closing it unannounced is an error to the client anyway.
  if (httpVersion === '1.0' && socket instanceof Socket && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
  else raw.destroy();
}

/** What a route said of the answer that it meant to give. */
const OF_CONTENT = ['content-length', 'content-disposition', 'location', 'last-modified'];

export function sendProblem(reply: FastifyReply, problem: Problem): void {
  for (const header of OF_CONTENT) reply.removeHeader(header);
  // RFC 9110, 15.5.17: a 416 says how long the representation is. A 412 may say what is there now.
  if (problem.status !== 416) reply.removeHeader('content-range');
  if (problem.status !== 412) reply.removeHeader('etag');
  // Whoever was silent for too long may go on later, in the middle of what is no request any more.
  if (problem.status === 408) reply.header('connection', 'close');
  // As bytes: to what is text Fastify adds a charset, which media types of JSON do not have.
  const body = Buffer.from(JSON.stringify(problem));
  void reply.code(problem.status).header('content-type', PROBLEM_TYPE).header('cache-control', 'no-store').send(body);
}

/** What a client is told. */
export interface Told {
  readonly code: ErrorCode;
  readonly detail: string;
  /** In seconds. */
  readonly retryAfter?: number | undefined;
}

/** One wording for whatever does not open: which check failed is told to who holds the key, not over a network. */
const CANNOT_OPEN = 'the file does not open: it was damaged, or its keys are not at hand';

export function toldOf(error: unknown, request: FastifyRequest): Told {
  if (!(error instanceof SealroomError)) return toldOfFramework(error, request);
  const { code } = error;
  if (errorTable[code].exit === 4) return { code: 'cannot-open', detail: CANNOT_OPEN };
  // A condition on the record's version failed within the catalog: that is this request's condition.
  const { 'if-match': match, 'if-none-match': noneMatch } = request.headers;
  if (code === 'conflict' && request.method !== 'POST' && (match !== undefined || noneMatch !== undefined)) {
    return { code: 'precondition-failed', detail: error.message };
  }
  // What the operating system refused is the service's trouble; its message names a path on this machine.
  if (code === 'permission' && error.cause !== undefined) return fixed('unexpected');
  if (errorTable[code].status >= 500) return { ...fixed(code), retryAfter: errorTable[code].retryable ? 1 : undefined };
  return { code, detail: error.message, retryAfter: retryAfterOf(error) };
}

function fixed(code: ErrorCode): Told {
  return { code, detail: errorTable[code].meaning };
}

/** How long to wait, for whoever was refused because he asked too often; in seconds. */
export class TooManyRequests extends SealroomError {
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super('too-many-requests', message);
    this.retryAfter = Math.max(1, Math.ceil(retryAfter));
  }
}

function retryAfterOf(error: SealroomError): number | undefined {
  if (error instanceof TooManyRequests) return error.retryAfter;
  return error.code === 'in-progress' ? 1 : undefined;
}

/** What Fastify and its plugins throw before a route has begun, by its status. */
const frameworkCodes: Readonly<Record<number, ErrorCode>> = {
  400: 'usage',
  404: 'not-found',
  405: 'method-not-allowed',
  406: 'unsupported-media-type',
  408: 'timed-out',
  413: 'limit',
  414: 'not-found',
  415: 'unsupported-media-type',
  429: 'too-many-requests',
};

const MEDIA_TYPE = 'a body of this media type is not taken here: JSON is sent with Content-Type: application/json';

function toldOfFramework(error: unknown, request: FastifyRequest): Told {
  // What Node says of a body whose sender is gone.
  if (error instanceof Error && request.raw.errored === error) return fixed('cancelled');
  if (!(error instanceof Error) || !('statusCode' in error)) return fixed('unexpected');
  const status = error.statusCode;
  if (typeof status !== 'number' || status < 400 || status > 499) return fixed('unexpected');
  // Its own words are the phrase of the status, which helps nobody who forgot a header.
  const detail = status === 415 ? MEDIA_TYPE : error.message;
  return { code: frameworkCodes[status] ?? 'usage', detail };
}
