/** The keys that an identity provider signs with, as it publishes them (RFC 7517), kept for a while. */
import type { CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWSHeaderParameters } from 'jose';
import { orCancelled } from '../cancellable.ts';
import { SealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import { addressIn, discover } from './discovery.ts';
import { fetchJson, providerFailed } from './provider.ts';
import type { ProviderRequests } from './provider.ts';

/** After this long the keys are asked for again: one that the provider took back must not serve for ever. */
const FRESH = 10 * 60_000;
/** For this long they serve while the provider cannot be asked, so that its outage is not at once ours. */
const USABLE = 60 * 60_000;
/** Unknown key ids cost nothing to invent: they make us ask no more often than this. */
const BETWEEN_UNKNOWN_KEYS = 60_000;
const AFTER_FAILURE = 10_000;

export interface ProviderKeysOptions extends ProviderRequests {
  readonly issuer: string;
  /** Found by discovery unless given. */
  readonly jwksUri: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

type KeyOf = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

interface Published {
  readonly keyOf: KeyOf;
  /** When they were asked for. */
  readonly since: number;
}

export class ProviderKeys {
  readonly #options: ProviderKeysOptions;
  #published: Published | undefined;
  #lastAsked = -Infinity;
  #lastFailure: SealroomError | undefined;
  /** One question at a time, however many wait for the answer. */
  #asking: Promise<void> | undefined;

  constructor(options: ProviderKeysOptions) {
    this.#options = options;
  }

  /**
   * The key that a token says it is signed with.
   *
   * @throws SealroomError `unavailable` when the provider did not answer
   * @throws JOSEError when there is no such key, or more than one that it could be
   */
  async keyOf(header: JWSHeaderParameters, token: FlattenedJWSInput, options: CallOptions): Promise<CryptoKey> {
    const { errors } = await import('jose');
    const known = await this.#current(options);
    try {
      return await known.keyOf(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#ask(BETWEEN_UNKNOWN_KEYS, options);
      if (this.#lastFailure !== undefined) throw this.#lastFailure;
      if (this.#published === undefined || this.#published === known) throw error;
      return await this.#published.keyOf(header, token);
    }
  }

  async #current(options: CallOptions): Promise<Published> {
    if (this.#age() >= FRESH) await this.#ask(this.#lastFailure === undefined ? 0 : AFTER_FAILURE, options);
    if (this.#published !== undefined && this.#age() < USABLE) return this.#published;
    throw this.#lastFailure ?? providerFailed('its keys are too old');
  }

  #age(): number {
    return this.#published === undefined ? Infinity : this.#options.now() - this.#published.since;
  }

  /** Asks for the keys, unless that was done less than so many milliseconds ago. Never rejects but for the signal. */
  async #ask(interval: number, { signal }: CallOptions): Promise<void> {
    if (this.#asking === undefined) {
      if (this.#options.now() - this.#lastAsked < interval) return;
      this.#lastAsked = this.#options.now();
      this.#asking = this.#fetch();
    }
    // Whoever gives up does so for himself: others wait for the same answer.
    await orCancelled(this.#asking, signal);
  }

  async #fetch(): Promise<void> {
    try {
      const since = this.#options.now();
      const { createLocalJWKSet } = await import('jose');
      const keys = await fetchJson(await this.#address(), this.#options);
      if (!isKeySet(keys)) throw providerFailed('it gave no key set');
      this.#published = { keyOf: createLocalJWKSet(keys), since };
      this.#lastFailure = undefined;
    } catch (cause) {
      this.#lastFailure =
        cause instanceof SealroomError && cause.code === 'unavailable'
          ? cause
          : providerFailed('its keys cannot be used', cause);
    } finally {
      this.#asking = undefined;
    }
  }

  /** Where the keys are. */
  async #address(): Promise<string> {
    const { issuer, jwksUri } = this.#options;
    if (jwksUri !== undefined) return jwksUri;
    return addressIn(await discover(issuer, this.#options), 'jwks_uri');
  }
}

/** What the keys of the set are is looked at when one is used. */
function isKeySet(value: unknown): value is JSONWebKeySet {
  return typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys);
}
