import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpanKind, SpanStatusCode, propagation, trace } from '@opentelemetry/api';
import type { TextMapPropagator } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Vault } from '../../../src/vault/vault.ts';
import { httpApp } from '../../support/http-app.ts';
import type { HttpAppOptions, TestService } from '../../support/http-app.ts';

async function traced(options: HttpAppOptions = {}): Promise<{ service: TestService; spans: () => ReadableSpan[] }> {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const service = await httpApp({ ...options, tracerProvider });
  return { service, spans: () => exporter.getFinishedSpans() };
}

test('each request is one span, named by its method and the pattern of its route', async () => {
  const { service: made, spans } = await traced();
  await using service = made;
  await service.inject('reader', { url: '/v1/files/marked-id?marked=query', headers: { 'x-marked': 'marked' } });
  const [span, ...others] = spans();
  assert.equal(others.length, 0);
  assert.equal(span?.name, 'GET /v1/files/:id');
  assert.equal(span.kind, SpanKind.SERVER);
  assert.deepEqual(span.attributes, {
    'http.request.method': 'GET',
    'http.route': '/v1/files/:id',
    'url.scheme': 'http',
    'network.protocol.version': '1.1',
    'http.response.status_code': 404,
  });
  assert.equal(span.status.code, SpanStatusCode.UNSET);
  assert.doesNotMatch(JSON.stringify([span.name, span.attributes, span.events]), /marked/);
});

test('a failure of the service is an error of its span', async () => {
  const tenantStats = (): Promise<never> => Promise.reject(new Error('marked'));
  const { service: made, spans } = await traced({ replace: (vault): Vault => ({ ...vault, tenantStats }) });
  await using service = made;
  await service.inject('operator', { url: '/v1/tenants' });
  const [span] = spans();
  assert.equal(span?.status.code, SpanStatusCode.ERROR);
  assert.equal(span.attributes['error.type'], '500');
  assert.doesNotMatch(JSON.stringify([span.status, span.attributes, span.events]), /marked/);
});

test('a span goes on a trace that the caller began, in the form that the process takes', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const spanId = 'b7ad6b7169203331';
  const { service: made, spans } = await traced();
  await using service = made;
  propagation.setGlobalPropagator(traceParent);
  try {
    await service.inject('reader', { url: '/v1/session', headers: { traceparent: `00-${traceId}-${spanId}-01` } });
  } finally {
    propagation.disable();
  }
  const [span] = spans();
  assert.equal(span?.spanContext().traceId, traceId);
  assert.equal(span.parentSpanContext?.spanId, spanId);
});

/** As much of the W3C's trace context as a test needs. */
const traceParent: TextMapPropagator = {
  inject: () => undefined,
  extract: (context, carrier, getter) => {
    const [, traceId = '', spanId = '', flags = ''] = String(getter.get(carrier, 'traceparent')).split('-');
    return trace.setSpanContext(context, { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true });
  },
  fields: () => ['traceparent'],
};
