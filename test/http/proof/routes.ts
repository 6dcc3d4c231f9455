/** Which routes a service has: asked of the app itself, so that no table can forget one. */
import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import type { FastifyInstance } from 'fastify';
import { httpApp } from '../../support/http-app.ts';
import type { TestService } from '../../support/http-app.ts';

export interface Routed {
  readonly service: TestService;
  /** Patterns of paths, with the methods that each takes. */
  readonly paths: ReadonlyMap<string, readonly string[]>;
}

/** Fastify tells of each app before it has any route. */
const MADE = 'fastify.initialization';

/** A service, and every route that anything registered in it. */
export async function routedService(): Promise<Routed> {
  const patterns = new Set<string>();
  const watch = (message: unknown): void => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook('onRoute', ({ url }) => void patterns.add(url));
  };
  channel(MADE).subscribe(watch);
  try {
    const service = await httpApp();
    const paths = new Map<string, readonly string[]>();
    for (const pattern of patterns) paths.set(pattern, await methodsOf(service, pattern));
    return { service, paths };
  } finally {
    channel(MADE).unsubscribe(watch);
  }
}

/** What an answer of 405 says: of all methods that a path might have, PROPFIND is one that none has. */
async function methodsOf({ app }: TestService, pattern: string): Promise<string[]> {
  const url = pattern.replaceAll(/:\w+|\*/g, 'x');
  const { statusCode, headers } = await app.inject({ method: 'PROPFIND' as 'GET', url });
  assert.equal(statusCode, 405, `PROPFIND ${pattern}`);
  return String(headers['allow']).split(', ');
}
