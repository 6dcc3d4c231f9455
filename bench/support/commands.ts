/** Programs that are measured, each in a process of its own. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface Finished {
  /** From the start of the process to its end. */
  readonly milliseconds: number;
  /** Time that processors spent on it, in its own code and in the system's; other programs add nothing to it. */
  readonly processorMilliseconds: number;
  readonly stdout: string;
}

/** Runs a command to its end; throws when it fails. */
export async function run(command: readonly string[]): Promise<Finished> {
  const start = performance.now();
  // `times` prints what the shell used, and on a second line what its children did.
  const child = spawn('sh', ['-c', '"$@" && times >&2', 'sh', ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve)),
  ]);
  const milliseconds = performance.now() - start;
  if (code !== 0) throw new Error(`${command.join(' ')} failed with ${code}: ${stderr}`);
  return { milliseconds, processorMilliseconds: processorTime(stderr.trimEnd().split('\n').at(-1)!), stdout };
}

/** Reads a line such as `0m1.250000s 0m0.330000s`. */
function processorTime(line: string): number {
  const times = [...line.matchAll(/(\d+)m([\d.]+)s/g)];
  if (times.length !== 2) throw new Error(`the shell printed no times: ${line}`);
  return times.reduce((sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1000, 0);
}

/** True when the system finds a program of this name. */
export async function isInstalled(program: string): Promise<boolean> {
  return run(['sh', '-c', `command -v ${program}`]).then(
    () => true,
    () => false,
  );
}
