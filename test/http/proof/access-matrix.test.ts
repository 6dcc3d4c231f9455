/** Who may do what: every route, asked by everyone. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import type { RedeemedTicket } from '../../../src/access/open.ts';
import { damaged } from '../../access/world.ts';
import { bearer } from '../../support/http-app.ts';
import type { TestService } from '../../support/http-app.ts';
import { kept } from './kept.ts';
import { routedService } from './routes.ts';

/**
 * The status of each answer. `reader`, `writer` and `admin` are of the tenant that has the file, the link and the token
 * that are asked for; `stranger` is an admin of another tenant; `operator` and `monitor` are admin and reader of `*`.
 * A `HEAD` without a line of its own is answered as its `GET`.
 */
const TABLE = `
                                        no     malf-  wrong  re-    ex-
                                        token  ormed  secret voked  pired  reader writer admin  stranger operator monitor
POST   /v1/files                        401    401    401    401    401    403    201    201    201      201      403
GET    /v1/files                        401    401    401    401    401    200    200    200    200      200      200
POST   /v1/uploads                      401    401    401    401    401    403    201    201    201      201      403
GET    /v1/uploads                      401    401    401    401    401    403    200    200    200      200      403
OPTIONS /v1/uploads                     204    204    204    204    204    204    204    204    204      204      204
HEAD   /v1/uploads/:id                  401    401    401    401    401    403    200    200    404      200      403
PATCH  /v1/uploads/:id                  401    401    401    401    401    403    204    204    404      204      403
DELETE /v1/uploads/:id                  401    401    401    401    401    403    204    204    404      204      403
GET    /v1/files/:id                    401    401    401    401    401    200    200    200    404      200      200
PATCH  /v1/files/:id                    401    401    401    401    401    403    200    200    404      200      403
DELETE /v1/files/:id                    401    401    401    401    401    403    204    204    404      204      403
POST   /v1/files/:id/verify             401    401    401    401    401    200    200    200    404      200      200
GET    /v1/files/:id/content            401    401    401    401    401    200    200    200    404      200      200
GET    /v1/files/:id/content?ticket     200    200    200    200    200    200    200    200    200      200      200
HEAD   /v1/files/:id/content?ticket     401    401    401    401    401    200    200    200    404      200      200
GET    /v1/files/:id/content?used       401    401    401    401    401    401    401    401    401      401      401
HEAD   /v1/files/:id/content?used       401    401    401    401    401    200    200    200    404      200      200
GET    /v1/files/:id/content?used visit 200    200    200    200    200    200    200    200    200      200      200
HEAD   /v1/files/:id/content?used visit 401    401    401    401    401    200    200    200    404      200      200
GET    /v1/files/:id/content visit      200    401    401    401    401    200    200    200    404      200      200
HEAD   /v1/files/:id/content visit      401    401    401    401    401    200    200    200    404      200      200
GET    /v1/files/:id/message visit      401    401    401    401    401    200    200    200    404      200      200
PATCH  /v1/files/:id visit              401    401    401    401    401    403    200    200    404      200      403
DELETE /v1/files/:id visit              401    401    401    401    401    403    204    204    404      204      403
GET    /v1/files/:id/message            401    401    401    401    401    200    200    200    404      200      200
POST   /v1/files/:id/links              401    401    401    401    401    403    201    201    404      201      403
POST   /v1/files/:id/tickets            401    401    401    401    401    201    201    201    404      201      201
GET    /v1/links                        401    401    401    401    401    403    200    200    200      200      403
DELETE /v1/links/:id                    401    401    401    401    401    403    204    204    404      204      403
GET    /v1/tokens                       401    401    401    401    401    403    403    200    200      200      403
GET    /v1/tokens?tenant=default        401    401    401    401    401    403    403    200    403      200      403
GET    /v1/tokens?tenant=*              401    401    401    401    401    403    403    403    403      200      403
POST   /v1/tokens                       401    401    401    401    401    403    403    201    201      201      403
POST   /v1/tokens default               401    401    401    401    401    403    403    201    403      201      403
POST   /v1/tokens *                     401    401    401    401    401    403    403    403    403      201      403
DELETE /v1/tokens/:id                   401    401    401    401    401    403    403    204    404      204      403
DELETE /v1/tokens/:id *                 401    401    401    401    401    403    403    404    404      204      403
GET    /v1/tenants                      401    401    401    401    401    403    403    403    403      200      403
POST   /v1/tenants                      401    401    401    401    401    403    403    403    403      201      403
GET    /v1/tenants/:name                401    401    401    401    401    403    403    403    403      200      403
PATCH  /v1/tenants/:name                401    401    401    401    401    403    403    403    403      200      403
GET    /v1/tenants/:name/usage          401    401    401    401    401    403    403    403    403      200      403
GET    /v1/keys                         401    401    401    401    401    403    403    200    200      200      403
GET    /v1/journal                      401    401    401    401    401    403    403    403    403      200      403
POST   /v1/sweeps                       401    401    401    401    401    403    403    403    403      200      403
GET    /v1/session                      401    401    401    401    401    200    200    200    200      200      200
GET    /metrics                         401    401    401    401    401    403    403    403    403      200      200
GET    /s/:secret                       200    200    200    200    200    200    200    200    200      200      200
GET    /s/:secret?download              200    200    200    200    200    200    200    200    200      200      200
GET    /s/:secret used up               404    404    404    404    404    404    404    404    404      404      404
POST   /s/:secret                       303    303    303    303    303    303    303    303    303      303      303
POST   /s/:secret used up               404    404    404    404    404    404    404    404    404      404      404
GET    /s/:secret/content               404    404    404    404    404    404    404    404    404      404      404
GET    /s/:secret/content visited       200    200    200    200    200    200    200    200    200      200      200
GET    /healthz                         200    200    200    200    200    200    200    200    200      200      200
GET    /readyz                          200    200    200    200    200    200    200    200    200      200      200
GET    /                                200    200    200    200    200    200    200    200    200      200      200
GET    /file/:id                        200    200    200    200    200    200    200    200    200      200      200
GET    /admin                           200    200    200    200    200    200    200    200    200      200      200
GET    /signed-in                       200    200    200    200    200    200    200    200    200      200      200
GET    /page.json                       200    200    200    200    200    200    200    200    200      200      200
GET    /icon.svg                        200    200    200    200    200    200    200    200    200      200      200
GET    /assets/:name                    200    200    200    200    200    200    200    200    200      200      200
GET    /openapi.json                    200    200    200    200    200    200    200    200    200      200      200
GET    /docs                            200    200    200    200    200    200    200    200    200      200      200
GET    /docs/                           200    200    200    200    200    200    200    200    200      200      200
GET    /docs/json                       200    200    200    200    200    200    200    200    200      200      200
GET    /docs/yaml                       200    200    200    200    200    200    200    200    200      200      200
GET    /docs/static/index.html          302    302    302    302    302    302    302    302    302      302      302
GET    /docs/static/swagger-initializer.js 200 200    200    200    200    200    200    200    200      200      200
GET    /docs/static/theme/theme.css     200    200    200    200    200    200    200    200    200      200      200
GET    /docs/static/*                   200    200    200    200    200    200    200    200    200      200      200
`;

