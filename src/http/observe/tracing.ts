/** One span a request, through OpenTelemetry's API: without an SDK they cost nothing and go nowhere. */
import { SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api';
import type { Span, TracerProvider } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { routeOf, statusOf } from './log.ts';

export interface RequestSpan {
  /** Runs what follows within the span, so that spans of what it calls are under it. */
  run(next: () => void): void;
  end(reply: FastifyReply): void;
}

export interface Tracing {
  begin(request: FastifyRequest): RequestSpan;
}

export function openTracing(provider: TracerProvider | undefined): Tracing {
  const tracer = (provider ?? trace).getTracer('sealroom');
  return {
    begin: (request) => {
      const parent = propagation.extract(context.active(), request.headers);
      const route = routeOf(request);
      // Semantic conventions for HTTP servers, those without values of paths or queries.
      const attributes = {
        'http.request.method': request.method,
        'http.route': route,
        'url.scheme': request.protocol,
        'network.protocol.version': request.raw.httpVersion,
      };
      const span = tracer.startSpan(`${request.method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
      return {
        run: (next) => context.with(trace.setSpan(parent, span), next),
        end: (reply) => endSpan(span, statusOf(reply)),
      };
    },
  };
}

function endSpan(span: Span, status: number): void {
  span.setAttribute('http.response.status_code', status);
  if (status >= 500) {
    span.setAttribute('error.type', String(status));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
