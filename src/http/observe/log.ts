/** Structured logs. Only what is named here is ever passed on: no name, token, key, context value or address of a file. */
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import { pino } from 'pino';
import { SealroomError } from '../../errors.ts';
import { systemCode } from '../../file-errors.ts';
import { factsOf } from './facts.ts';

/** A logger that writes JSON lines to standard error, or to what is given. */
export function createLogger(
  options: { readonly level?: string; readonly stream?: { write(line: string): void } } = {},
): FastifyBaseLogger {
  const { level = 'info', stream = process.stderr } = options;
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}

/** What is said of requests. */
export interface RequestLog {
  answered(request: FastifyRequest, reply: FastifyReply, measured: Measured): void;
  /** Something that the service, not the client, has to answer for. */
  failed(request: FastifyRequest, error: unknown): void;
}

export interface Measured {
  readonly milliseconds: number;
  /** False when it was broken off. */
  readonly complete: boolean;
  /** Bytes on the connection. */
  readonly received: number;
  readonly sent: number;
}

export function requestLog(logger: FastifyBaseLogger | undefined): RequestLog {
  return {
    answered: (request, reply, { milliseconds, complete, received, sent }) => {
      const line = {
        ...about(request),
        status: statusOf(reply),
        complete,
        ms: Math.round(milliseconds),
        received,
        sent,
      };
      logger?.info(line, 'answered');
    },
    failed: (request, error) => logger?.error({ ...about(request), error: describeError(error) }, 'failed'),
  };
}

/** The status that the client saw; 499 where he was gone before there was any. */
export function statusOf({ raw }: FastifyReply): number {
  return raw.headersSent ? raw.statusCode : 499;
}

function about(request: FastifyRequest): Record<string, string | undefined> {
  const { principal, tenant, file } = factsOf(request);
  return { requestId: request.id, method: request.method, route: routeOf(request), principal, tenant, file };
}

/** The pattern, never the path: that holds ids, secrets of links and what a client made up. */
export function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'none';
}

/** What may be told of an error. */
export interface DescribedError {
  readonly name: string;
  readonly code?: string | undefined;
  /** Only of errors whose messages name no file's name and no client's text. */
  readonly message?: string | undefined;
  readonly at?: readonly string[] | undefined;
  readonly cause?: DescribedError | undefined;
}

const DEEPEST_CAUSE = 4;

/** An error without what a client sent, nor anything else that does not belong in a log. */
export function describeError(error: unknown, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { name: typeof error };
  const system = systemCode(error);
  const ours = error instanceof SealroomError;
  return {
    name: error.name,
    code: ours ? error.code : system,
    message: ours || system !== undefined ? error.message : undefined,
    at: framesOf(error),
    cause: error.cause === undefined || depth === DEEPEST_CAUSE ? undefined : describeError(error.cause, depth + 1),
  };
}

/** Where it was thrown, without the message: a parser's holds what it was given, in lines that may look like these. */
function framesOf({ stack = '', message }: Error): string[] {
  const at = stack.indexOf(message);
  // Another message than the one it was made with: where that one ends, nobody knows.
  if (at === -1) return [];
  const lines = stack.slice(at + message.length).split('\n');
  return lines.filter((line) => /^ {4}at /.test(line)).map((line) => line.trim());
}
