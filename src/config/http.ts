/** The service's part of a configuration: as it is written, and as it is used. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { OidcOptions } from '../access/oidc.ts';
import type { TlsFiles } from '../http/server/tls.ts';

/** `http` as it is written. */
export interface HttpConfigFile {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly publicUrl?: string | undefined;
  readonly tls?: TlsFiles | undefined;
  readonly trustProxy?: boolean | readonly string[] | undefined;
  readonly cors?: { readonly origins: readonly string[] } | undefined;
  readonly maxFileSize?: number | undefined;
  readonly idleTimeout?: number | undefined;
  readonly shutdownDelay?: number | undefined;
  readonly shutdownGrace?: number | undefined;
  readonly rateLimit?: { readonly requests: number; readonly seconds: number } | undefined;
  readonly sweepEvery?: number | undefined;
  /** Its `timeout` is in seconds here. */
  readonly oidc?: OidcOptions | undefined;
}

/** `http` as it is used: times in milliseconds, paths absolute; what was not given is undefined. */
export interface HttpConfig {
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** Without a slash at its end. */
  readonly publicUrl: string | undefined;
  readonly tls: TlsFiles | undefined;
  /** Addresses and ranges of proxies that are believed; empty for none. */
  readonly trustProxy: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly maxFileSize: number | undefined;
  readonly idleTimeout: number | undefined;
  readonly shutdownDelay: number | undefined;
  readonly shutdownGrace: number | undefined;
  readonly rateLimit: { readonly requests: number; readonly window: number } | undefined;
  /** 0 for no sweeps. */
  readonly sweepEvery: number | undefined;
  readonly oidc: OidcOptions | undefined;
}

/**
 * Where proxies are when nothing more is known. Not every address: whoever calls from outside could then name any
 * address as his own, and no limit for an address would hold him.
 */
export const PRIVATE_NETWORKS: readonly string[] = Object.freeze(['loopback', 'linklocal', 'uniquelocal']);

/** Names that stand for ranges of addresses, as proxies are named by. */
const NAMED_RANGES: ReadonlySet<string> = new Set(PRIVATE_NETWORKS);
const PREFIX_BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/** Whether it is an address, a range of addresses, or the name of one, that a proxy may be named by. */
export function isProxy(value: string): boolean {
  if (NAMED_RANGES.has(value)) return true;
  const [address = '', prefix, ...rest] = value.split('/');
  const bits = PREFIX_BITS[isIP(address)];
  if (bits === undefined || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits);
}

/** @param base what relative paths are resolved against */
export function resolveHttp(http: HttpConfigFile, base: string): HttpConfig {
  const { tls, trustProxy = false, rateLimit } = http;
  return Object.freeze({
    host: http.host,
    port: http.port,
    publicUrl: http.publicUrl?.replace(/\/+$/, ''),
    tls: tls && Object.freeze({ cert: resolve(base, tls.cert), key: resolve(base, tls.key) }),
    trustProxy: typeof trustProxy === 'boolean' ? proxies(trustProxy) : Object.freeze([...trustProxy]),
    corsOrigins: Object.freeze([...(http.cors?.origins ?? [])]),
    maxFileSize: http.maxFileSize,
    idleTimeout: milliseconds(http.idleTimeout),
    shutdownDelay: milliseconds(http.shutdownDelay),
    shutdownGrace: milliseconds(http.shutdownGrace),
    rateLimit: rateLimit && Object.freeze({ requests: rateLimit.requests, window: rateLimit.seconds * 1000 }),
    sweepEvery: milliseconds(http.sweepEvery),
    oidc: http.oidc && resolveOidc(http.oidc),
  });
}

function resolveOidc({ algorithms, roles, timeout, ...rest }: OidcOptions): OidcOptions {
  return Object.freeze({
    ...rest,
    algorithms: algorithms && Object.freeze([...algorithms]),
    roles: roles && Object.freeze({ ...roles }),
    timeout: milliseconds(timeout),
  });
}

function proxies(trusted: boolean): readonly string[] {
  return trusted ? PRIVATE_NETWORKS : Object.freeze([]);
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
