/** Uploads that are under way, and how fast they are. */
import type { Clock } from './clock.ts';
import { persevere } from './persevere.ts';
import type { Line } from './persevere.ts';
import { problemOf } from './problems.ts';
import type { ProblemCode } from './problems.ts';
import { SpeedMeter } from './speed.ts';
import type { Transport } from './transport.ts';
import { STILL } from './upload.ts';
import type { Upload } from './upload.ts';

export interface FlightsOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly line: Line;
  /** 0 to 1, evenly. */
  readonly random: () => number;
  readonly onChange: (key: number, changes: Partial<Upload>) => void;
  readonly onBegun: (key: number, id: string) => void;
  readonly onArrived: (key: number) => void;
  readonly onFailed: (key: number, problem: ProblemCode) => void;
}

interface Flight {
  readonly meter: SpeedMeter;
  readonly stop: AbortController;
  /** Bytes that the network has taken in this attempt, and what had arrived before it; undefined until it is known. */
  sent: number | undefined;
}

export class Flights {
  readonly #options: FlightsOptions;
  readonly #flights = new Map<number, Flight>();
  readonly #meter = new SpeedMeter();
  /** Bytes that were sent, since there is anything to send. */
  #moved = 0;

  constructor(options: FlightsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#flights.size;
  }

  /** Bytes per second of all of them. */
  get speed(): number | undefined {
    return this.size === 0 ? undefined : this.#meter.at(this.#options.clock.now());
  }

  keys(): number[] {
    return [...this.#flights.keys()];
  }

  start({ key, name, tenant, id, size }: Upload, file: File): void {
    const { clock } = this.#options;
    if (this.size === 0) this.#meter.begin(this.#moved, clock.now());
    const flight: Flight = { meter: new SpeedMeter(), stop: new AbortController(), sent: undefined };
    this.#flights.set(key, flight);
    const sending = persevere({ file, name, tenant, id, size }, this.#persevering(key, flight));
    sending.then(
      () => this.#ended(key, flight, this.#options.onArrived),
      (error: unknown) => this.#ended(key, flight, () => this.#options.onFailed(key, problemOf(error))),
    );
  }

  stop(key: number): void {
    this.#flights.get(key)?.stop.abort();
    this.#flights.delete(key);
  }

  /** What has stopped becomes slower, though nothing says so. */
  measure(): void {
    const { clock, onChange } = this.#options;
    for (const [key, { meter }] of this.#flights) onChange(key, { speed: meter.at(clock.now()) });
  }

  #persevering(key: number, flight: Flight): Parameters<typeof persevere>[1] {
    const { transport, clock, line, random, onChange, onBegun } = this.#options;
    const { signal } = flight.stop;
    /** Nothing that an upload still says once it was stopped is heard. */
    const heard = (listener: () => void): void => {
      if (!signal.aborted) listener();
    };
    return {
      transport,
      clock,
      line,
      random,
      signal,
      onBegun: (id) => heard(() => onBegun(key, id)),
      onAttempt: () => {
        flight.sent = undefined;
        heard(() => onChange(key, { ...STILL, status: 'sending' }));
      },
      onSent: (sent) => heard(() => this.#sent(key, flight, sent)),
      onWait: (problem, retryAt) => heard(() => onChange(key, { ...STILL, status: 'waiting', problem, retryAt })),
    };
  }

  #sent(key: number, flight: Flight, sent: number): void {
    const { clock, onChange } = this.#options;
    const now = clock.now();
    // Where an attempt begins is what had arrived before.
    if (flight.sent === undefined) flight.meter.begin(sent, now);
    else this.#moved += Math.max(sent - flight.sent, 0);
    this.#meter.add(this.#moved, now);
    flight.meter.add(sent, now);
    flight.sent = sent;
    onChange(key, { sent, speed: flight.meter.at(now) });
  }

  #ended(key: number, flight: Flight, tell: (key: number) => void): void {
    if (this.#flights.get(key) !== flight) return;
    this.#flights.delete(key);
    tell(key);
  }
}