const COLUMNS = [
  'no token',
  'malformed',
  'wrong secret',
  'revoked',
  'expired',
  'reader',
  'writer',
  'admin',
  'stranger',
  'operator',
  'monitor',
] as const;

type Column = (typeof COLUMNS)[number];

interface Row {
  /** Method and path, and which of several requests to it, as the table has them. */
  readonly name: string;
  readonly method: string;
  /** The pattern of the path. */
  readonly path: string;
  readonly statuses: readonly number[];
}

function rowsOf(table: string): Row[] {
  return [...table.matchAll(/^([A-Z]+) +((\S+?)(?:\?\S*)?(?: [a-z*][a-z ]*?)?)((?: +\d{3})+)$/gm)].map(
    ([, method = '', what = '', path = '', statuses = '']) => ({
      name: `${method} ${what}`,
      method,
      path,
      statuses: statuses.trim().split(/ +/).map(Number),
    }),
  );
}

const rows = rowsOf(TABLE);

const TEXT = 'some text';

async function put({ vault }: TestService): Promise<string> {
  return (await vault.tenant('default').put(Buffer.from(TEXT), { name: 'one.txt', type: 'text/plain' })).id;
}

function later({ world }: TestService, milliseconds = 3_600_000): string {
  return new Date(world.clock.time + milliseconds).toISOString();
}

