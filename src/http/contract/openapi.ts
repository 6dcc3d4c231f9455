/** The document of the service (OpenAPI 3.1), from the schemas of its routes. */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { RequestBodyDocument } from '../app-types.ts';
import { VISIT_COOKIE } from '../visit-cookie.ts';

const DESCRIPTION = `Files that whoever holds the storage cannot read: sealed on the way in, opened on the way out.

A request says who makes it by a token: \`Authorization: Bearer sr_…\`. A token is for one tenant; the operator's, for \`*\`,
names one by \`Sealroom-Tenant\`, and works on \`default\` otherwise. Errors are \`application/problem+json\` (RFC 9457) with a \`code\`.`;

type Json = Record<string, unknown>;

/** Before any route is registered: it hears of those that come after. */
export async function documentRoutes(app: FastifyInstance): Promise<void> {
  const bodies = watchBodies(app);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Sealroom', version: '1', description: DESCRIPTION },
      components: {
        parameters: {
          Tenant: {
            in: 'header',
            name: 'Sealroom-Tenant',
            description: 'The tenant that an operator works on; `default` unless given',
            schema: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,62}$' },
          },
        },
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: 'A token, or an access token of the identity provider',
          },
          visit: {
            type: 'apiKey',
            in: 'cookie',
            name: VISIT_COOKIE,
            description: 'What a ticket that was used gives: for an hour, the content of this one file',
          },
        },
      },
      security: [{ token: [] }],
      tags: [
        { name: 'files', description: 'Put, get and look after files' },
        { name: 'uploads', description: 'Put files in pieces, over lines that break' },
        { name: 'sharing', description: "Links for others, tickets for a download of one's own" },
        { name: 'administration', description: 'Tokens, tenants and sweeps' },
        { name: 'service', description: 'How it is, and who one is to it' },
      ],
    },
    transform: jsonSchemaTransform,
    transformObject: (given) => {
      const document = jsonSchemaTransformObject(given);
      complete({ ...document }, bodies);
      return document;
    },
  });
}

/** The bodies that routes describe by hand, because they are read as streams: by method and path. */
function watchBodies(app: FastifyInstance): Map<string, RequestBodyDocument> {
  const bodies = new Map<string, RequestBodyDocument>();
  app.addHook('onRoute', ({ method, url, config }) => {
    const body = config?.requestBody;
    if (body !== undefined)
      for (const one of [method].flat()) bodies.set(`${one.toLowerCase()} ${templateOf(url)}`, body);
  });
  return bodies;
}

/** A pattern as OpenAPI writes it. */
function templateOf(url: string): string {
  return url.replaceAll(/:(\w+)/g, '{$1}');
}

/** What the schemas of single routes do not say. */
function complete(document: Json, bodies: ReadonlyMap<string, RequestBodyDocument>): void {
  for (const [path, operations] of entriesOf(document['paths'])) {
    for (const [method, operation] of entriesOf(operations)) {
      if (isJson(operation)) completeOperation(operation, bodies.get(`${method} ${path}`));
    }
  }
  dropUnused(document);
}

function completeOperation(operation: Json, body: RequestBodyDocument | undefined): void {
  const { parameters, requestBody } = operation;
  if (body !== undefined) operation['requestBody'] = body;
  // A body that may be null may be left out.
  else if (isJson(requestBody) && mayBeNull(requestBody['content'])) requestBody['required'] = false;
  // Whoever needs a token may be an operator.
  if (takesToken(operation['security'])) {
    operation['parameters'] = [...(Array.isArray(parameters) ? parameters : []), TENANT];
  }
}

/** Unless a route says otherwise, it takes nothing else. */
function takesToken(security: unknown): boolean {
  if (security === undefined) return true;
  return Array.isArray(security) && security.some((way: unknown) => isJson(way) && 'token' in way);
}

function mayBeNull(content: unknown): boolean {
  return entriesOf(content).some(([, media]) => {
    const schema = isJson(media) ? media['schema'] : undefined;
    const either = isJson(schema) ? entriesOf(schema['anyOf']) : [];
    return either.some(([, one]) => isJson(one) && one['type'] === 'null');
  });
}

const TENANT = { $ref: '#/components/parameters/Tenant' };
const SCHEMAS = '#/components/schemas/';

/** Each schema is made for requests and for answers; those that nothing refers to would only be in the way. */
function dropUnused({ paths, components }: Json): void {
  const schemas = isJson(components) ? components['schemas'] : undefined;
  if (!isJson(schemas)) return;
  const used = new Set<string>();
  const follow = (value: unknown): void => {
    for (const [key, inner] of entriesOf(value)) {
      if (key !== '$ref' || typeof inner !== 'string' || !inner.startsWith(SCHEMAS)) follow(inner);
      else if (!used.has(inner)) {
        used.add(inner);
        follow(schemas[inner.slice(SCHEMAS.length)]);
      }
    }
  };
  follow(paths);
  for (const name of Object.keys(schemas)) if (!used.has(`${SCHEMAS}${name}`)) delete schemas[name];
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

function entriesOf(value: unknown): [string, unknown][] {
  return isJson(value) ? Object.entries(value) : [];
}
