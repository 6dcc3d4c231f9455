/** Two services on one vault, one of which dies and comes back, under uploads whose lines break. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeUpload, planUploads } from './cut-uploads.ts';
import type { MadeUpload, PlanOptions, PlannedUpload } from './cut-uploads.ts';
import { HttpClient } from './http-client.ts';
import { peakResident } from './process-facts.ts';
import { checkSeeded } from './seeded-bytes.ts';
import { serve } from './serve.ts';
import type { ServerProcess } from './server-process.ts';
import { inspectVault } from './vault-folder.ts';
import type { Inspected } from './vault-folder.ts';

export interface CutOptions extends PlanOptions {
  /** Where the vault is made, and what the services note. */
  readonly folder: string;
  /** How many are under way at once. */
  readonly atOnce: number;
  /** How often a service is killed and started anew. */
  readonly kills: number;
}

export interface CutReport {
  readonly uploads: readonly MadeUpload[];
  readonly bytes: number;
  /** Messages that were sealed. */
  readonly messages: number;
  /** Most memory that a service had resident that was not killed, in bytes. */
  readonly peak: number;
  readonly sweeps: Inspected['sweeps'];
  /** What is not as it must be, in words. */
  readonly violations: readonly string[];
}

export async function cutServices({ folder, atOnce, kills, ...plan }: CutOptions): Promise<CutReport> {
  const vault = join(folder, 'vault');
  const notes: string[] = [];
  const start = async (): Promise<ServerProcess> => {
    const path = join(folder, `sealed-${notes.length}`);
    notes.push(path);
    await writeFile(path, '');
    const preload = new URL('../programs/use-noting-cipher.ts', import.meta.url);
    preload.search = encodeURIComponent(path);
    return serve(vault, { preload: preload.href });
  };
  await using first = await start();
  const { token } = first;
  const running = [first, await start()];
  await using _ = { [Symbol.asyncDispose]: async () => running[1]?.[Symbol.asyncDispose]() };
  const planned = planUploads(plan);
  const violations: string[] = [];
  const made = new Map<PlannedUpload, MadeUpload>();
  const waiting = [...planned];
  let killed = 0;
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        made.set(next, await makeUpload(next, { token, running }));
      } catch (error) {
        violations.push(`${JSON.stringify(next)}: ${String(error)}`);
      }
      if (killed * planned.length >= kills * made.size) continue;
      killed++;
      await running[1]![Symbol.asyncDispose]();
      running[1] = await start();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  violations.push(...(await differences(first, made)), ...(await giveUpRest(first)));
  const peak = await peakResident(first.pid);
  for (const server of running) {
    await server.stop();
    violations.push(...server.errors.map((line) => `a server reported ${line}`));
  }
  const { violations: found, files, sweeps } = await inspectVault(vault);
  violations.push(...found);
  violations.push(...misses(files, made));
  const { ids, twice } = await sealed(notes);
  violations.push(...twice);
  for (const { id, segments } of files) {
    if (segments.some(({ messageId }) => !ids.has(messageId)))
      violations.push(`nobody noted what file ${id} is made of`);
  }
  const bytes = planned.reduce((sum, { size }) => sum + size, 0);
  return { uploads: [...made.values()], bytes, messages: ids.size, peak, sweeps, violations };
}

/** Downloads every file, and compares it. */
async function differences(server: ServerProcess, made: ReadonlyMap<PlannedUpload, MadeUpload>): Promise<string[]> {
  using client = new HttpClient(server);
  const found: string[] = [];
  for (const [{ seed, size }, { id }] of made) {
    try {
      const length = await checkSeeded(await client.download(id), seed);
      if (length !== size) found.push(`file ${id} has ${length} bytes of ${size}`);
    } catch (error) {
      found.push(`file ${id}: ${String(error)}`);
    }
  }
  return found;
}

/**
 * All that were made are there. A file whose first request held all of it may be there twice: where the answer was lost,
 * its client could only begin anew.
 */
function misses(files: Inspected['files'], made: ReadonlyMap<PlannedUpload, MadeUpload>): string[] {
  const ids = new Set(files.map(({ id }) => id));
  const whole = new Set(Array.from(made.keys(), ({ seed, size }) => `${seed} of ${size}`));
  return [
    ...[...made.values()].filter(({ id }) => !ids.has(id)).map(({ id }) => `file ${id} is gone`),
    ...files
      .filter(({ name, size }) => !whole.has(`${name} of ${size}`))
      .map(({ id, size }) => `file ${id} of ${size} bytes is nobody’s`),
  ];
}

/** Uploads that were begun by a request whose answer was lost: nobody knows of them, so they are given up. */
async function giveUpRest({ url, token }: ServerProcess): Promise<string[]> {
  const headers = { authorization: `Bearer ${token}`, 'tus-resumable': '1.0.0' };
  const listed = await (await fetch(`${url}/v1/uploads`, { headers })).text();
  const found: string[] = [];
  for (const [, id] of listed.matchAll(/"id":"([^"]+)"/g)) {
    const { status } = await fetch(`${url}/v1/uploads/${id}`, { method: 'DELETE', headers });
    if (status !== 204) found.push(`giving an upload up was answered with ${status}`);
  }
  return found;
}

/** What was sealed, by the notes of all processes; a message is sealed by one of them, and its frames in their order. */
async function sealed(notes: readonly string[]): Promise<{ ids: ReadonlySet<string>; twice: string[] }> {
  const ids = new Set<string>();
  const twice: string[] = [];
  for (const path of notes) {
    for (const line of (await readFile(path, 'latin1')).split('\n')) {
      if (line === '') continue;
      if (line.includes(' ') || ids.has(line)) twice.push(`sealed twice: message ${line}`);
      ids.add(line);
    }
  }
  return { ids, twice };
}
