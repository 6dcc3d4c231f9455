import { z } from 'zod';
import type { HttpApp } from '../app-types.ts';
import { PUBLIC, json } from '../contract/common.ts';
import { problems } from '../contract/problem.ts';
import { problemOf, sendProblem } from '../errors.ts';
import type { Service } from '../service.ts';

const Status = z.object({ status: z.literal('ok') }).meta({ id: 'Status' });

/** How long the vault may take to answer, in milliseconds. */
const PATIENCE = 2000;
/** How long its answer counts: whoever asks more often costs nothing. In milliseconds. */
const KEPT = 1000;

/** Whether the process lives, and whether it can work. */
export function healthRoutes(app: HttpApp, service: Service): void {
  const live = {
    tags: ['service'],
    summary: 'The process lives',
    security: PUBLIC,
    response: { 200: json('It does', Status), ...problems() },
  };
  app.get('/healthz', { schema: live }, async (_request, reply) => reply.send({ status: 'ok' }));

  const answers = vaultAnswers(service);
  const ready = {
    tags: ['service'],
    summary: 'The service takes work: its vault answers',
    security: PUBLIC,
    response: { 200: json('It does', Status), ...problems() },
  };
  app.get('/readyz', { schema: ready }, async (request, reply) => {
    // Not thrown: whoever watches asks again and again, and an answer he expects is no failure to log.
    const refuse = (detail: string): void => sendProblem(reply, problemOf('unavailable', detail, request.id));
    if (!service.options.ready()) return refuse('the service is about to end');
    if (!(await answers())) return refuse('the vault does not answer');
    return reply.send({ status: 'ok' });
  });
}

/** Asks the vault, one question at a time however many want to know. */
function vaultAnswers({ vault, now }: Service): () => Promise<boolean> {
  let asked: { readonly at: number; readonly answer: Promise<boolean> } | undefined;
  return () => {
    if (asked === undefined || now() >= asked.at + KEPT) asked = { at: now(), answer: askVault(vault) };
    return asked.answer;
  };
}

async function askVault(vault: Service['vault']): Promise<boolean> {
  const givenUp = new AbortController();
  const { promise: silent, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => {
    givenUp.abort();
    resolve(false);
  }, PATIENCE);
  const asking = vault.tenants({ signal: givenUp.signal }).then(
    () => true,
    () => false,
  );
  const answered = await Promise.race([asking, silent]);
  clearTimeout(timer);
  return answered;
}
