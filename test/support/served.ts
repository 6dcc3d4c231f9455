/** `sealroom serve` in a process of its own. */
import { createInterface } from 'node:readline';
import { startCli } from './cli.ts';
import type { CliResult } from './cli.ts';
import type { Where } from './service.ts';

export interface Served extends Where, AsyncDisposable {
  readonly pid: number;
  /** Sends a signal. */
  signal(name: NodeJS.Signals): void;
  /** What it said, and how it ended. */
  readonly result: Promise<CliResult>;
  /** Resolves once a line of its log has this message, from now on. */
  logged(message: string): Promise<Readonly<Record<string, unknown>>>;
}

export interface ServeOptions {
  readonly cwd: string;
  readonly words?: readonly string[];
  /** Of the variable of the service. */
  readonly http?: object;
  /** More variables. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The token that was told when the vault was made; where none is given, one has to be told now. */
  readonly token?: string;
}

/** Starts it on a free port; resolves once it listens. It is killed when this is disposed. */
export async function serveCli({ cwd, words = [], http, variables, token }: ServeOptions): Promise<Served> {
  const env = { ...variables, ...(http !== undefined && { SEALROOM_HTTP: JSON.stringify(http) }) };
  const { process: child, result } = startCli(['serve', '--port', '0', '--json', ...words], { cwd, env });
  const waiting = new Map<string, (line: Record<string, unknown>) => void>();
  createInterface({ input: child.stderr! }).on('line', (text) => {
    if (!text.startsWith('{')) return;
    const line = JSON.parse(text) as Record<string, unknown>;
    waiting.get(String(line['msg']))?.(line);
  });
  const ended = result.then(({ stderr }) => Promise.reject(new Error(`it ended before it listened: ${stderr}`)));
  const document = createInterface({ input: child.stdout! })[Symbol.asyncIterator]().next();
  const first = await Promise.race([document, ended]);
  const told = JSON.parse(String(first.value)) as { url: string; token?: string };
  return {
    url: told.url,
    token: token ?? told.token!,
    pid: child.pid!,
    result,
    signal: (name) => void child.kill(name),
    logged: (message) => new Promise((resolve) => waiting.set(message, resolve)),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await result;
    },
  };
}
