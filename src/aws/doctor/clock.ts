/** The clock of this machine against that of AWS. */
import type { Finding } from '../../finding.ts';

/** Seconds from which AWS refuses what is signed. */
const REFUSED = 5 * 60;
/** Seconds from which what expires does so noticeably early or late. */
const NOTICEABLE = 30;

/** Where the time of an answer is found. */
export interface ClockWatch extends Disposable {
  /** Milliseconds by which AWS was ahead at its last answer; undefined before there was one. */
  ahead(): number | undefined;
}

type Next<Arguments, Result> = (call: Arguments) => Promise<Result>;

/** What all clients of the SDK have, each for types of its own. */
interface Watchable {
  readonly middlewareStack: {
    add(
      middleware: <Arguments, Result>(next: Next<Arguments, Result>) => Next<Arguments, Result>,
      options: { readonly step: 'deserialize'; readonly name: string },
    ): void;
    remove(name: string): boolean;
  };
}

const NAME = 'sealroomClock';

/** Watches the answers of a client, refusals among them, until it is disposed. */
export function watchClock(client: Watchable, now: () => number = Date.now): ClockWatch {
  let ahead: number | undefined;
  const note = (answer: unknown): void => {
    const headers: unknown = Reflect.get(Object(answer), 'headers');
    const date: unknown = Reflect.get(Object(headers), 'date');
    const time = typeof date === 'string' ? Date.parse(date) : Number.NaN;
    if (!Number.isNaN(time)) ahead = time - now();
  };
  const middleware =
    <Arguments, Result>(next: Next<Arguments, Result>): Next<Arguments, Result> =>
    async (call) => {
      try {
        const result = await next(call);
        note(Reflect.get(Object(result), 'response'));
        return result;
      } catch (error) {
        note(Reflect.get(Object(error), '$response'));
        throw error;
      }
    };
  client.middlewareStack.add(middleware, { step: 'deserialize', name: NAME });
  return { ahead: () => ahead, [Symbol.dispose]: () => void client.middlewareStack.remove(NAME) };
}

export function clockFinding(ahead: number): Finding {
  // The header counts in whole seconds, and an answer takes its time.
  const seconds = Math.round(Math.abs(ahead) / 1000);
  const name = 'clock';
  if (seconds < NOTICEABLE) return { name, level: 'ok', what: `within ${NOTICEABLE} seconds of AWS's` };
  const what = `${seconds} seconds ${ahead > 0 ? 'behind' : 'ahead of'} AWS's`;
  const mend = 'Have it set by NTP.';
  if (seconds < REFUSED) return { name, level: 'warning', what, mend };
  return {
    name,
    level: 'fault',
    what,
    mend: `${mend} AWS refuses what is signed at another time.`,
    code: 'access-denied',
  };
}
