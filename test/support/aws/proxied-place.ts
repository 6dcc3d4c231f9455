/** A place whose stores are asked through proxies, which count and break calls. */
import { FaultyProxy } from './faulty-proxy.ts';
import type { ProxiedRequest } from './faulty-proxy.ts';
import type { AwsServers, AskingOptions } from './place.ts';

export type StoreName = 'kms' | 'dynamodb' | 's3';

export const STORES: readonly StoreName[] = ['kms', 'dynamodb', 's3'];

/** What each store was asked, in the order of arrival. */
export type Taken = Readonly<Record<StoreName, readonly ProxiedRequest[]>>;

/** How often each operation was asked for, by store. */
export type Counts = Readonly<Partial<Record<StoreName, Readonly<Record<string, number>>>>>;

export class Proxies implements AsyncDisposable {
  readonly kms: FaultyProxy;
  readonly dynamodb: FaultyProxy;
  readonly s3: FaultyProxy;

  private constructor(kms: FaultyProxy, dynamodb: FaultyProxy, s3: FaultyProxy) {
    this.kms = kms;
    this.dynamodb = dynamodb;
    this.s3 = s3;
  }

  static async start({ kms, dynamodb, s3 }: AwsServers): Promise<Proxies> {
    const start = ({ endpoint }: { readonly endpoint: string }): Promise<FaultyProxy> => FaultyProxy.start(endpoint);
    return new Proxies(await start(kms), await start(dynamodb), await start(s3));
  }

  get endpoints(): NonNullable<AskingOptions['endpoints']> {
    return { kms: this.kms.endpoint, dynamodb: this.dynamodb.endpoint, s3: this.s3.endpoint };
  }

  /** What was asked so far, and from now on is forgotten. */
  taken(): Taken {
    return {
      kms: this.kms.requests.splice(0),
      dynamodb: this.dynamodb.requests.splice(0),
      s3: this.s3.requests.splice(0),
    };
  }

  /** What a task asks. */
  async countOf(task: () => Promise<unknown>): Promise<Counts> {
    this.taken();
    await task();
    const taken = this.taken();
    const counted = STORES.filter((store) => taken[store].length > 0).map((store) => {
      const counts: Record<string, number> = {};
      for (const { operation } of taken[store]) counts[operation] = (counts[operation] ?? 0) + 1;
      return [store, counts] as const;
    });
    return Object.fromEntries(counted);
  }

  /** Nothing fails any more. */
  mend(): void {
    for (const store of STORES) this[store].fault = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(STORES.map((store) => this[store][Symbol.asyncDispose]()));
  }
}
