/** What a command gets beside its own arguments. */
import type { Terminal } from './terminal.ts';

/** A command that goes on until a signal ends it: in its own time, and with exit code 0. A second signal does not wait. */
export interface Service {
  /** What SIGHUP does; without it, it ends the service as the others do. */
  readonly onHangUp: (() => void) | undefined;
}

export interface Session {
  readonly terminal: Terminal;
  /** Fires when the user, or the system, wants the command to stop. */
  readonly signal: AbortSignal;
  /** Says that the command is a service. */
  readonly runAsService: (service: Service) => void;
  /** `--vault`, where it was given. */
  readonly vault: string | undefined;
  /** `--tenant`, where it was given. */
  readonly tenant: string | undefined;
}
