/** How every client of AWS is set up: what it waits for, and how often it asks again. */
import { connectionAgents } from './agents.ts';

/** What a client is made of; what is left out comes from the SDK's own chain and variables. */
export interface AwsClientOptions {
  /** Where a store other than AWS is; else the SDK's own setting, such as `AWS_ENDPOINT_URL`. */
  readonly endpoint?: string | undefined;
  /** Else the SDK's own chain. */
  readonly credentials?:
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
    | undefined;
  /** The SDK's own setting unless given. */
  readonly region?: string | undefined;
  /** Tries of one call, the first included; 6 unless given. */
  readonly maxAttempts?: number | undefined;
  /** Milliseconds until a connection must stand; 5,000 unless given. */
  readonly connectionTimeout?: number | undefined;
  /** Milliseconds for which a connection may be silent; 30,000 unless given. Up to twice as long where a body is sent. */
  readonly silenceTimeout?: number | undefined;
  /** Connections at once; 64 unless given. */
  readonly maxSockets?: number | undefined;
}

/** What the constructor of a client of the SDK takes, as far as it is alike for all of them. */
export interface AwsClientConfig {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: NonNullable<AwsClientOptions['credentials']>;
  readonly maxAttempts: number;
  readonly retryMode: 'standard';
  readonly requestHandler: ReturnType<typeof connectionAgents> & { readonly socketTimeout: number };
}

/** The SDK's own retries do the rest: with back-off and jitter, and a budget that ends them when all calls fail. */
export function clientConfig({
  region,
  endpoint,
  credentials,
  maxAttempts = 6,
  connectionTimeout = 5000,
  silenceTimeout = 30_000,
  maxSockets = 64,
}: AwsClientOptions): AwsClientConfig {
  return {
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
    maxAttempts,
    retryMode: 'standard',
    requestHandler: { socketTimeout: silenceTimeout, ...connectionAgents({ connectionTimeout, maxSockets }) },
  };
}
