import { failureOf } from '../aws/failure.ts';

/** What an older store of S3's protocol may refuse: `If-None-Match` on writes, and checksums in headers. */
export type S3Feature = 'conditions' | 'checksums';

const NOTICES: Readonly<Record<S3Feature, string>> = {
  conditions:
    'it refuses If-None-Match, so a key is looked for before it is written, which two writers could do at once',
  checksums: 'it refuses checksums, so that what is sent is guarded by its signature alone',
};

/** Names by which a store says that it does not know what it was asked for. */
const REFUSED =
  /^(?:NotImplemented|InvalidArgument|InvalidRequest|UnsupportedArgument|MissingContentLength|InvalidHeader)$/;

/** What a store was found to take, remembered for as long as it is open. */
export class S3Features {
  readonly #onNotice: (text: string) => void;
  #lacking: ReadonlySet<S3Feature> = new Set();
  /** Of a call that finds out what is lacking. */
  #trial: Promise<void> | undefined;

  /** @param onNotice told once of each feature that the store lacks */
  constructor(onNotice: (text: string) => void) {
    this.#onNotice = onNotice;
  }

  has(feature: S3Feature): boolean {
    return !this.#lacking.has(feature);
  }

  /**
   * Makes a call; one that the store refuses is made again without each of the features it uses, then without all. The
   * store lacks those without which it succeeds.
   *
   * @param call asks `has` what it may use
   * @throws what the store said at first, when nothing helps
   */
  async attempt<Result>(uses: readonly S3Feature[], call: () => Promise<Result>): Promise<Result> {
    const used = uses.filter((feature) => this.has(feature));
    try {
      return await call();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // Parts are sent at once and refused at once: one of them finds out for all.
      while (this.#trial !== undefined) await this.#trial;
      if (used.some((feature) => !this.has(feature))) return this.attempt(uses, call);
      const trial = this.#findLack(used, call);
      this.#trial = trial.then(
        () => undefined,
        () => undefined,
      );
      const result = await trial.finally(() => (this.#trial = undefined));
      if (result === undefined) throw error;
      return result.value;
    }
  }

  async #findLack<Result>(
    used: readonly S3Feature[],
    call: () => Promise<Result>,
  ): Promise<{ readonly value: Result } | undefined> {
    for (const without of used.length > 1 ? [...used.map((feature) => [feature]), used] : [used]) {
      const result = await this.#attemptWithout(without, call);
      if (result !== undefined) return result;
    }
    return undefined;
  }

  async #attemptWithout<Result>(
    without: readonly S3Feature[],
    call: () => Promise<Result>,
  ): Promise<{ readonly value: Result } | undefined> {
    if (without.length === 0) return undefined;
    const before = this.#lacking;
    this.#lacking = new Set([...before, ...without]);
    try {
      const value = await call();
      for (const feature of without) this.#onNotice(NOTICES[feature]);
      return { value };
    } catch (error) {
      this.#lacking = before;
      if (isRefusal(error)) return undefined;
      throw error;
    }
  }
}

function isRefusal(error: unknown): boolean {
  const { name, status } = failureOf(error);
  return status === 501 || status === 411 || (status === 400 && REFUSED.test(name));
}
