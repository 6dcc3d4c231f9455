import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { httpApp } from '../../support/http-app.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const run = promisify(execFile);

type Json = { readonly [key: string]: unknown };

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly ({ readonly in: string; readonly name: string } | { readonly $ref: string })[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Json };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Json }>>;
}

interface Document {
  readonly openapi: string;
  readonly info: Json;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Json; readonly parameters: Json; readonly securitySchemes: Json };
  readonly tags: readonly { readonly name: string }[];
}

async function readDocument(): Promise<Document> {
  await using service = await httpApp();
  const response = await service.inject(undefined, { url: '/openapi.json' });
  assert.equal(response.statusCode, 200);
  return response.json<Document>();
}

function operationsOf({ paths }: Document): [string, Operation][] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
  );
}

const OPERATIONS = [
  'get /v1/files',
  'post /v1/files',
  'get /v1/uploads',
  'post /v1/uploads',
  'options /v1/uploads',
  'head /v1/uploads/{id}',
  'patch /v1/uploads/{id}',
  'delete /v1/uploads/{id}',
  'get /v1/files/{id}',
  'patch /v1/files/{id}',
  'delete /v1/files/{id}',
  'get /v1/files/{id}/content',
  'head /v1/files/{id}/content',
  'get /v1/files/{id}/message',
  'post /v1/files/{id}/verify',
  'post /v1/files/{id}/links',
  'post /v1/files/{id}/tickets',
  'get /v1/links',
  'delete /v1/links/{id}',
  'get /v1/tokens',
  'post /v1/tokens',
  'delete /v1/tokens/{id}',
  'get /v1/tenants',
  'post /v1/tenants',
  'get /v1/tenants/{name}',
  'patch /v1/tenants/{name}',
  'get /v1/tenants/{name}/usage',
  'get /v1/keys',
  'get /v1/journal',
  'post /v1/sweeps',
  'get /v1/session',
  'get /s/{secret}',
  'post /s/{secret}',
  'get /s/{secret}/content',
  'head /s/{secret}/content',
  'get /healthz',
  'get /readyz',
  'get /metrics',
];

test('the document is OpenAPI 3.1, and has every operation', async () => {
  const document = await readDocument();
  assert.equal(document.openapi, '3.1.0');
  assert.equal(document.info['title'], 'Sealroom');
  assert.deepEqual(
    operationsOf(document)
      .map(([name]) => name)
      .sort(),
    [...OPERATIONS].sort(),
  );
});

test('each operation says what it is, its parameters, and all its answers', async () => {
  const document = await readDocument();
  const tags = new Set(document.tags.map(({ name }) => name));
  for (const [name, operation] of operationsOf(document)) {
    assert.ok((operation.summary ?? '').length > 5, name);
    assert.ok(
      operation.tags?.every((tag) => tags.has(tag)),
      name,
    );
    const inPath = Array.from(name.matchAll(/\{(\w+)\}/g), ([, parameter]) => parameter);
    const parameters = (operation.parameters ?? []).flatMap((each) => ('in' in each ? [each] : []));
    const described = parameters.filter((each) => each.in === 'path').map((each) => each.name);
    assert.deepEqual(described, inPath, name);
    const statuses = Object.keys(operation.responses);
    assert.ok(
      statuses.some((status) => /^[23]/.test(status)),
      name,
    );
    for (const status of ['400', '429', '500', '503']) assert.ok(statuses.includes(status), `${name} ${status}`);
    for (const [status, { description, content }] of Object.entries(operation.responses)) {
      assert.ok(description.length > 3 && description !== 'Default Response', `${name} ${status}`);
      const page = name.includes('/s/') && status === '404';
      if (/^[45]/.test(status) && !page) {
        assert.deepEqual(Object.keys(content ?? {}), ['application/problem+json'], `${name} ${status}`);
      }
    }
  }
});

test('an operation needs a token, or says that it needs none', async () => {
  const document = await readDocument();
  const open = operationsOf(document).filter(([, { security }]) => security?.length === 0);
  assert.deepEqual(
    open.map(([name]) => name).filter((name) => !name.includes('/s/')),
    ['options /v1/uploads', 'get /healthz', 'get /readyz'],
  );
  for (const [name, { security, responses, parameters = [] }] of operationsOf(document)) {
    // Reading content takes the cookie of a used ticket as well.
    const needs = security === undefined || name === 'get /v1/files/{id}/content';
    assert.equal('401' in responses, needs, name);
    assert.equal(
      parameters.some((each) => '$ref' in each),
      needs,
      name,
    );
  }
});

