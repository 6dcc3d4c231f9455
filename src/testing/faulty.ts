import { SealroomError } from '../errors.ts';

/**
 * When a call fails, seen from its effect: before it, after it, or half-way through a stream of chunks. A stream that
 * is put breaks inside the store; one that is got breaks in its reader's hands.
 */
export type Moment = 'before' | 'middle' | 'after';

export interface Fault {
  /** Which call fails, counted from 1 over all ports that share the faults. */
  readonly call: number;
  readonly moment: Moment;
  /** The process dies there: from then on no call takes effect, whatever the caller still tries. */
  readonly crash?: boolean | undefined;
}

export interface Call {
  /** Port and method, such as `blobs.put`. */
  readonly name: string;
  /** The moments at which this call can fail. */
  readonly moments: readonly Moment[];
}

/** What a call throws once the process is supposed to be dead. Not a `SealroomError`: nobody may handle it. */
export class Crash extends Error {
  constructor() {
    super('the process is supposed to have died');
    this.name = 'Crash';
  }
}

/**
 * Breaks ports at a chosen call. A matrix runs its subject once without a fault, to count and name the calls, then
 * once for each call and each of its moments:
 *
 *     await using faults = new Faults({ call: 3, moment: 'after', crash: true })
 *     const vault = open({ keyring: faults.wrap('keyring', keyring), blobs: faults.wrap('blobs', blobs) })
 */
export class Faults implements AsyncDisposable {
  /** Calls so far, in order. */
  readonly calls: Call[] = [];
  readonly #fault: Fault | undefined;
  /** Rejects at the crash, and with it all that is under way. */
  readonly #death = Promise.withResolvers<never>();
  /** Puts of which only a part ever came, as a dead process leaves them; settled when the test is over. */
  readonly #abandoned: Promise<unknown>[] = [];
  readonly #over = Promise.withResolvers<never>();
  #crashed = false;

  constructor(fault?: Fault) {
    this.#fault = fault;
    this.#death.promise.catch(() => undefined);
    this.#over.promise.catch(() => undefined);
  }

  /** True once the chosen call came. */
  get fired(): boolean {
    return this.#fault !== undefined && this.calls.length >= this.#fault.call;
  }

  /** The same port, whose asynchronous methods are counted and can fail. Its symbols and properties are untouched. */
  wrap<Port extends object>(name: string, port: Port): Port {
    return new Proxy(port, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        const method = (...values: unknown[]): unknown => Reflect.apply(value, target, values);
        if (typeof property === 'symbol') return method;
        return (...values: unknown[]) => this.#call(`${name}.${property}`, method, values);
      },
    });
  }

  /** Ends what a crash left hanging. Call it when everything was looked at: the leftovers go. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.reject(new Crash());
    await Promise.allSettled(this.#abandoned);
  }

  async #call(name: string, method: (...values: unknown[]) => unknown, values: unknown[]): Promise<unknown> {
    if (this.#crashed) throw new Crash();
    const streams = values.some(isStream);
    const moments: Moment[] = streams ? ['before', 'middle', 'after'] : ['before', 'after'];
    const call = this.calls.push({ name, moments });
    const moment = this.#fault?.call === call ? this.#fault.moment : undefined;
    if (moment === 'before') throw this.#fail();

    const running = Promise.resolve(method(...values.map((value) => this.#argument(value, moment === 'middle'))));
    if (streams) this.#abandoned.push(running);
    const result = await Promise.race([running, this.#death.promise]);
    if (moment === 'after') {
      await letGo(result);
      throw this.#fail();
    }
    if (!isStream(result)) return result;
    moments.splice(1, 0, 'middle');
    return this.#resultStream(result, moment === 'middle');
  }

  #fail(): Error {
    if (!this.#fault?.crash) return new SealroomError('unavailable', 'a fault that a test asked for');
    this.#crashed = true;
    this.#death.reject(new Crash());
    return new Crash();
  }

  #argument(value: unknown, breaks: boolean): unknown {
    if (isStream(value)) return this.#sourceStream(value, breaks);
    return hasSignal(value) ? { ...value, signal: this.#signalUntilCrash(value.signal) } : value;
  }

  #sourceStream(source: AsyncIterable<Uint8Array>, breaks: boolean): AsyncIterableIterator<Uint8Array> {
    const iterator = source[Symbol.asyncIterator]();
    let broken = false;
    const breakOff = async (): Promise<never> => {
      const error = this.#fail();
      if (this.#crashed) await this.#over.promise;
      await iterator.return?.();
      throw error;
    };
    return {
      next: async () => {
        if (broken) return breakOff();
        const next = await Promise.race([iterator.next(), this.#over.promise]);
        // A dead process neither sends more nor cleans up: the store waits, with what it has.
        if (this.#crashed) await this.#over.promise;
        if (!breaks) return next;
        if (next.done) return breakOff();
        broken = true;
        return { done: false, value: half(next.value) };
      },
      return: async () => {
        if (!this.#crashed) await iterator.return?.();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** No generator, here or above: it would not pass `return` on before it started, nor while it waits. */
  #resultStream(source: AsyncIterable<Uint8Array>, breaks: boolean): AsyncIterableIterator<Uint8Array> {
    const iterator = source[Symbol.asyncIterator]();
    let broken = false;
    const end = async (): Promise<IteratorReturnResult<undefined>> => {
      await iterator.return?.();
      return { done: true, value: undefined };
    };
    return {
      next: async () => {
        const next = this.#crashed || broken ? await end() : await iterator.next();
        if (this.#crashed) throw new Crash();
        if (!breaks) return next;
        if (broken || next.done) throw this.#fail();
        broken = true;
        return { done: false, value: half(next.value) };
      },
      return: end,
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #signalUntilCrash(signal: AbortSignal): AbortSignal {
    const controller = new AbortController();
    const abort = (): void => {
      if (!this.#crashed) controller.abort(signal.reason);
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    return controller.signal;
  }
}

function isStream(value: unknown): value is AsyncIterable<Uint8Array> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function hasSignal(value: unknown): value is { readonly signal: AbortSignal } {
  return typeof value === 'object' && value !== null && 'signal' in value && value.signal instanceof AbortSignal;
}

function half(chunk: Uint8Array): Uint8Array {
  return chunk.subarray(0, Math.ceil(chunk.length / 2));
}

/** Nobody receives the result, so its file or its data key would stay. */
async function letGo(result: unknown): Promise<void> {
  if (isStream(result)) await result[Symbol.asyncIterator]().return?.();
  if (typeof result !== 'object' || result === null) return;
  const held: unknown = 'dataKey' in result ? result.dataKey : result;
  if (typeof held !== 'object' || held === null || !(Symbol.dispose in held)) return;
  const dispose: unknown = held[Symbol.dispose];
  if (typeof dispose === 'function') Reflect.apply(dispose, held, []);
}
