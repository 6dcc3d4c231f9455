/** The service under a crowd, and all that must be so afterwards. */
import { setTimeout as sleep } from 'node:timers/promises';
import { runCrowd } from './crowd.ts';
import type { CrowdReport, KeptFile } from './crowd.ts';
import { HttpClient } from './http-client.ts';
import { openDescriptors, peakResident } from './process-facts.ts';
import { checkSeeded } from './seeded-bytes.ts';
import { serve } from './serve.ts';
import type { ServerProcess } from './server-process.ts';
import { inspectVault } from './vault-folder.ts';
import type { Inspected } from './vault-folder.ts';

export interface CrowdedOptions {
  /** Where the vault is to be made. */
  readonly folder: string;
  readonly clients: number;
  readonly milliseconds: number;
  /** Most bytes of a file. */
  readonly largest: number;
  readonly seed: number;
  /** Most memory that the server may have resident, in bytes. */
  readonly memoryLimit: number;
}

export interface Crowded {
  readonly crowd: CrowdReport;
  /** Most memory that the server had resident, in bytes. */
  readonly peak: number;
  readonly inspected: Pick<Inspected, 'files' | 'sweeps'>;
  /** What is not as it must be, in words. */
  readonly violations: readonly string[];
}

/** How long the server may take to notice who has gone and to clean up, in milliseconds. */
const PATIENCE = 20_000;
const LOOK_EVERY = 50;

/** Starts the service on a new vault, lets a crowd use it, ends it, and looks at what it leaves. */
export async function crowdedService({ folder, memoryLimit, ...options }: CrowdedOptions): Promise<Crowded> {
  const violations: string[] = [];
  await using server = await serve(folder);
  const before = await openDescriptors(server.pid);
  const crowd = await runCrowd({ ...options, url: server.url, token: server.token });
  violations.push(...crowd.errors, ...(await unsettled(server, before)));
  violations.push(...(await differences(server, crowd.kept)));
  const peak = await peakResident(server.pid);
  if (peak > memoryLimit) violations.push(`${peak} bytes were resident, and the limit is ${memoryLimit}`);
  await server.stop();
  violations.push(...server.errors.map((line) => `the server reported ${line}`));
  const { violations: found, ...inspected } = await inspectVault(folder);
  violations.push(...found, ...misses(inspected.files, crowd.kept));
  return { crowd, peak, inspected, violations };
}

/** Waits until the server is as it was before anyone came; says what is still there when that lasts too long. */
async function unsettled(server: ServerProcess, before: readonly string[]): Promise<string[]> {
  const known = new Set(before);
  const late = performance.now() + PATIENCE;
  for (;;) {
    const running = (await transfersInFlight(server)).filter(({ count }) => count !== 0);
    const opened = (await openDescriptors(server.pid)).filter((target) => !known.has(target));
    if (running.length === 0 && opened.length === 0) return [];
    if (performance.now() > late) {
      return [
        ...running.map(
          ({ direction, count }) => `${count} transfers (${direction}) are in flight, and nobody is there`,
        ),
        ...opened.map((target) => `the server still has ${target} open`),
      ];
    }
    await sleep(LOOK_EVERY);
  }
}

interface InFlight {
  readonly direction: string;
  readonly count: number;
}

/** Uploads and downloads that the server counts as running. */
async function transfersInFlight(server: ServerProcess): Promise<InFlight[]> {
  // A client for each look, so that its own connection is not found.
  using client = new HttpClient(server);
  const lines = (await client.metrics()).matchAll(/^sealroom_http_transfers_in_flight\{direction="(\w+)"\} (\S+)$/gm);
  const transfers = Array.from(lines, ([, direction = '', count]) => ({ direction, count: Number(count) }));
  if (transfers.length !== 2) throw new Error('the metrics do not tell what is in flight in both directions');
  return transfers;
}

/** Downloads everything that must be there, and compares it. */
async function differences(server: ServerProcess, kept: ReadonlyMap<string, KeptFile>): Promise<string[]> {
  using client = new HttpClient(server);
  const found: string[] = [];
  for (const [id, { seed, size }] of kept) {
    try {
      const length = await checkSeeded(await client.download(id), seed);
      if (length !== size) found.push(`file ${id} has ${length} bytes of ${size}`);
    } catch (error) {
      found.push(`file ${id}: ${String(error)}`);
    }
  }
  return found;
}

/** Files of the vault are those that were answered with 201 and not removed: no other upload left one. */
function misses(files: Inspected['files'], kept: CrowdReport['kept']): string[] {
  const ids = new Set(files.map(({ id }) => id));
  return [
    ...[...kept.keys()].filter((id) => !ids.has(id)).map((id) => `file ${id} is gone`),
    ...[...ids].filter((id) => !kept.has(id)).map((id) => `file ${id} is there, and nobody was told`),
  ];
}
