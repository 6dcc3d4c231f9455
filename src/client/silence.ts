/** Lines that are gone without a word. */
import { SealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';

/** Fires when nothing got on for too long: a network that was changed, or a machine that slept, breaks no connection. */
export class Silence implements Disposable {
  /** Fires also when the caller's own does. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #longest: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param longest in milliseconds */
  constructor(longest: number, { signal }: CallOptions) {
    this.#longest = longest;
    const own = this.#controller.signal;
    this.signal = signal === undefined ? own : AbortSignal.any([own, signal]);
    this.broken();
  }

  /** Something got on: it begins anew. */
  broken(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#tooLong, this.#longest);
  }

  /** From now on it may last. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  readonly #tooLong = (): void =>
    this.#controller.abort(
      new SealroomError('timed-out', `nothing got through for ${Math.round(this.#longest / 1000)} seconds`),
    );
}
