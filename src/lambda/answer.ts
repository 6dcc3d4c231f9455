/** An answer of the service, into the stream that Lambda gives for it. */
import { pipeline } from 'node:stream/promises';
import type { LightMyRequestResponse } from 'fastify';
import { errorTable } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { PROBLEM_TYPE, problemOf } from '../http/errors.ts';
import type { AnswerHead, LambdaRuntime, ResponseStream } from './runtime.ts';

export type Streams = LambdaRuntime['HttpResponseStream'];

/** Most bytes of one answer: what Lambda streams of a longer one looks like all of it where its length is not told. */
export const LONGEST_ANSWER = 200_000_000;

/** Of one connection, and Lambda has another to the client; it tells the time itself. */
const NOT_SENT: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date', 'set-cookie']);

/**
 * Sends an answer at the pace at which Lambda takes it.
 *
 * @throws what broke the answer off. The stream is left open then: Lambda ends it, and notes that it is not whole
 */
export async function sendAnswer(answer: LightMyRequestResponse, out: ResponseStream, streams: Streams): Promise<void> {
  const started = streams.from(out, headOf(answer));
  // Lambda sends no head, and waits for ever, where not even nothing is written.
  started.write('');
  await pipeline(answer.stream(), started, { end: false });
  started.end();
}

/** Bytes of an answer; undefined where nobody knows beforehand. */
export function lengthOf({ headers }: LightMyRequestResponse): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

function headOf({ statusCode, headers }: LightMyRequestResponse): AnswerHead {
  const sent = Object.entries(headers).filter(([name, value]) => value !== undefined && !NOT_SENT.has(name));
  return {
    statusCode,
    headers: Object.fromEntries(sent.map(([name, value]) => [name, [value].flat().join(', ')])),
    cookies: [headers['set-cookie'] ?? []].flat(),
  };
}

/** Answers in place of the service. */
export function sendProblem(
  { code, detail = errorTable[code].meaning }: { readonly code: ErrorCode; readonly detail?: string },
  { requestId, out, streams }: { readonly requestId: string; readonly out: ResponseStream; readonly streams: Streams },
): void {
  const problem = problemOf(code, detail, requestId);
  const headers = {
    'content-type': PROBLEM_TYPE,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(errorTable[code].retryable && { 'retry-after': '1' }),
  };
  const started = streams.from(out, { statusCode: problem.status, headers, cookies: [] });
  // Not by `end` alone, before which Lambda sends no head.
  started.write(JSON.stringify(problem));
  started.end();
}
