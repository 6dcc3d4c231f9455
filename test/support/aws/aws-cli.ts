/** The AWS CLI, as a client of the servers that is not ours: that of the Python which `SEALROOM_PYTHON` names. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { python } from './python.ts';

/** Where a command goes. */
export interface AwsCliTarget {
  readonly endpoint: string;
  readonly region?: string;
}

export class AwsCli implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  /** @param home a folder that holds no settings of anybody's */
  constructor(home: string) {
    const env = {
      PATH: process.env['PATH'],
      HOME: home,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_MAX_ATTEMPTS: '1',
    };
    const script = join(import.meta.dirname, 'aws-cli.py');
    this.#process = spawn(python!, [script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#process, 'close');
    this.#process.stdin.end();
    await closed;
  }

  /** Runs a command, and gives the document that it prints; none where there is nothing to say. */
  async run(words: readonly string[], target: AwsCliTarget): Promise<Record<string, unknown>> {
    const { exit, out, err } = await this.#ask(words, target);
    if (exit !== 0) throw new Error(`aws ${words.join(' ')}: ${err}`);
    return out === '' ? {} : (JSON.parse(out) as Record<string, unknown>);
  }

  /** The name of the error that a command ends with. */
  async errorOf(words: readonly string[], target: AwsCliTarget): Promise<string> {
    const { err } = await this.#ask(words, target);
    return /An error occurred \((\w+)\)/.exec(err)?.[1] ?? `another one, or none: ${err}`;
  }

  async #ask(
    words: readonly string[],
    { endpoint, region = 'us-east-1' }: AwsCliTarget,
  ): Promise<{ exit: number; out: string; err: string }> {
    const command = ['--endpoint-url', endpoint, '--region', region, '--output', 'json', ...words];
    this.#process.stdin.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('the AWS CLI ended');
    return JSON.parse(value);
  }
}
