/** How people sign in at an identity provider from the page, as it says itself, kept for a while. */
import { orCancelled } from '../cancellable.ts';
import { SealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import { addressIn, discover } from './discovery.ts';
import { providerFailed } from './provider.ts';
import type { ProviderRequests } from './provider.ts';

/** What a page needs for the code flow. Nothing of it is secret. */
export interface SignIn {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly scope: string;
}

export interface ProviderSignInOptions extends ProviderRequests, Pick<SignIn, 'issuer' | 'clientId' | 'scope'> {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const FRESH = 10 * 60_000;
/** Anyone may ask for the page: a provider that is down is not to be asked each time. */
const AFTER_FAILURE = 10_000;

export class ProviderSignIn {
  readonly #options: ProviderSignInOptions;
  /** One question at a time, however many wait for the answer. */
  #asked: { readonly answer: Promise<SignIn>; until: number } | undefined;

  constructor(options: ProviderSignInOptions) {
    this.#options = options;
  }

  /** @throws SealroomError `unavailable` when the provider did not answer */
  async find({ signal }: CallOptions): Promise<SignIn> {
    if (this.#asked === undefined || this.#options.now() >= this.#asked.until) this.#asked = this.#ask();
    return orCancelled(this.#asked.answer, signal);
  }

  #ask(): { readonly answer: Promise<SignIn>; until: number } {
    const asked = { answer: this.#discover(), until: Infinity };
    const keepFor = (time: number): void => void (asked.until = this.#options.now() + time);
    asked.answer.then(
      () => keepFor(FRESH),
      () => keepFor(AFTER_FAILURE),
    );
    return asked;
  }

  async #discover(): Promise<SignIn> {
    const { issuer, clientId, scope } = this.#options;
    try {
      const document = await discover(issuer, this.#options);
      return {
        issuer,
        authorizationEndpoint: addressIn(document, 'authorization_endpoint'),
        tokenEndpoint: addressIn(document, 'token_endpoint'),
        clientId,
        scope,
      };
    } catch (cause) {
      throw cause instanceof SealroomError && cause.code === 'unavailable'
        ? cause
        : providerFailed('its discovery document cannot be used', cause);
    }
  }
}
