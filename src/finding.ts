/** What an examination of a vault found out: one finding a check. */
import type { ErrorCode } from './errors.ts';

interface Examined {
  /** What was looked at, such as `bucket versioning`. */
  readonly name: string;
  /** What is there, in a sentence without a full stop. */
  readonly what: string;
}

/** Something that is as it should be. */
export interface Sound extends Examined {
  readonly level: 'ok';
}

/** Something that works and could be better, or that could not be looked at. */
export interface Warning extends Examined {
  readonly level: 'warning';
  /** What to do about it. */
  readonly mend: string;
}

/** Something on account of which a vault does not work, or files may be lost. */
export interface Fault extends Examined {
  readonly level: 'fault';
  readonly mend: string;
  /** What using the vault would fail with. */
  readonly code: ErrorCode;
}

export type Finding = Sound | Warning | Fault;
