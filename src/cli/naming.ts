import { SealroomError, errorTable } from '../errors.ts';
import { HintedError, hintFor } from './hints.ts';

/** Runs work that opens one file, or stdin (`-`); an error of what that holds (exit code 4) then names it. */
export async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SealroomError) || errorTable[error.code].exit !== 4) throw error;
    throw new HintedError(error.code, `${path === '-' ? 'stdin' : path}: ${error.message}`, hintFor(error), {
      cause: error,
    });
  }
}