async function share(
  service: TestService,
  downloads?: number,
): Promise<{ readonly id: string; readonly secret: string }> {
  return service.access.links('default').create(await put(service), { expires: later(service), downloads });
}

async function ticketFor(
  service: TestService,
): Promise<{ readonly file: string; readonly url: string; readonly use: () => Promise<RedeemedTicket> }> {
  const file = await put(service);
  const principal = { id: 'somebody', name: 'Some Body', tenant: 'default', role: 'reader' } as const;
  const { ticket } = await service.access.issueTicket({ tenant: 'default', file, principal });
  const use = async (): Promise<RedeemedTicket> => {
    const redeemed = await service.access.redeemTicket(ticket, file);
    assert.ok(redeemed);
    return redeemed;
  };
  return { file, url: `/v1/files/${file}/content?ticket=${ticket}`, use };
}

async function tokenOf(service: TestService, tenant: string): Promise<string> {
  return (await service.access.tokens.create({ role: 'reader', tenant })).id;
}

type Request = Pick<InjectOptions, 'url' | 'payload' | 'headers'>;

const onFile =
  (rest: string, payload?: object) =>
  async (service: TestService): Promise<Request> => ({
    url: `/v1/files/${await put(service)}${rest}`,
    ...(payload === undefined ? {} : { payload }),
  });

/** With the cookie of a visit to the file's content. */
const onVisited =
  (rest: string, payload?: object) =>
  async (service: TestService): Promise<Request> => {
    const { file, use } = await ticketFor(service);
    const headers = cookieOf(await use());
    return { url: `/v1/files/${file}${rest}`, headers, ...(payload === undefined ? {} : { payload }) };
  };

const cookieOf = ({ visit }: { readonly visit: string }): { readonly cookie: string } => ({
  cookie: `sealroom-visit=${visit}`,
});

const TUS = { 'tus-resumable': '1.0.0' };

const onUpload =
  (headers: Readonly<Record<string, string>> = {}, payload?: string) =>
  async ({ vault }: TestService): Promise<Request> => {
    const { id } = await vault.uploads('default').begin({ name: 'three.txt', size: 9 });
    return { url: `/v1/uploads/${id}`, headers: { ...TUS, ...headers }, ...(payload === undefined ? {} : { payload }) };
  };

const onLink =
  (rest: string, downloads?: number) =>
  async (service: TestService): Promise<Request> => {
    const { secret } = await share(service, downloads);
    if (downloads !== undefined) assert.ok(await service.access.use(secret));
    return { url: `/s/${secret}${rest}` };
  };

const tokenIn = (tenant?: string) => (): Request => ({ url: '/v1/tokens', payload: { role: 'reader', tenant } });

