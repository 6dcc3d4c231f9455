/** What a command gets beside its own arguments. */
import type { Terminal } from './terminal.ts';

export interface Session {
  readonly terminal: Terminal;
  /** Fires when the user, or the system, wants the command to stop. */
  readonly signal: AbortSignal;
  /** `--vault`, where it was given. */
  readonly vault: string | undefined;
  /** `--tenant`, where it was given. */
  readonly tenant: string | undefined;
}
