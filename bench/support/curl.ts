/** curl as the client: it is at hand almost everywhere, is written by others, and takes little of the processor. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeLent } from './streams.ts';

export interface CurlPlace {
  readonly url: string;
  /** File with header lines, so that the token stands in no list of processes. */
  readonly headers: string;
}

/** @param folder where the file with the headers goes */
export async function curlPlace(
  { url, token }: { readonly url: string; readonly token: string },
  folder: string,
): Promise<CurlPlace> {
  const headers = join(folder, 'headers');
  await writeFile(headers, `Authorization: Bearer ${token}\n`, { mode: 0o600 });
  return { url, headers };
}

/** @param source file to send, with its length; `-` for standard input, whose length nobody knows */
export function uploadCommand({ url, headers }: CurlPlace, source: string): string[] {
  return [...curl(headers), '--request', 'POST', '--upload-file', source, `${url}/v1/files?name=bench`];
}

/** Gives the file on standard output unless another file is named. */
export function downloadCommand({ url, headers }: CurlPlace, id: string, output = '-'): string[] {
  return [...curl(headers), '--output', output, `${url}/v1/files/${id}/content`];
}

export function removeCommand({ url, headers }: CurlPlace, id: string): string[] {
  return [...curl(headers), '--request', 'DELETE', `${url}/v1/files/${id}`];
}

/** The id in what an upload was answered with. */
export function idOf(answer: string): string {
  const stat: unknown = JSON.parse(answer);
  if (typeof stat === 'object' && stat !== null && 'id' in stat && typeof stat.id === 'string') return stat.id;
  throw new Error(`an upload was answered with ${answer}`);
}

/** Uploads what comes, from a pipe and so without a length. Returns the id. Chunks are lent. */
export async function uploadPiped(place: CurlPlace, chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const child = start(uploadCommand(place, '-'), 'pipe');
  const [answer] = await Promise.all([text(child.stdout!), writeLent(child.stdin!, chunks), succeeded(child)]);
  return idOf(answer);
}

/** Downloads a file into whoever checks it. */
export async function downloadPiped(
  place: CurlPlace,
  id: string,
  check: (body: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const child = start(downloadCommand(place, id), 'ignore');
  await Promise.all([check(child.stdout!), succeeded(child)]);
}

/** Nothing of the surroundings counts: no configuration file, no proxy. A status that reports an error is a failure. */
function curl(headers: string): string[] {
  return ['curl', '--disable', '--noproxy', '*', '--silent', '--show-error', '--fail', '--header', `@${headers}`];
}

function start([program = '', ...words]: readonly string[], input: 'pipe' | 'ignore'): ChildProcess {
  return spawn(program, words, { stdio: [input, 'pipe', 'inherit'] });
}

async function succeeded(child: ChildProcess): Promise<void> {
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  if (code !== 0) throw new Error(`curl failed with ${code}`);
}
