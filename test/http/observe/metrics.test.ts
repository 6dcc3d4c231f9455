import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { httpApp } from '../../support/http-app.ts';
import type { CallerName, TestService } from '../../support/http-app.ts';

async function metricsOf(service: TestService): Promise<string> {
  return (await service.inject('monitor', { url: '/metrics' })).body;
}

/** The value of one series, by its whole name. */
function valueOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

test('metrics are for whoever is of the vault itself', async () => {
  await using service = await httpApp();
  const statusOf = async (caller?: CallerName): Promise<number> =>
    (await service.inject(caller, { url: '/metrics' })).statusCode;
  assert.equal(await statusOf(), 401);
  assert.equal(await statusOf('admin'), 403);
  assert.equal(await statusOf('monitor'), 200);
  assert.equal(await statusOf('operator'), 200);
  const { headers } = await service.inject('monitor', { url: '/metrics' });
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
});

test('requests are counted by the pattern of their route, method and class of status, and never by what they name', async () => {
  await using service = await httpApp();
  for (const name of ['marked-a', 'marked-b']) await service.inject('reader', { url: `/v1/files/${name}?marked-c` });
  await service.inject('reader', { url: '/marked-d' });
  await service.inject('reader', { url: '/v1/session', method: 'PROPFIND' });
  await service.inject('reader', { url: '/v1/session' });
  const text = await metricsOf(service);
  const count = (labels: string): number | undefined => valueOf(text, `sealroom_http_requests_total{${labels}}`);
  assert.equal(count('method="GET",route="/v1/files/:id",status="4xx"'), 2);
  assert.equal(count('method="GET",route="none",status="4xx"'), 1);
  assert.equal(count('method="_OTHER",route="/v1/session",status="4xx"'), 1);
  assert.equal(count('method="GET",route="/v1/session",status="2xx"'), 1);
  const timed = 'sealroom_http_request_duration_seconds_count{method="GET",route="/v1/files/:id"}';
  assert.equal(valueOf(text, timed), 2);
  assert.doesNotMatch(text, /marked|default/);
});

test('bytes of transfers are counted', async () => {
  await using service = await httpApp();
  const url = await service.listen();
  const body = new Uint8Array(50_000);
  const response = await fetch(`${url}/v1/files?name=n`, { method: 'POST', headers: service.as('writer'), body });
  const { id } = (await response.json()) as { id: string };
  await (await fetch(`${url}/v1/files/${id}/content`, { headers: service.as('reader') })).arrayBuffer();
  const text = await metricsOf(service);
  const received = valueOf(text, 'sealroom_http_received_bytes_total{route="/v1/files"}') ?? 0;
  const sent = valueOf(text, 'sealroom_http_sent_bytes_total{route="/v1/files/:id/content"}') ?? 0;
  assert.ok(received >= 50_000 && received < 53_000, `received ${received}`);
  assert.ok(sent >= 50_000 && sent < 53_000, `sent ${sent}`);
});

test('an upload is in flight until it ends, also when its client goes away', async () => {
  await using service = await httpApp();
  const inFlight = async (): Promise<number | undefined> =>
    valueOf(await metricsOf(service), 'sealroom_http_transfers_in_flight{direction="upload"}');
  const becomes = async (value: number): Promise<void> => {
    while ((await inFlight()) !== value) await new Promise((resolve) => setImmediate(resolve));
  };
  assert.equal(await inFlight(), 0);
  const { port } = new URL(await service.listen());
  const socket = connect({ host: '127.0.0.1', port: Number(port) });
  await once(socket, 'connect');
  const { authorization } = service.as('writer');
  const head = `POST /v1/files?name=n HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nContent-Length: 9\r\n\r\n`;
  socket.write(`${head}abc`);
  await becomes(1);
  socket.destroy();
  await becomes(0);
});

test('the process and its event loop are measured', async () => {
  await using service = await httpApp();
  const text = await metricsOf(service);
  const lag = valueOf(text, 'nodejs_eventloop_lag_p99_seconds');
  assert.ok(lag !== undefined && lag >= 0 && lag < 60, `lag ${lag}`);
  for (const name of ['process_resident_memory_bytes', 'nodejs_heap_used_bytes', 'process_cpu_seconds_total']) {
    assert.ok((valueOf(text, name) ?? 0) > 0, name);
  }
});

test('two services in one process count apart', async () => {
  await using one = await httpApp();
  await using two = await httpApp();
  await one.inject('reader', { url: '/v1/session' });
  const series = 'sealroom_http_requests_total{method="GET",route="/v1/session",status="2xx"}';
  assert.equal(valueOf(await metricsOf(one), series), 1);
  assert.equal(valueOf(await metricsOf(two), series), undefined);
});
