/** A vault by way of its service. */
import type { VaultVerbs } from '../access/access.ts';
import { authorization, serviceAddress } from './address.ts';
import { remoteFiles } from './files.ts';
import type { RemoteFiles } from './files.ts';
import { remoteLinks } from './links.ts';
import type { AddressedLinks } from './links.ts';
import { operatorVerbs } from './operator.ts';
import type { OverviewVerbs } from './operator.ts';
import { Requests } from './requests.ts';
import { remoteTokens } from './tokens.ts';
import type { RemoteTokens } from './tokens.ts';

export interface ConnectOptions {
  /** Where the service is, such as `https://files.example.org`; it may have a path. */
  readonly url: string | URL;
  readonly token: string;
  /**
   * Take plain http to other machines than this one: whoever is on the way then reads the token and the files. For
   * networks that encrypt by themselves.
   */
  readonly insecureHttp?: boolean | undefined;
  /**
   * Whether streams are sent as they come; else they are gathered in a Blob first. True unless given, and false in
   * pages: their `fetch` sends no streams, or only by HTTP/2.
   */
  readonly streams?: boolean | undefined;
  /**
   * What has more bytes than this, and can be read again, is sent in a way that survives a broken line; 64 MiB unless
   * given.
   */
  readonly resumableAbove?: number | undefined;
  /**
   * Most bytes of it in one request, where what is on the way takes no more. Unless given, as many as there are, or
   * 64 MiB where streams are not sent as they come.
   */
  readonly pieceLength?: number | undefined;
  /** In place of the built-in one. */
  readonly fetch?: typeof fetch | undefined;
  /** Milliseconds before what failed is tried again, doubled each time; 250 unless given. */
  readonly retryDelay?: number | undefined;
}

/**
 * What a vault offers, by way of its service. As on the vault itself, but that whatever does not open is `cannot-open`:
 * which check failed is not told over a network.
 */
export interface Client extends VaultVerbs, OverviewVerbs {
  /** @param name the token's own unless given; for an operator, `default` */
  tenant(name?: string): RemoteFiles;
  /** @param tenant the token's own unless given; for an operator, `default` */
  links(tenant?: string): AddressedLinks;
  readonly tokens: RemoteTokens;
}

/** Bytes from which on an upload is worth the requests that it takes more. */
export const RESUMABLE_ABOVE: number = 64 * 1024 * 1024;

/**
 * Speaks to a service; sends nothing yet.
 *
 * @throws SealroomError `usage` when the address or the token cannot be used
 */
export function connect(options: ConnectOptions): Client {
  const base = serviceAddress(options.url, options);
  const streams = options.streams ?? !isPage();
  const { resumableAbove = RESUMABLE_ABOVE, pieceLength = streams ? Infinity : RESUMABLE_ABOVE } = options;
  const requests = new Requests({
    base,
    authorization: authorization(options.token),
    // Called as a function of nothing: a page's own refuses to be the method of another object.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    retryDelay: options.retryDelay ?? 250,
  });
  return {
    ...operatorVerbs(requests),
    tenant: (tenant) => remoteFiles({ requests, base, tenant, streams, resumableAbove, pieceLength }),
    links: (tenant) => remoteLinks(requests, tenant),
    tokens: remoteTokens(requests),
  };
}

/** A window of a browser, or a worker of one. */
function isPage(): boolean {
  return 'document' in globalThis || 'importScripts' in globalThis;
}
