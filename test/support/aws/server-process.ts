/** A server that tests start as a process of its own. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MILLISECONDS = 60_000;

export interface ServerCommand {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** An address that answers, whatever it answers, once the server is up; or what tells that it is. */
  readonly url: string | (() => Promise<boolean>);
  /** Removed after the server has ended. */
  readonly folder?: string;
}

/**
 * Waits for the server, or for the end of the pipe, which comes when the process that holds it ends by whatever way.
 * What runs in the background of a shell has no standard input of its own: hence descriptor 3. `read` is the shell's
 * own, so that killing its process leaves nothing behind. Others may use the folder until they have ended, too.
 */
const WATCH = `
  exec 3<&0
  "$@" </dev/null 3<&- & server=$!
  (read -r _ <&3; kill -9 $server) 2>/dev/null & watcher=$!
  wait $server 2>/dev/null; status=$?
  kill $watcher 2>/dev/null
  if [ -n "$REMOVED_FOLDER" ]; then sleep 1; rm -rf -- "$REMOVED_FOLDER"; fi
  exit $status`;

/**
 * Starts a server, and waits until it answers. It ends when this process does, by whatever way: a shell in front of it
 * reads from a pipe that only this process holds open.
 *
 * @throws when it ends, or does not answer within a minute, with what it said
 */
export async function startServerProcess({
  command,
  arguments: words,
  env,
  url,
  folder,
}: ServerCommand): Promise<void> {
  const shell = spawn('/bin/sh', ['-c', WATCH, 'sh', command, ...words], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env, REMOVED_FOLDER: folder },
    stdio: ['pipe', 'ignore', 'pipe'],
    // A terminal's interrupt would end the shell and not the server, which ignores it as all do in the background.
    detached: true,
  });
  let said = '';
  shell.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
  try {
    await answering(typeof url === 'string' ? () => answers(url) : url, shell);
  } catch (error) {
    shell.stdin.destroy();
    throw new Error(`${command} did not start: ${said}`, { cause: error });
  }
  // Nothing of it keeps this process from ending.
  for (const handle of [shell, shell.stdin, shell.stderr])
    if (handle instanceof Socket || handle === shell) handle.unref();
}

async function answering(isUp: () => Promise<boolean>, shell: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_MILLISECONDS;
  while (!(await isUp())) {
    if (shell.exitCode !== null) throw new Error(`it ended with ${shell.exitCode}`);
    if (performance.now() > deadline) throw new Error('it did not answer');
    await sleep(50);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** A port of 127.0.0.1 on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
