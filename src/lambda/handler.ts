/** The service behind a function URL with response streaming. */
import type { FastifyBaseLogger, FastifyInstance, LightMyRequestResponse } from 'fastify';
import { isSealroomError } from '../errors.ts';
import { describeError } from '../http/observe/log.ts';
import { LONGEST_ANSWER, lengthOf, sendAnswer, sendProblem } from './answer.ts';
import type { Streams } from './answer.ts';
import { eventOf, requestOf } from './function-url.ts';
import type { StreamingHandler } from './runtime.ts';

export interface FunctionUrlOptions {
  /** The service; asked for at every event. */
  readonly app: () => Promise<FastifyInstance>;
  readonly streams: Streams;
  readonly logger?: FastifyBaseLogger | undefined;
}

/** Answers each event as the service answers the request that it stands for. */
export function functionUrlHandler({ app: open, streams, logger }: FunctionUrlOptions): StreamingHandler {
  return async (given, out) => {
    const event = eventOf(given);
    const { requestId } = event.requestContext;
    const place = { requestId, out, streams };
    const failed = (error: unknown, message: string): void => {
      // Not the error itself: one of an address that cannot be read holds the address.
      logger?.error({ requestId, error: describeError(error) }, message);
      sendProblem({ code: isSealroomError(error, 'unavailable') ? 'unavailable' : 'unexpected' }, place);
    };
    let app: FastifyInstance;
    try {
      app = await open();
    } catch (error) {
      return failed(error, 'the vault did not open');
    }
    let answer: LightMyRequestResponse;
    try {
      answer = await app.inject({ ...requestOf(event), payloadAsStream: true });
    } catch (error) {
      return failed(error, 'failed');
    }
    try {
      if (event.requestContext.http.method !== 'HEAD' && (lengthOf(answer) ?? 0) > LONGEST_ANSWER) {
        const detail = `an answer has at most ${LONGEST_ANSWER} bytes here: ask for the file in ranges`;
        return sendProblem({ code: 'limit', detail }, place);
      }
      await sendAnswer(answer, out, streams);
    } finally {
      // Whatever was not sent: the file that it comes from would stay open.
      answer.raw.res.destroy();
    }
  };
}
