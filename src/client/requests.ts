/** Requests to a service: sent, repeated where that is safe, and their answers told from errors. */
import { SealroomError, isSealroomError, throwIfCancelled } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import { failureOf, networkFailure, parsedJson } from './failures.ts';
import { Retries } from './retries.ts';
import type { Patience } from './retries.ts';
import type { Body } from './upload.ts';

export interface RequestOptions extends CallOptions {
  /** Pairs without a value are left out. */
  readonly query?: Readonly<Record<string, string | undefined>> | undefined;
  /** Whose files; the token's own tenant unless given. */
  readonly tenant?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly json?: unknown;
}

/** How requests are sent. */
export interface Door {
  /** What all addresses begin with. */
  readonly base: string;
  /** The value of `Authorization`. */
  readonly authorization: string;
  readonly fetch: typeof fetch;
  /** How long to wait before the first repetition, in milliseconds; each next time it is twice as long. */
  readonly retryDelay: number;
}

/** For requests that somebody waits for. */
const BRIEFLY: Patience = { attempts: 4, longestPause: 10_000 };

export class Requests {
  readonly #door: Door;

  constructor(door: Door) {
    this.#door = door;
  }

  /** Asks for something, which changes nothing and so may be asked again. */
  read<T extends object>(path: string, options: RequestOptions, key: keyof T): Promise<T> {
    return this.repeated(options, async () => this.json(await this.send('GET', path, options), options, key));
  }

  /** Asks for a stream; what fails after its beginning is the reader's to tell. */
  open(path: string, options: RequestOptions): Promise<Response> {
    // A compressed answer would not have the length that it names, and what is sealed does not compress.
    const headers = { ...options.headers, 'accept-encoding': 'identity' };
    return this.repeated(options, () => this.send('GET', path, { ...options, headers }));
  }

  /** Does something that is done once: when the answer is missing, nobody can tell whether it was. */
  async change<T extends object>(
    method: 'POST' | 'PATCH',
    path: string,
    options: RequestOptions,
    key: keyof T,
  ): Promise<T> {
    return this.json(await this.send(method, path, options), options, key);
  }

  async remove(path: string, options: RequestOptions): Promise<void> {
    const response = await this.send('DELETE', path, options);
    await response.body?.cancel();
  }

  /**
   * The value that an answer holds.
   *
   * @param key what every value of its kind has: an answer without it comes from something else
   */
  async json<T extends object>(response: Response, { signal }: CallOptions, key: keyof T): Promise<T> {
    const { base } = this.#door;
    const text = await response.text().catch((error: unknown) => {
      throw networkFailure(error, base, signal);
    });
    const value = parsedJson(text);
    if (hasKey<T>(value, key)) return value;
    throw new SealroomError('unexpected', `${base} does not answer as a Sealroom does: is it the address of one?`);
  }

  /**
   * Sends a request; resolves with the answer once its headers are there, when it says that it was done.
   *
   * @throws SealroomError what the answer says, `unavailable`, `cancelled`
   */
  async send(
    method: string,
    path: string,
    { query, tenant, headers, json, signal, ...init }: RequestOptions & Body,
  ): Promise<Response> {
    throwIfCancelled(signal);
    const { base, authorization, fetch } = this.#door;
    const body = json === undefined ? init : { body: JSON.stringify(json) };
    const response = await fetch(`${base}${path}${searchOf(query)}`, {
      ...body,
      method,
      headers: {
        accept: 'application/json, application/problem+json',
        authorization,
        ...(tenant === undefined ? {} : { 'sealroom-tenant': checkedTenant(tenant) }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      // Whoever is redirected would take the token, or lose it, without a word.
      redirect: 'manual',
      credentials: 'omit',
      cache: 'no-store',
      signal: signal ?? null,
    }).catch((error: unknown) => {
      throw networkFailure(error, base, signal);
    });
    if (response.ok) return response;
    throw await failureOf(response, base);
  }

  /** Does again what failed for a reason that passes; for what changes nothing, or is known by its idempotency key. */
  async repeated<T>({ signal }: CallOptions, attempt: () => Promise<T>, patience: Patience = BRIEFLY): Promise<T> {
    const retries = this.retries(patience, { signal });
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        await retries.waitAfter(error);
      }
    }
  }

  /** For work of several requests. */
  retries(patience: Patience, { signal }: CallOptions): Retries {
    return new Retries(patience, { firstPause: this.#door.retryDelay, signal });
  }
}

function hasKey<T extends object>(value: unknown, key: keyof T): value is T {
  return typeof value === 'object' && value !== null && key in value;
}

function searchOf(query: RequestOptions['query'] = {}): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

/** A header takes no other characters, and a tenant's name has none. */
function checkedTenant(name: string): string {
  if (/^[\x21-\x7e]*$/.test(name)) return name;
  throw new SealroomError('usage', `${JSON.stringify(name.slice(0, 80))} is no tenant name`);
}

/** What a condition on the version of a record is called by whoever holds the vault itself. */
export async function asConflict<T>(conditional: boolean, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!conditional || !isSealroomError(error, 'precondition-failed')) throw error;
    throw new SealroomError('conflict', error.message, { cause: error });
  }
}
