import type { HttpOptions } from './service.ts';

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
  ready: () => true,
};

/** What was said, over what is taken otherwise; `undefined` says nothing. */
export function httpOptions(given: Partial<HttpOptions>): HttpOptions {
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...defaultHttpOptions, ...said };
}
