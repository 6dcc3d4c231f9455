/** A server that speaks the protocol of DynamoDB and answers what a test tells it to. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import type { AwsClientOptions } from '../../../src/aws/client-options.ts';
import { operationOf } from './operation.ts';
import { REGION } from './servers.ts';
import { closeAtOnce, endpointOf } from '../loopback.ts';

export interface StubRequest {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Status and body of an answer; or no answer, and the connection is cut. */
export type StubAnswer = { readonly status: number; readonly body: object } | 'cut';

/** Listens on a free port of this machine. */
export class DynamodbStub implements AsyncDisposable {
  /** How to reach it. */
  readonly client: AwsClientOptions;
  /** In the order of their arrival. */
  readonly requests: StubRequest[] = [];
  readonly #server: Server;

  private constructor(server: Server, endpoint: string) {
    this.client = {
      endpoint,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      region: REGION,
    };
    this.#server = server;
  }

  /** @param answers asked for each request, with its index */
  static async start(answers: (request: StubRequest, index: number) => StubAnswer): Promise<DynamodbStub> {
    const server = createServer();
    const stub = new DynamodbStub(server, await endpointOf(server));
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      stub.#serve(request, response, answers).catch((error: unknown) => response.destroy(error as Error));
    });
    return stub;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeAtOnce(this.#server);
  }

  async #serve(
    request: IncomingMessage,
    response: ServerResponse,
    answers: (request: StubRequest, index: number) => StubAnswer,
  ): Promise<void> {
    const input = (await json(request)) as Record<string, unknown>;
    const stubbed = { operation: operationOf(request), input };
    const answer = answers(stubbed, this.requests.push(stubbed) - 1);
    if (answer === 'cut') {
      response.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(answer.body));
  }
}

export const done: StubAnswer = { status: 200, body: {} };

/** An error of DynamoDB's, which all have status 400 but those of the server itself. */
export function refusedWith(type: string, more: object = {}): StubAnswer {
  const status = type === 'InternalServerError' ? 500 : 400;
  return { status, body: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'told to', ...more } };
}

/** A transaction that was cancelled, with the reason of each of its operations. */
export function cancelledFor(...codes: readonly string[]): StubAnswer {
  return refusedWith('TransactionCanceledException', { CancellationReasons: codes.map((Code) => ({ Code })) });
}
