/** Waiting, never without end, for what AWS does in its own time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SealroomError, cancelled } from '../../errors.ts';
import { failureOf } from '../failure.ts';
import type { SetupContext } from './step.ts';

/**
 * Makes a call again as long as it fails with one of these names: of what was just made, not all of AWS knows at once,
 * and what is being changed takes no other change meanwhile.
 */
export async function onceKnown<Value>(
  call: () => Promise<Value>,
  names: readonly string[],
  { patience, signal }: Pick<SetupContext, 'patience' | 'signal'>,
): Promise<Value> {
  for (let looks = 1; ; looks++) {
    try {
      return await call();
    } catch (error) {
      if (looks >= patience.looks || !names.includes(failureOf(error).name)) throw error;
      await pause(patience.milliseconds, signal);
    }
  }
}

/**
 * Makes a call that makes something. The SDK asks again when an answer is lost, and is then told that it is there
 * already, by this name: that is what was wanted. To a first try it says that somebody else was first.
 */
export async function orMadeBefore(call: () => Promise<unknown>, name: string): Promise<void> {
  try {
    await call();
  } catch (error) {
    const failure = failureOf(error);
    if (failure.name !== name || failure.attempts <= 1) throw error;
  }
}

/** @throws SealroomError `unavailable` when it does not come about in time */
export async function until(
  comesAbout: () => Promise<boolean>,
  what: string,
  { patience, signal }: Pick<SetupContext, 'patience' | 'signal'>,
): Promise<void> {
  for (let looks = 1; !(await comesAbout()); looks++) {
    if (looks >= patience.looks) throw new SealroomError('unavailable', `${what}: AWS takes longer than usual`);
    await pause(patience.milliseconds, signal);
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch((error: unknown) => {
    throw signal?.aborted ? cancelled(signal) : error;
  });
}
