/** A program run as a container of `deploy/compose.yaml` runs it: nobody, no capability, a root that takes no writes. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** Of the user that the image names. */
const NOBODY = 65_532;

export interface ContainerOptions {
  /** The one folder that it may write to. */
  readonly volume: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Gives up all that root may do, then becomes the program. Its own mounts go with it. */
const ENTER = `
  mount --make-rprivate /
  mount --bind "$1" "$1"
  mount -o remount,bind,ro /
  shift
  exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"`;

const enter = (volume: string, words: readonly string[]): string[] => [
  '-m',
  'sh',
  '-ec',
  ENTER,
  'sh',
  volume,
  ...words,
];

/** Why nothing can be run so here; undefined where it can. */
export function missingForContainers(): string | undefined {
  const { status } = spawnSync('unshare', enter('/tmp', ['true']), { stdio: 'ignore' });
  return status === 0 ? undefined : 'it takes root, unshare and setpriv';
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export function runContained(words: readonly string[], { volume, env }: ContainerOptions): Ran {
  const { status, stdout, stderr } = spawnSync('unshare', enter(volume, words), { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** A program that goes on. */
export class Contained implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exited: Promise<unknown>;
  readonly #errors: Promise<string>;

  constructor(words: readonly string[], { volume, env }: ContainerOptions) {
    this.#process = spawn('unshare', enter(volume, words), { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = once(this.#process, 'exit');
    this.#errors = text(this.#process.stderr);
  }

  /** What it first prints. */
  async said(): Promise<string> {
    const said = await Promise.race([once(this.#process.stdout, 'data'), this.#exited.then(() => undefined)]);
    if (said === undefined) throw new Error(`it ended before it said anything: ${await this.#errors}`);
    return String((said as unknown[])[0]);
  }

  /** Tells it to end, as Docker does; what it ends with. */
  async stop(): Promise<unknown> {
    this.#process.kill('SIGTERM');
    return this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }
}
