/** What only a person can say. */
import { createInterface } from 'node:readline/promises';
import { cancelled } from '../errors.ts';
import { printable } from './printable.ts';

/**
 * Asks on the terminal whether to do something. Anything but `y` or `yes` is no.
 *
 * @returns undefined where nobody is there to be asked
 */
export async function askWhether(question: string, signal: AbortSignal): Promise<boolean | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const questions = createInterface({ input: process.stdin, output: process.stderr });
  // On a terminal that it reads from, it takes Ctrl+C for itself.
  questions.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await questions.question(`${printable(question)} [y/N] `, { signal });
    return /^y(?:es)?$/i.test(answer.trim());
  } catch (error) {
    if (signal.aborted) throw cancelled(signal);
    // The end of the input (Ctrl+D) is no yes.
    if (error instanceof Error && error.name === 'AbortError') return false;
    throw error;
  } finally {
    questions.close();
  }
}
