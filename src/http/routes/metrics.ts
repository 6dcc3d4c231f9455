import { z } from 'zod';
import type { HttpApp } from '../app-types.ts';
import { answer } from '../contract/common.ts';
import { NEEDS_TOKEN, problems } from '../contract/problem.ts';
import type { Service } from '../service.ts';

/** Counts, for Prometheus. */
export function metricsRoutes(app: HttpApp, service: Service): void {
  const schema = {
    tags: ['service'],
    summary: 'Counts, in the text format of Prometheus',
    response: { 200: answer('Counts', { 'text/plain': z.string() }), ...problems(...NEEDS_TOKEN) },
  };
  app.get('/metrics', { config: { action: 'observe' }, schema }, async (_request, reply) => {
    const { type, body } = await service.metrics.text();
    return reply.type(type).send(body);
  });
}