test('the cookie of a used ticket is for reading content alone', async () => {
  const document = await readDocument();
  const either = operationsOf(document).filter(([, { security = [] }]) => security.length > 0);
  assert.deepEqual(
    either.map(([name, { security }]) => [name, security]),
    [['get /v1/files/{id}/content', [{ token: [] }, { visit: [] }]]],
  );
});

test('bodies that are streams are described as what they are', async () => {
  const { paths } = await readDocument();
  const body = paths['/v1/files']?.['post']?.requestBody;
  assert.deepEqual(body?.content['*/*'], { schema: { type: 'string', format: 'binary' } });
  assert.ok('multipart/form-data' in body.content);
  assert.equal(paths['/v1/sweeps']?.['post']?.requestBody?.required, false);
  assert.equal(paths['/v1/tokens']?.['post']?.requestBody?.required, true);
});

test('every reference leads somewhere, and every schema is referred to', async () => {
  const document = await readDocument();
  const text = JSON.stringify(document);
  const references = new Set(Array.from(text.matchAll(/"\$ref":"([^"]+)"/g), ([, reference]) => reference!));
  assert.ok(references.size > 10);
  for (const reference of references) {
    const parts = reference.split('/');
    assert.equal(parts.shift(), '#');
    const target = parts.reduce<unknown>((value, key) => (value as Json | undefined)?.[key], document);
    assert.ok(target !== undefined, reference);
  }
  for (const name of Object.keys(document.components.schemas)) {
    assert.ok(references.has(`#/components/schemas/${name}`), name);
  }
});

test('the reference for people loads nothing from elsewhere', async () => {
  await using service = await httpApp();
  const page = await service.inject(undefined, { url: '/docs' });
  assert.equal(page.statusCode, 200);
  const policy = String(page.headers['content-security-policy']);
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /https?:|\*/);
  const addresses = Array.from(page.body.matchAll(/(?:src|href)="([^"]+)"/g), ([, address]) => address!);
  assert.ok(addresses.length >= 4);
  for (const address of addresses) {
    assert.match(address, /^\/docs\/static\//);
    assert.equal((await service.inject(undefined, { url: address })).statusCode, 200, address);
  }
  const settings = await service.inject(undefined, { url: '/docs/static/swagger-initializer.js' });
  assert.match(settings.body, /"validatorUrl":\s*null/);
});

test('the document is valid in the eyes of others', async (t) => {
  const command = process.env['SEALROOM_OPENAPI_VALIDATOR'];
  const absent = 'LEFT OUT: pip install openapi-spec-validator, and name it by SEALROOM_OPENAPI_VALIDATOR';
  if (command === undefined && process.env['SEALROOM_REQUIRE_ALL'] === undefined) return t.skip(absent);
  assert.ok(command !== undefined, absent);
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'openapi.json');
  const document = await readDocument();
  await writeFile(file, JSON.stringify(document));
  assert.match((await run(command, ['--schema', '3.1', file])).stdout, /OK/);
  await writeFile(file, JSON.stringify({ ...document, paths: { '/x': { get: { responses: 'none' } } } }));
  await assert.rejects(run(command, ['--schema', '3.1', file]), 'it would find what is wrong');
});

test('docs/http.md names every operation, and none that is not there', async () => {
  const { paths } = await readDocument();
  const text = await readFile(join(import.meta.dirname, '../../../docs/http.md'), 'utf8');
  const table = text.slice(text.indexOf('## Routes'), text.indexOf('A known path'));
  const told = Array.from(table.matchAll(/^\| ((?:`[^`]+`(?:, )?)+)/gm), ([, cell]) => operationsIn(cell!)).flat();
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const apart = new Set(['GET /openapi.json', 'GET /docs']);
  assert.deepEqual(told.filter((name) => !apart.has(name)).sort(), operations.sort());
});

/** A cell such as `GET`, `HEAD /v1/files`: methods before a path are of that path. */
function operationsIn(cell: string): string[] {
  const words = Array.from(cell.matchAll(/`([^`]+)`/g), ([, word]) => word!);
  const path = words.find((word) => word.includes('/'))!.replace(/^[A-Z]+ /, '');
  return words.map(
    (word) =>
      `${word.split(' ')[0]!.startsWith('/') ? 'GET' : word.split(' ')[0]} ${word.startsWith('/') ? word : path}`,
  );
}
