/** What became of one original. */
import { SealroomError } from '../errors.ts';

/**
 * - `imported`: it was sealed, in this run;
 * - `present`: the vault has it from an earlier one, or from one that runs beside this one;
 * - `skipped`: it is none that is to be imported, for the reason that is given;
 * - `planned`: it would be imported, if this were no dry run;
 * - `failed`.
 */
export type Outcome = 'imported' | 'present' | 'skipped' | 'planned' | 'failed';

export interface ImportResult {
  /** Address of the object. */
  readonly source: string;
  readonly outcome: Outcome;
  /** Of the file that it became. */
  readonly id?: string | undefined;
  readonly size?: number | undefined;
  /** Why it was skipped, or was not removed. */
  readonly reason?: string | undefined;
  /** Why it failed. With an id, the file is there, and it is the removal of the original that failed. */
  readonly error?: SealroomError | undefined;
  /** True when the original was removed. */
  readonly removed?: boolean | undefined;
  /** True when the bucket keeps what was removed as an older version. */
  readonly versionKept?: boolean | undefined;
}

export type OnResult<Result extends ImportResult = ImportResult> = (result: Result) => Promise<void> | void;

/** For a result: an error that is none of Sealroom's own is a fault of it, and its message may hold anything. */
export function resultError(error: unknown): SealroomError {
  if (error instanceof SealroomError) return error;
  return new SealroomError('unexpected', 'an unexpected error', { cause: error });
}