/** The request of each line of the table that is not only its path; each on a thing of its own. */
const REQUESTS: Readonly<Record<string, (service: TestService, fresh: number) => Request | Promise<Request>>> = {
  'POST /v1/files': () => ({ url: '/v1/files?name=two.txt', payload: TEXT, headers: { 'content-type': 'text/plain' } }),
  'POST /v1/uploads': () => ({
    url: '/v1/uploads',
    headers: { ...TUS, 'upload-length': '9', 'upload-metadata': 'filename YQ==' },
  }),
  'HEAD /v1/uploads/:id': onUpload(),
  'PATCH /v1/uploads/:id': onUpload({ 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' }, TEXT),
  'DELETE /v1/uploads/:id': onUpload(),
  'GET /v1/files/:id': onFile(''),
  'PATCH /v1/files/:id': onFile('', { name: 'renamed.txt' }),
  'DELETE /v1/files/:id': onFile(''),
  'POST /v1/files/:id/verify': onFile('/verify'),
  'GET /v1/files/:id/content': onFile('/content'),
  'GET /v1/files/:id/content?ticket': async (service) => ({ url: (await ticketFor(service)).url }),
  'GET /v1/files/:id/content?used': async (service) => {
    const { url, use } = await ticketFor(service);
    await use();
    return { url };
  },
  'GET /v1/files/:id/content?used visit': async (service) => {
    const { url, use } = await ticketFor(service);
    return { url, headers: cookieOf(await use()) };
  },
  'GET /v1/files/:id/content visit': onVisited('/content'),
  'GET /v1/files/:id/message visit': onVisited('/message'),
  'PATCH /v1/files/:id visit': onVisited('', { name: 'renamed.txt' }),
  'DELETE /v1/files/:id visit': onVisited(''),
  'GET /v1/files/:id/message': onFile('/message'),
  'POST /v1/files/:id/links': async (service) => onFile('/links', { expires: later(service) })(service),
  'POST /v1/files/:id/tickets': onFile('/tickets'),
  'DELETE /v1/links/:id': async (service) => ({ url: `/v1/links/${(await share(service)).id}` }),
  'POST /v1/tokens': tokenIn(),
  'POST /v1/tokens default': tokenIn('default'),
  'POST /v1/tokens *': tokenIn('*'),
  'DELETE /v1/tokens/:id': async (service) => ({ url: `/v1/tokens/${await tokenOf(service, 'default')}` }),
  'DELETE /v1/tokens/:id *': async (service) => ({ url: `/v1/tokens/${await tokenOf(service, '*')}` }),
  'POST /v1/tenants': (_service, fresh) => ({ url: '/v1/tenants', payload: { name: `tenant-${fresh}` } }),
  'GET /v1/tenants/:name': () => ({ url: '/v1/tenants/default' }),
  'GET /v1/tenants/:name/usage': () => ({ url: '/v1/tenants/default/usage' }),
  'PATCH /v1/tenants/:name': () => ({
    url: '/v1/tenants/default',
    payload: { quota: { bytes: 1_000_000, files: null } },
  }),
  'GET /s/:secret': onLink(''),
  'GET /s/:secret?download': onLink('?download'),
  'GET /s/:secret used up': onLink('', 1),
  'POST /s/:secret': onLink(''),
  'POST /s/:secret used up': onLink('', 1),
  'GET /s/:secret/content': onLink('/content'),
  'GET /s/:secret/content visited': async (service) => {
    const { secret } = await share(service, 1);
    return { url: `/s/${secret}/content`, headers: cookieOf((await service.access.use(secret))!) };
  },
  'GET /file/:id': () => ({ url: '/file/019a0000-0000-7000-8000-000000000000' }),
  'GET /assets/:name': () => ({ url: '/assets/entry-AbCd1234.js' }),
  'GET /docs/static/*': () => ({ url: '/docs/static/swagger-ui.css' }),
};

async function requestOf(row: Row, service: TestService, fresh: number): Promise<Request> {
  const made = REQUESTS[row.name] ?? REQUESTS[row.name.replace(/^HEAD/, 'GET')];
  return made === undefined ? { url: row.name.split(' ')[1]! } : made(service, fresh);
}

/** By what each column says who it is. */
async function credentialsOf({ access, tokens, world }: TestService): Promise<Record<Column, string | undefined>> {
  const revoked = await access.tokens.create({ role: 'admin', tenant: '*' });
  await access.tokens.revoke(revoked.id);
  const lifetime = 60_000;
  const expires = new Date(world.clock.time + lifetime).toISOString();
  const expired = await access.tokens.create({ role: 'admin', tenant: '*', expires });
  world.clock.time += lifetime;
  return {
    'no token': undefined,
    malformed: 'sr_of-another-form',
    'wrong secret': damaged(tokens.operator),
    revoked: revoked.token,
    expired: expired.token,
    reader: tokens.reader,
    writer: tokens.writer,
    admin: tokens.admin,
    stranger: tokens['other-admin'],
    operator: tokens.operator,
    monitor: tokens.monitor,
  };
}

describe('the access matrix', async () => {
  const { service, paths } = await routedService();
  after(() => service[Symbol.asyncDispose]());
  const credentials = await credentialsOf(service);
  let asked = 0;

  const ask = async (row: Row, column: Column): Promise<LightMyRequestResponse> => {
    asked++;
    const { headers, ...request } = await requestOf(row, service, asked);
    const credential = credentials[column];
    const authorization = credential === undefined ? {} : bearer(credential);
    const before = kept(service);
    const answer = await service.app.inject({
      ...request,
      method: row.method as 'GET',
      headers: { ...authorization, ...headers },
      // Each from an address of its own: how often one may try is told elsewhere.
      remoteAddress: `10.0.${asked >> 8}.${asked & 255}`,
    });
    if (answer.statusCode >= 400) assert.deepEqual(kept(service), before, 'a refused request changed something');
    return answer;
  };

  test('has a line for every route, and every line is a route', () => {
    const all = [...paths].flatMap(([path, methods]) => methods.map((method) => `${method} ${path}`));
    const listed = new Set(rows.map(({ method, path }) => `${method} ${path}`));
    const covered = (route: string): boolean => listed.has(route) || listed.has(route.replace(/^HEAD/, 'GET'));
    assert.deepEqual(
      all.filter((route) => !covered(route)),
      [],
      'routes without a line in the table',
    );
    assert.deepEqual(
      [...listed].filter((route) => !all.includes(route)),
      [],
      'lines without a route',
    );
    assert.deepEqual(
      rows.filter(({ statuses }) => statuses.length !== COLUMNS.length),
      [],
    );
    const names = new Set(rows.map(({ name }) => name));
    assert.equal(names.size, rows.length);
    assert.deepEqual(
      Object.keys(REQUESTS).filter((name) => !names.has(name)),
      [],
      'requests without a line',
    );
  });

  const heads: Row[] = rows
    .filter(({ method, path }) => method === 'GET' && paths.get(path)!.includes('HEAD'))
    .map(({ name, path, statuses }) => ({ name: name.replace('GET', 'HEAD'), method: 'HEAD', path, statuses }))
    .filter(({ name }) => rows.every((row) => row.name !== name));

  for (const row of [...rows, ...heads]) {
    test(`holds for ${row.name}`, async () => {
      const answers: [Column, LightMyRequestResponse][] = [];
      for (const column of COLUMNS) answers.push([column, await ask(row, column)]);
      const statuses = Object.fromEntries(answers.map(([column, { statusCode }]) => [column, statusCode]));
      assert.deepEqual(statuses, Object.fromEntries(COLUMNS.map((column, index) => [column, row.statuses[index]])));
      for (const [, { statusCode, headers, body }] of answers) {
        if (statusCode === 401) assert.match(String(headers['www-authenticate']), /^Bearer /);
        if (row.method === 'HEAD') assert.equal(body, '');
        else if (statusCode === 401) assert.equal(JSON.parse(body).code, 'unauthenticated');
        else if (statusCode === 403) assert.equal(JSON.parse(body).code, 'permission');
      }
    });
  }
});
