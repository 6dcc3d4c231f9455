/** What each answer took, for those who keep count. */
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Measured, RequestLog } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Tracing } from './tracing.ts';

export interface Measures {
  readonly log: RequestLog;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
}

/** Bytes of a connection that are accounted for. */
interface Traffic {
  readonly received: number;
  readonly sent: number;
}

export function measureAnswers(app: FastifyInstance, { log, metrics, tracing }: Measures): void {
  const accounted = new WeakMap<Socket, Traffic>();
  app.addHook('onRequest', (request, reply, done) => {
    const began = performance.now();
    const span = tracing.begin(request);
    metrics.began(request);
    let complete = false;
    reply.raw.once('finish', () => void (complete = true));
    // `close` and not Fastify's `onResponse`: that one leaves out answers that were broken off.
    reply.raw.once('close', () => {
      const milliseconds = performance.now() - began;
      const measured: Measured = { milliseconds, complete, ...trafficSince(accounted, request) };
      metrics.answered(request, reply, measured);
      log.answered(request, reply, measured);
      span.end(reply);
    });
    span.run(done);
  });
}

/** What went over the connection since the answer before: headers and bodies, as they were on it. */
function trafficSince(accounted: WeakMap<Socket, Traffic>, { raw: { socket } }: FastifyRequest): Traffic {
  const before = accounted.get(socket) ?? { received: 0, sent: 0 };
  // A connection that is only imitated, as by `inject`, counts nothing.
  const now = { received: socket.bytesRead ?? 0, sent: socket.bytesWritten ?? 0 };
  accounted.set(socket, now);
  return { received: now.received - before.received, sent: now.sent - before.sent };
}
