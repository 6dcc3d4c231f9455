/** Counts for Prometheus: by route pattern, method and class of status, never by who or what. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Counter, Gauge, Registry } from 'prom-client';
import { routeOf, statusOf } from './log.ts';
import type { Measured } from './log.ts';

export interface Metrics extends Disposable {
  began(request: FastifyRequest): void;
  answered(request: FastifyRequest, reply: FastifyReply, measured: Measured): void;
  /** In the text format of Prometheus. */
  text(): Promise<{ readonly type: string; readonly body: string }>;
}

/** Routes that move files, by method and pattern. */
const transfers: ReadonlyMap<string, 'upload' | 'download'> = new Map([
  ['POST /v1/files', 'upload'],
  ['GET /v1/files/:id/content', 'download'],
  ['GET /v1/files/:id/message', 'download'],
  ['GET /s/:secret/content', 'download'],
  ['GET /s/:secret?download', 'download'],
]);

/** From a listing to a file of many gigabytes, in seconds. */
const DURATIONS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600, 3600];

type PromClient = typeof import('prom-client');

/** Counts of one app: a registry of its own, because a process may have several. */
export async function openMetrics(): Promise<Metrics> {
  const client = await import('prom-client');
  const registry = new client.Registry();
  const registers = [registry];
  const requests = new client.Counter({
    name: 'sealroom_http_requests_total',
    help: 'Requests that were answered',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const durations = new client.Histogram({
    name: 'sealroom_http_request_duration_seconds',
    help: 'From the headers of a request to the end of its answer',
    labelNames: ['method', 'route'],
    buckets: DURATIONS,
    registers,
  });
  const received = new client.Counter({
    name: 'sealroom_http_received_bytes_total',
    help: 'Bytes of requests, as they were on the connection',
    labelNames: ['route'],
    registers,
  });
  const sent = new client.Counter({
    name: 'sealroom_http_sent_bytes_total',
    help: 'Bytes of answers, as they were on the connection',
    labelNames: ['route'],
    registers,
  });
  const inFlight = new client.Gauge({
    name: 'sealroom_http_transfers_in_flight',
    help: 'Uploads and downloads that are running',
    labelNames: ['direction'],
    registers,
  });
  for (const direction of transfers.values()) inFlight.set({ direction }, 0);
  const loop = measureProcess(client, registry);
  return {
    began: (request) => {
      const direction = transferOf(request);
      if (direction !== undefined) inFlight.inc({ direction });
    },
    answered: (request, reply, measured) => {
      const route = routeOf(request);
      const method = methodOf(request);
      requests.inc({ method, route, status: `${Math.floor(statusOf(reply) / 100)}xx` });
      durations.observe({ method, route }, measured.milliseconds / 1000);
      received.inc({ route }, measured.received);
      sent.inc({ route }, measured.sent);
      const direction = transferOf(request);
      if (direction !== undefined) inFlight.dec({ direction });
    },
    text: async () => ({ type: registry.contentType, body: await registry.metrics() }),
    [Symbol.dispose]: () => loop[Symbol.dispose](),
  };
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** One name for all others: a client chooses among many, and each would be a series of its own. */
function methodOf({ method }: FastifyRequest): string {
  return METHODS.has(method) ? method : '_OTHER';
}

function transferOf(request: FastifyRequest): 'upload' | 'download' | undefined {
  const route = routeOf(request);
  // A link in one step: the page's own route gives the file.
  const { query } = request;
  const inOneStep = route === '/s/:secret' && typeof query === 'object' && query !== null && 'download' in query;
  return transfers.get(`${request.method} ${route}${inOneStep ? '?download' : ''}`);
}

/** What the process takes. Not the package's own collection: it watches the collector of garbage and never ends. */
function measureProcess(client: PromClient, registry: Registry): Disposable {
  const registers = [registry];
  const delay = monitorEventLoopDelay();
  delay.enable();
  const gauge = (name: string, help: string, value: () => number): void => {
    const made: Gauge = new client.Gauge({ name, help, registers, collect: () => made.set(value()) });
  };
  gauge(
    'nodejs_eventloop_lag_p99_seconds',
    'Delay of the event loop since it was last asked for: 99 of 100 are below',
    () => {
      const seconds = delay.count === 0 ? 0 : delay.percentile(99) / 1e9;
      delay.reset();
      return seconds;
    },
  );
  gauge('process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss());
  gauge('nodejs_heap_used_bytes', 'Memory of the heap that is in use', () => process.memoryUsage().heapUsed);
  gauge('process_start_time_seconds', 'When the process started, since 1970', () => performance.timeOrigin / 1000);
  const cpu: Counter = new client.Counter({
    name: 'process_cpu_seconds_total',
    help: 'Time of all cores, user and system',
    registers,
    collect: () => {
      const { user, system } = process.cpuUsage();
      cpu.reset();
      cpu.inc((user + system) / 1e6);
    },
  });
  return { [Symbol.dispose]: () => void delay.disable() };
}
