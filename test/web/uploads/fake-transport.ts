/** A service that does what a test says, one request at a time. */
import { SealroomError } from '../../../src/errors.ts';
import type {
  Outgoing,
  SendOptions,
  ServerUpload,
  Transport,
  UploadAddress,
} from '../../../web/src/uploads/transport.ts';

/** One attempt to send a file, as the test sees it. */
export interface Sending {
  readonly outgoing: Outgoing;
  readonly signal: AbortSignal;
  /** The service knows of it; returns its id. */
  begin(id?: string): string;
  durable(bytes: number): void;
  sent(bytes: number): void;
  finish(): void;
  fail(error: Error): void;
}

export class FakeTransport implements Transport {
  /** Every attempt, in order. */
  readonly attempts: Sending[] = [];
  readonly removed: UploadAddress[] = [];
  /** What removals fail with. */
  removalFailure: Error | undefined;
  uploads: readonly ServerUpload[] = [];
  /** How many are under way now, and at most were at one time. */
  underWay = 0;
  most = 0;

  send(outgoing: Outgoing, { onBegun, onDurable, onSent, signal }: SendOptions): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.underWay++;
    this.most = Math.max(this.most, this.underWay);
    promise.catch(() => undefined).finally(() => this.underWay--);
    const number = this.attempts.length + 1;
    this.attempts.push({
      outgoing,
      signal,
      begin: (id = `id-${number}`) => {
        onBegun(id);
        return id;
      },
      durable: onDurable,
      sent: onSent,
      finish: resolve,
      fail: reject,
    });
    signal.addEventListener('abort', () => reject(signal.reason as Error));
    return promise;
  }

  /** The last attempt to send a file of this name. */
  attempt(name: string): Sending {
    const found = this.attempts.findLast(({ outgoing }) => outgoing.name === name);
    if (found === undefined) throw new Error(`nobody sent ${name}`);
    return found;
  }

  remove(upload: UploadAddress): Promise<void> {
    this.removed.push(upload);
    return this.removalFailure === undefined ? Promise.resolve() : Promise.reject(this.removalFailure);
  }

  unfinished(_tenant: string, { signal }: { readonly signal: AbortSignal }): Promise<readonly ServerUpload[]> {
    return signal.aborted ? Promise.reject(new SealroomError('cancelled', 'cancelled')) : Promise.resolve(this.uploads);
  }
}
