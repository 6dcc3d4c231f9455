/** Requests as function URLs hand them over: events of payload format 2.0. */
import type { InjectOptions } from 'fastify';
import { SealroomError } from '../errors.ts';

export interface FunctionUrlEvent {
  readonly version: '2.0';
  readonly rawPath: string;
  /** Without the question mark. */
  readonly rawQueryString: string;
  /** Names in lower case; values of one name have commas between them. */
  readonly headers: Readonly<Record<string, string>>;
  /** What was in `cookie`, one by one. */
  readonly cookies?: readonly string[] | undefined;
  readonly body?: string | undefined;
  readonly isBase64Encoded: boolean;
  readonly requestContext: {
    readonly requestId: string;
    readonly http: { readonly method: string; readonly sourceIp: string };
  };
}

/** The header that has Lambda's name for a request, whatever its client sent under it. */
export const REQUEST_ID = 'x-amzn-requestid';

/** Where requests seem to come from: the function stands between the client and the service, as a proxy does. */
export const PROXY_ADDRESS = '127.0.0.1';

/**
 * What the service takes from nobody but a proxy, or means one connection of several; a host of the client's own making
 * would get into addresses that are given out.
 */
const DROPPED: ReadonlySet<string> = new Set(['x-forwarded-host', 'transfer-encoding', 'connection', 'expect']);

/** @throws SealroomError `usage` for an event of any other kind */
export function eventOf(event: unknown): FunctionUrlEvent {
  if (isFunctionUrlEvent(event)) return event;
  throw new SealroomError(
    'usage',
    'this function takes the events of a function URL (payload format 2.0), and no others',
  );
}

function isFunctionUrlEvent(event: unknown): event is FunctionUrlEvent {
  if (typeof event !== 'object' || event === null || !('version' in event && 'requestContext' in event)) return false;
  const { version, requestContext } = event;
  const http = typeof requestContext === 'object' && requestContext !== null && 'http' in requestContext;
  return version === '2.0' && http && 'rawPath' in event && 'headers' in event;
}

/** The request that an event stands for. */
export function requestOf(event: FunctionUrlEvent): InjectOptions & { readonly method: string; readonly url: string } {
  const { rawPath, rawQueryString, requestContext } = event;
  const { method } = requestContext.http;
  const query = rawQueryString === '' ? '' : `?${rawQueryString}`;
  const payload = event.body === undefined ? {} : { payload: bodyOf(event) };
  const url = `${encodeRest(rawPath)}${query}`;
  return { method, url, headers: headersOf(event), remoteAddress: PROXY_ADDRESS, ...payload };
}

function bodyOf({ body = '', isBase64Encoded }: FunctionUrlEvent): Buffer {
  return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
}

/** What was decoded on the way, and cannot stand in an address. */
function encodeRest(path: string): string {
  return path.replace(/[^!-~]|[?#]/gu, encodeURIComponent);
}

function headersOf({ headers, cookies, requestContext }: FunctionUrlEvent): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !DROPPED.has(name));
  // Whoever is before the function's own caller counts only where the configuration trusts that caller.
  const before = headers['x-forwarded-for'];
  const caller = requestContext.http.sourceIp;
  return {
    ...Object.fromEntries(kept),
    ...(cookies !== undefined && cookies.length > 0 && { cookie: cookies.join('; ') }),
    'x-forwarded-for': before === undefined ? caller : `${before}, ${caller}`,
    // There is no other way to a function URL.
    'x-forwarded-proto': 'https',
    [REQUEST_ID]: requestContext.requestId,
  };
}
