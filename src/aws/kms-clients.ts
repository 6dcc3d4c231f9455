/** Clients of AWS KMS, one for each Region that is asked. */
import { KMSClient } from '@aws-sdk/client-kms';
import { clientConfig } from './client-options.ts';
import type { AwsClientOptions } from './client-options.ts';

export class KmsClients implements Disposable {
  readonly #clients = new Map<string | undefined, KMSClient>();
  readonly #options: Omit<AwsClientOptions, 'region'>;

  constructor(options: Omit<AwsClientOptions, 'region'> = {}) {
    this.#options = options;
  }

  /** @param region the SDK's own setting when undefined */
  of(region: string | undefined): KMSClient {
    let client = this.#clients.get(region);
    if (client === undefined) {
      client = new KMSClient(clientConfig({ ...this.#options, region }));
      this.#clients.set(region, client);
    }
    return client;
  }

  /** Closes the connections. */
  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client.destroy();
    this.#clients.clear();
  }
}
