/** Runs one command: from the words of the command line to an exit code. */
import { setTimeout as setTimeoutAsync } from 'node:timers/promises';
import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { SealroomError, errorTable } from '../errors.ts';
import { HintedError } from './hints.ts';
import { createProgram } from './program.ts';
import type { Service, Session } from './session.ts';
import { ReaderGone, Terminal } from './terminal.ts';
import type { TerminalOptions } from './terminal.ts';

/** A command that was told to stop and takes longer waits for something that will not come. */
const PATIENCE_AFTER_SIGNAL = 3000;

/** npm passes on a signal that the terminal has sent to its child already: two that come together are one. */
const SAME_SIGNAL = 300;

/** Runs a command and ends the process. */
export async function main(words: readonly string[]): Promise<void> {
  const interruption = interruptions();
  const terminal = new Terminal({ ...outputOptions(words), signal: interruption.signal });
  const { signal, runAsService } = interruption;
  const program = createProgram(({ vault, tenant }) => ({ terminal, signal, runAsService, vault, tenant }));
  exitQuietly(program);
  try {
    await Promise.race([program.parseAsync(words, { from: 'user' }), interruption.exhausted]);
  } catch (error) {
    report(error, terminal);
  }
  await end(terminal, interruption.exitCode() ?? terminal.exitCode);
}

/** Read before the options are parsed, so that mistakes in them are told in the right form, too. */
function outputOptions(words: readonly string[]): Pick<TerminalOptions, 'json' | 'quiet'> {
  const last = words.indexOf('--');
  const options = last < 0 ? words : words.slice(0, last);
  return { json: options.includes('--json'), quiet: options.includes('--quiet') };
}

interface Interruption {
  /** Fires at the first signal. */
  readonly signal: AbortSignal;
  /** Rejects when the command did not stop in time. */
  readonly exhausted: Promise<never>;
  readonly runAsService: Session['runAsService'];
  /** Of a command that was stopped before it was done; a service is never done. */
  readonly exitCode: () => number | undefined;
}

function interruptions(): Interruption {
  const controller = new AbortController();
  const { promise: exhausted, reject } = Promise.withResolvers<never>();
  exhausted.catch(() => undefined);
  let service: Service | undefined;
  let interrupted = Infinity;
  const interrupt = (name: NodeJS.Signals): void => {
    if (name === 'SIGHUP' && service?.onHangUp !== undefined) return service.onHangUp();
    if (service !== undefined && Math.abs(performance.now() - interrupted) < SAME_SIGNAL) return;
    if (controller.signal.aborted) leave(errorTable.cancelled.exit);
    interrupted = performance.now();
    const reason = new SealroomError('cancelled', `stopped by ${name} before it was done`);
    controller.abort(reason);
    if (service === undefined) setTimeout(() => reject(reason), PATIENCE_AFTER_SIGNAL).unref();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  return {
    signal: controller.signal,
    exhausted,
    runAsService: (running) => void (service = running),
    exitCode: () => (controller.signal.aborted && service === undefined ? errorTable.cancelled.exit : undefined),
  };
}

/** Has commander throw where it would end the process, and leave errors to `report`. */
function exitQuietly(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => undefined });
  for (const inner of command.commands) exitQuietly(inner);
}

function report(error: unknown, terminal: Terminal): void {
  if (error instanceof ReaderGone) return;
  if (!(error instanceof CommanderError)) terminal.report(error);
  // Help and version were asked for, and are on stdout.
  else if (error.exitCode !== 0) terminal.report(usageError(error));
}

function usageError({ code, message }: CommanderError): SealroomError {
  const hint = 'sealroom --help lists the commands, sealroom help COMMAND what one takes';
  // Its own word for "no command": the help is on stderr already.
  if (code === 'commander.help') return new HintedError('usage', 'no command is given', hint);
  const [what = '', suggestion] = message.replace(/^error: /, '').split('\n');
  return new HintedError('usage', what, suggestion === undefined ? hint : suggestion.replace(/^\(|\)$/g, ''));
}

async function end(terminal: Terminal, exitCode: number): Promise<void> {
  const late = setTimeoutAsync(PATIENCE_AFTER_SIGNAL, undefined, { ref: false });
  await Promise.race([terminal.flush(), late]);
  for (let waited = 0; callsUnderWay() && waited < 20; waited++) await setTimeoutAsync(10);
  leave(exitCode);
}

/**
 * Exits, whatever still waits. A thread that sits in a system call without end, such as the read of a pipe that
 * nobody writes to, would hold up `process.exit` too: then a signal ends the process, and a shell sees 130 all the same.
 */
function leave(exitCode: number): void {
  if (callsUnderWay()) {
    process.removeAllListeners('SIGINT');
    process.kill(process.pid, 'SIGINT');
  }
  process.exit(exitCode);
}

/** True while a thread works on a call to the file system. */
function callsUnderWay(): boolean {
  return process.getActiveResourcesInfo().some((resource) => resource.startsWith('FSReq'));
}
