/** The SDK's client, with what the SDK leaves out of its retries. */
import { DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { clientConfig } from '../aws/client-options.ts';
import type { AwsClientOptions } from '../aws/client-options.ts';
import { failureOf } from '../aws/failure.ts';
import { isCollision } from './dynamodb-failure.ts';
import type { WriteCommand } from './dynamodb-requests.ts';

/** A client that also knows which calls had a try of which nobody heard what became of it. */
export class WatchedDynamodb implements Disposable {
  readonly client: DynamoDBClient;
  /** Input of a call -> when its first such try was sent. */
  readonly #unheard = new WeakMap<object, number>();

  /** @param now milliseconds since 1970 */
  constructor(options: AwsClientOptions, now: () => number) {
    this.client = new DynamoDBClient(clientConfig(options));
    this.client.middlewareStack.add(
      (next) => async (call) => {
        const sent = now();
        try {
          return await next(call);
        } catch (error) {
          if (!wasRefused(error) && !this.#unheard.has(call.input)) this.#unheard.set(call.input, sent);
          // The SDK asks again only for what it knows, and it does not look for the reasons of a cancelled transaction.
          if (isCollision(error)) Object.assign(error, { $retryable: { throttling: true } });
          throw error;
        }
      },
      // Inside of the retries, so that each try passes, and of the signing, so that nothing else fails here.
      { name: 'sealroomTries', step: 'deserialize', priority: 'high' },
    );
  }

  /** Sends a command of any kind: to the SDK each has a type of its own. */
  async sendWrite(command: WriteCommand, options: { readonly abortSignal?: AbortSignal }): Promise<void> {
    if (command instanceof PutItemCommand) await this.client.send(command, options);
    else if (command instanceof DeleteItemCommand) await this.client.send(command, options);
    else await this.client.send(command, options);
  }

  /**
   * When the first try was sent that may have taken effect, or may yet; undefined when all were refused.
   *
   * @param input of a command that failed
   */
  unheardSince(input: object): number | undefined {
    return this.#unheard.get(input);
  }

  /** Closes the connections. */
  [Symbol.dispose](): void {
    this.client.destroy();
  }
}

/** With any other status, or without one, the server may have done what it was asked. */
function wasRefused(error: unknown): boolean {
  const { status } = failureOf(error);
  return status !== undefined && status >= 400 && status < 500;
}
