/** How the service can be told to behave. */
import type { SecureContextOptions } from 'node:tls';
import type { TracerProvider } from '@opentelemetry/api';
import type { FastifyBaseLogger } from 'fastify';
import type { OidcOptions } from '../access/oidc.ts';
import { ownPageFolder } from './page/built-page.ts';

/** How the service behaves; `defaultHttpOptions` has what is taken where nothing is said. */
export interface HttpOptions {
  /** What addresses that are given out begin with, such as `https://files.example.org`; else what the request names. */
  readonly publicUrl: string | undefined;
  /** Most bytes of one file. */
  readonly maxFileSize: number;
  /** How long a client may be silent within a body, in either direction, in milliseconds. */
  readonly idleTimeout: number;
  /** Origins whose pages may call the service; none unless named. */
  readonly corsOrigins: readonly string[];
  /** Whether, or which, proxies in front are believed about the client's address: what Fastify's `trustProxy` takes. */
  readonly trustProxy: boolean | readonly string[];
  /** Most requests of one principal, or address, within a time in milliseconds; no limit unless set. */
  readonly rateLimit: { readonly requests: number; readonly window: number } | undefined;
  readonly oidc: OidcOptions | undefined;
  /** Where structured logs go; nowhere unless given. */
  readonly logger: FastifyBaseLogger | undefined;
  /** What the service proves itself with; plain HTTP unless given. */
  readonly tls: SecureContextOptions | undefined;
  /** Where spans go; to the one that is registered with OpenTelemetry's API unless given. */
  readonly tracerProvider: TracerProvider | undefined;
  /** Where the built page is. */
  readonly pageFolder: string;
  /** True while the service takes new work: `/readyz` tells it, and turns first when the service is to end. */
  readonly ready: () => boolean;
}

/** What was said of them; `undefined` says nothing. */
export type GivenHttpOptions = { readonly [Name in keyof HttpOptions]?: HttpOptions[Name] | undefined };

/** How the service behaves where nothing is said. */
export const defaultHttpOptions: HttpOptions = {
  publicUrl: undefined,
  maxFileSize: 5 * 1024 ** 4,
  idleTimeout: 60_000,
  corsOrigins: [],
  trustProxy: false,
  rateLimit: undefined,
  oidc: undefined,
  logger: undefined,
  tls: undefined,
  tracerProvider: undefined,
  pageFolder: ownPageFolder,
  ready: () => true,
};

/** What was said, over what is taken otherwise. */
export function httpOptions(given: GivenHttpOptions): HttpOptions {
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...defaultHttpOptions, ...said };
}
