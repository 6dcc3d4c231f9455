/** Asking an identity provider: only by addresses that nobody on the way can answer for it, and with limits. */
import { isLoopback } from '../addresses.ts';
import { collect, fromUtf8 } from '../bytes.ts';
import { SealroomError } from '../errors.ts';
import { JsonObject } from '../vault/encoding.ts';

export interface ProviderRequests {
  readonly fetch: typeof fetch;
  /** Milliseconds for a whole answer. */
  readonly timeout: number;
}

/** Key sets have a few kilobytes. */
const MOST_BYTES = 512 * 1024;

/** True for https, and for http on this machine; without a name and password, which would end up in logs. */
export function isSafeAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

/** @throws SealroomError `unavailable` for whatever is no JSON object within the limits */
export async function fetchObject(address: string, requests: ProviderRequests): Promise<JsonObject> {
  return new JsonObject(await fetchJson(address, requests), 'the answer of the identity provider');
}

/** @throws SealroomError `unavailable` for whatever is no JSON within the limits */
export async function fetchJson(address: string, { fetch, timeout }: ProviderRequests): Promise<unknown> {
  try {
    const response = await fetch(address, {
      headers: { accept: 'application/json' },
      // It could lead to where nothing of the above holds.
      redirect: 'error',
      signal: AbortSignal.timeout(timeout),
    });
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel();
      throw providerFailed(`it answered with status ${response.status}`);
    }
    return JSON.parse(fromUtf8(await collect(response.body, MOST_BYTES)));
  } catch (cause) {
    throw cause instanceof SealroomError && cause.code === 'unavailable'
      ? cause
      : providerFailed('it gave no answer that can be used', cause);
  }
}

export function providerFailed(what: string, cause?: unknown): SealroomError {
  return new SealroomError('unavailable', `the identity provider cannot be asked: ${what}`, { cause });
}
