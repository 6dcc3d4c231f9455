/** Requests that Schemathesis makes up from the OpenAPI document, good ones and bad ones, against a running service. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { openAccess } from '../../../src/access/open.ts';
import type { Access } from '../../../src/access/open.ts';
import type { Principal } from '../../../src/access/roles.ts';
import { createLogger } from '../../../src/http/observe/log.ts';
import { patterned } from '../../../src/testing/test-bytes.ts';
import { makeDiskVault } from '../../support/disk-vault.ts';
import { serveVault } from '../../support/service.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const HOUR = 60 * 60 * 1000;

/** What every answer is held against. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
];

/** Requests for each route and each way of making them up. */
const EXAMPLES = 12;

const run = promisify(execFile);

/** The command, where there is one. */
async function findSchemathesis(): Promise<string | undefined> {
  const named = process.env['SEALROOM_SCHEMATHESIS'];
  for (const command of named === undefined ? ['schemathesis', 'st'] : [named]) {
    try {
      // Other programs are called `st`, too.
      if (/schemathesis/i.test((await run(command, ['--version'])).stdout)) return command;
    } catch {
      // The next one, or none.
    }
  }
  return undefined;
}

const ABSENT =
  'LEFT OUT: there is no schemathesis here; pip install schemathesis, and name it by SEALROOM_SCHEMATHESIS';

/** One line of the log. */
interface Line {
  readonly msg: string;
  readonly method: string;
  readonly route: string;
  readonly status: number;
}

/** What is served, and the values by which requests that are made up find something. */
interface Filled extends AsyncDisposable {
  readonly url: string;
  readonly tokens: { readonly operator: string; readonly writer: string };
  /** A link, opened already. */
  readonly visit: string;
  readonly values: Readonly<Record<string, readonly string[]>>;
}

/** No token of the vault's: one that is listed would be revoked sooner or later, and nothing but refusals follow. */
const OPERATOR: Principal = { id: 'somebody', name: 'Some Body', tenant: '*', role: 'admin' };

async function filledService(lines: Line[]): Promise<Filled> {
  await using scope = new AsyncDisposableStack();
  const folder = scope.use(await temporaryFolder());
  const disk = scope.use(await makeDiskVault(folder.path));
  const { vault } = disk;
  const access = openAccess(vault);
  const authenticate: Access['authenticate'] = async (credential, options) =>
    credential === 'operator' ? OPERATOR : access.authenticate(credential, options);
  const logger = createLogger({ stream: { write: (line) => void lines.push(JSON.parse(line) as Line) } });
  const { url } = scope.use(await serveVault(disk, { options: { logger, access: { ...access, authenticate } } }));
  const later = new Date(Date.now() + HOUR).toISOString();
  const ids: string[] = [];
  for (let i = 0; i < 8; i++) {
    // Those that are retained are still there when the others were removed.
    const times = i < 4 ? { retainUntil: later } : {};
    const said = { name: `file ${i}`, type: 'text/plain', tags: { number: `${i}` }, ...times };
    ids.push((await vault.tenant('default').put(patterned(1000), said)).id);
  }
  await vault.createTenant('other');
  const links = [];
  for (const id of ids.slice(0, 4)) links.push(await access.links('default').create(id, { expires: later }));
  const visit = (await access.use(links[0]!.secret))!.visit;
  const tokens = [];
  for (const tenant of ['default', 'default', 'other', '*'])
    tokens.push(await access.tokens.create({ role: 'reader', tenant }));
  const { token: writer } = await access.tokens.create({ role: 'writer', tenant: 'default' });
  const uploads: string[] = [];
  // Of no known size, so that each takes whatever comes; many, for each goes on from where it got to.
  for (let i = 0; i < 100; i++) uploads.push((await vault.uploads('default').begin({ name: `upload ${i}` })).id);
  const opened = scope.move();
  return {
    url,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
    tokens: { operator: 'operator', writer },
    visit,
    values: {
      files: ids,
      uploads,
      tus: ['1.0.0'],
      lengths: ['1000000'],
      beginnings: ['0'],
      said: ['filename b25lLnR4dA==', 'filename b25lLnR4dA==,filetype dGV4dC9wbGFpbg=='],
      secrets: links.map(({ secret }) => secret),
      links: links.map(({ id }) => id),
      tokens: tokens.map(({ id }) => id),
      tenants: ['default', 'other'],
      // Whose quota may be anything: a small one of `default` would have all that is put there refused.
      away: ['other'],
      times: [later],
      names: ['one.txt', 'zwölf.txt', 'a folder/and a file'],
      types: ['text/plain', 'image/png; q=1'],
      fresh: Array.from({ length: 20 }, (_, index) => `tenant-${index}`),
      home: ['default'],
      // Conditions that hold, and ranges that can be: most that are made up are refused before anything is done.
      matching: ['*'],
      others: ['"another"'],
      ranges: ['bytes=0-9', 'bytes=-5', 'bytes=0-1,500-600'],
    },
  };
}

