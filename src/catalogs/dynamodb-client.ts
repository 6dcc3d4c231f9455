/** The SDK's client, with what the SDK leaves out of its retries. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { clientConfig } from '../aws/client-options.ts';
import type { AwsClientOptions } from '../aws/client-options.ts';
import { wasRefused } from '../aws/failure.ts';
import { isThrottled, metAnother } from './dynamodb-failure.ts';
import type { WriteCommand } from './dynamodb-requests.ts';

/** In milliseconds: another write is done in as many, as a rule. */
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 1000;

/** A client that also knows which calls had a try of which nobody heard what became of it. */
export class WatchedDynamodb implements Disposable {
  readonly client: DynamoDBClient;
  /** Input of a call -> when its first such try was sent. */
  readonly #unheard = new WeakMap<object, number>();
  /** Of a write that meets others. */
  readonly #tries: number;

  /** @param now milliseconds since 1970 */
  constructor(options: AwsClientOptions, now: () => number) {
    const config = clientConfig(options);
    this.#tries = config.maxAttempts;
    this.client = new DynamoDBClient(config);
    this.client.middlewareStack.add(
      (next) => async (call) => {
        const sent = now();
        try {
          return await next(call);
        } catch (error) {
          if (!wasRefused(error) && !this.#unheard.has(call.input)) this.#unheard.set(call.input, sent);
          // The SDK asks again only for what it knows, and it does not look for the reasons of a cancelled transaction.
          if (isThrottled(error)) Object.assign(error, { $retryable: { throttling: true } });
          throw error;
        }
      },
      // Inside of the retries, so that each try passes, and of the signing, so that nothing else fails here.
      { name: 'sealroomTries', step: 'deserialize', priority: 'high' },
    );
  }

  /**
   * Sends a command of any kind; again, as often as the SDK would, when another write of the same items is under way.
   * The SDK would wait as for a table that is asked too often, and pay from what it has for all calls that fail: where
   * many write the same, those that merely met would soon fail at once.
   */
  async sendWrite(command: WriteCommand, options: { readonly abortSignal?: AbortSignal }): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#send(command, options);
      } catch (error) {
        if (!metAnother(error) || tries >= this.#tries) throw error;
        const pause = Math.random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries);
        await sleep(pause, undefined, { signal: options.abortSignal });
      }
    }
  }

  /** To the SDK each kind of command has a type of its own. */
  async #send(command: WriteCommand, options: { readonly abortSignal?: AbortSignal }): Promise<void> {
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
