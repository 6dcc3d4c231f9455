/** The function over a vault in memory, with tokens of every role at hand. */
import { appInLambda } from '../../src/lambda/app.ts';
import type { LambdaAppOptions } from '../../src/lambda/app.ts';
import { functionUrlHandler } from '../../src/lambda/handler.ts';
import type { StreamingHandler } from '../../src/lambda/runtime.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { httpApp } from '../support/http-app.ts';
import type { CallerName, TestService } from '../support/http-app.ts';
import type { WorldOptions } from '../support/memory-vault.ts';
import { WatchedLog } from '../support/watched-log.ts';
import { eventFor, invoke, runtimeDouble } from './runtime-double.ts';
import type { EventOptions, Invocation, Sink } from './runtime-double.ts';

export class TestFunction implements AsyncDisposable {
  /** The service by HTTP on the same vault. */
  readonly service: TestService;
  readonly handler: StreamingHandler;
  readonly log: WatchedLog;
  readonly #scope: AsyncDisposableStack;

  constructor(parts: Pick<TestFunction, 'service' | 'handler' | 'log'>, scope: AsyncDisposableStack) {
    this.service = parts.service;
    this.handler = parts.handler;
    this.log = parts.log;
    this.#scope = scope;
  }

  /** Has the function answer a request; a body is bytes, or text as function URLs pass on JSON. */
  ask(caller: CallerName | undefined, request: EventOptions, sink?: Sink): Promise<Invocation> {
    const headers = { ...(caller && this.service.as(caller)), ...request.headers };
    return invoke(this.handler, eventFor({ ...request, headers }), sink && { sink });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope.disposeAsync();
    this.log.check();
  }
}

export interface TestFunctionOptions {
  readonly http?: LambdaAppOptions['http'];
  readonly world?: WorldOptions;
  readonly replace?: (vault: Vault) => Vault;
}

export async function testFunction({
  http = {},
  world,
  replace = (vault) => vault,
}: TestFunctionOptions = {}): Promise<TestFunction> {
  await using scope = new AsyncDisposableStack();
  const { corsOrigins = [], publicUrl } = http;
  const service = scope.use(await httpApp({ world, corsOrigins, publicUrl }));
  const { now } = service.world.clock;
  const log = new WatchedLog();
  for (const token of Object.values(service.tokens)) log.mustNotTell(token.slice(-43));
  const app = await appInLambda(log.watchNames(replace(service.vault)), { http, logger: log.logger, now });
  scope.defer(() => app.close());
  const handler = functionUrlHandler({
    app: () => Promise.resolve(app),
    streams: runtimeDouble.HttpResponseStream,
    logger: log.logger,
  });
  return new TestFunction({ service, handler, log }, scope.move());
}

export function json(answer: Invocation): Record<string, unknown> {
  return JSON.parse(answer.body.toString()) as Record<string, unknown>;
}