/** Where in requests the values go. */
const PLACES: readonly { readonly paths: string; readonly parameters: Readonly<Record<string, string>> }[] = [
  {
    paths: '^/v1/files',
    parameters: {
      'path.id': 'files',
      'query.name': 'names',
      'query.type': 'types',
      'query.expires': 'times',
      'query.retainUntil': 'times',
      'body.name': 'names',
      'body.type': 'types',
      'body.expires': 'times',
      'header.if-match': 'matching',
      'header.if-none-match': 'others',
      'header.range': 'ranges',
    },
  },
  {
    paths: '^/v1/uploads',
    parameters: {
      'path.id': 'uploads',
      'header.tus-resumable': 'tus',
      'header.upload-length': 'lengths',
      'header.upload-offset': 'beginnings',
      'header.upload-metadata': 'said',
    },
  },
  { paths: '^/v1/links', parameters: { 'path.id': 'links', 'query.file': 'files' } },
  {
    paths: '^/v1/tokens',
    parameters: { 'path.id': 'tokens', 'query.tenant': 'tenants', 'body.tenant': 'tenants', 'body.expires': 'times' },
  },
  { paths: '^/v1/tenants', parameters: { 'path.name': 'away', 'body.name': 'fresh' } },
  { paths: '^/s/', parameters: { 'path.secret': 'secrets' } },
];

/** The type of a piece of an upload is bytes, as any other is that it does not know. */
const HOOKS = `import schemathesis
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
`;

/** What Schemathesis is told. Strings of JSON are strings of TOML. */
function configuration({ values, visit }: Filled, token: string, hooks: string): string {
  const text = JSON.stringify;
  const usually = (dictionary: string): string => `{ dictionary = ${text(dictionary)}, probability = 0.8 }`;
  return [
    `hooks = ${text(hooks)}`,
    '[auth.openapi.token]',
    `bearer = ${text(token)}`,
    '[generation]',
    'with-security-parameters = false',
    '[headers]',
    `Cookie = ${text(`sealroom-visit=${visit}`)}`,
    '[parameters]',
    `"header.Sealroom-Tenant" = ${usually('home')}`,
    ...Object.entries(values).flatMap(([name, some]) => [`[dictionaries.${name}]`, `values = ${text(some)}`]),
    ...PLACES.flatMap(({ paths, parameters }) =>
      ['[[operations]]', `include-path-regex = ${text(paths)}`, '[operations.parameters]'].concat(
        Object.entries(parameters).map(([name, dictionary]) => `${text(name)} = ${usually(dictionary)}`),
      ),
    ),
  ].join('\n');
}

/** Runs it; its report where it found something, undefined otherwise. */
async function complaints(
  command: string,
  url: string,
  configured: (hooks: string) => string,
): Promise<string | undefined> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'schemathesis.toml');
  const hooks = join(folder.path, 'hooks.py');
  await writeFile(hooks, HOOKS);
  await writeFile(file, configured(hooks));
  const options = [
    '--checks',
    CHECKS.join(),
    '--max-examples',
    String(EXAMPLES),
    '--seed',
    '1',
    '--generation-database',
    'none',
  ];
  const place = [`${url}/openapi.json`, '--continue-on-failure', '--no-color'];
  try {
    const limits = { cwd: folder.path, maxBuffer: 64 * 1024 * 1024 };
    await run(command, ['--config-file', file, 'run', ...place, ...options], limits);
    return undefined;
  } catch (error) {
    return (error as { stdout?: string }).stdout || String(error);
  }
}

/** Those of the document that were never answered well: a run that saw nothing but refusals would prove little. */
function onlyRefused(lines: readonly Line[], document: OpenApi): string[] {
  const well = new Set(lines.filter(({ status }) => status < 400).map(({ method, route }) => `${method} ${route}`));
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );
  return operations.filter((name) => !well.has(name)).sort();
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Who asks, and what he is never given. */
const CALLERS = [
  { caller: 'operator', refused: [] },
  {
    caller: 'writer',
    refused: [
      'DELETE /v1/tokens/:id',
      'GET /metrics',
      'GET /v1/journal',
      'GET /v1/keys',
      'GET /v1/tenants',
      'GET /v1/tenants/:name',
      'GET /v1/tenants/:name/usage',
      'GET /v1/tokens',
      'PATCH /v1/tenants/:name',
      'POST /v1/sweeps',
      'POST /v1/tenants',
      'POST /v1/tokens',
    ],
  },
] as const;

describe('requests that are made up from the document', { timeout: 600_000 }, () => {
  for (const { caller, refused } of CALLERS) {
    test(`get documented answers, and no fault, when they are the ${caller}'s`, async (t) => {
      const command = await findSchemathesis();
      if (command === undefined && process.env['SEALROOM_REQUIRE_ALL'] === undefined) return t.skip(ABSENT);
      assert.ok(command !== undefined, ABSENT);
      const lines: Line[] = [];
      await using service = await filledService(lines);
      const { url, tokens } = service;
      const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi;
      const found = await complaints(command, url, (hooks) => configuration(service, tokens[caller], hooks));
      const faults = lines.filter(({ msg }) => msg === 'failed').map((line) => JSON.stringify(line));
      assert.equal(found, undefined, `${found}\n${faults.join('\n')}`);
      assert.deepEqual(faults, []);
      assert.deepEqual(onlyRefused(lines, document), refused);
    });
  }
});
