/** The command line in a process of its own. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { resolve } from 'node:path';

/** The program that `sealroom` is. */
export const cliProgram: string = resolve(import.meta.dirname, '../../bin/sealroom.mjs');

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** User and group to run as. */
  readonly uid?: number;
}

export interface CliResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number | null;
}

/** A command that runs. */
export interface RunningCli {
  readonly process: ChildProcess;
  readonly result: Promise<CliResult>;
}

export function startCli(words: readonly string[], { cwd, env = {}, uid }: CliOptions): RunningCli {
  const user = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn(process.execPath, [cliProgram, ...words], { cwd, env, ...user });
  // A command that ends early reads no further, which is its right.
  child.stdin.on('error', () => undefined);
  const result = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]).then(
    ([stdout, stderr, [exit]]) => ({ stdout, stderr, exit: exit as number | null }),
  );
  return { process: child, result };
}

export async function runCli(words: readonly string[], options: CliOptions): Promise<CliResult> {
  const running = startCli(words, options);
  running.process.stdin?.end();
  return running.result;
}
