/**
 * Servers that speak the protocols of AWS. Each is started when a test first asks for it and ends with this process.
 *
 * What is not installed is left out, loudly, unless `SEALROOM_REQUIRE_ALL` is set; with `SEALROOM_NO_SERVERS` so is what
 * is. Where they are found:
 * - moto: `moto_server`, or the program that `SEALROOM_MOTO` names;
 * - DynamoDB Local: the folder of its jars in `SEALROOM_DYNAMODB_LOCAL`, and `java`;
 * - Ceph's radosgw: `ceph-mon`, `ceph-osd` and `radosgw`.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { startCeph } from './ceph.ts';
import { freePort, startServerProcess } from './server-process.ts';

/** Where a server is, and as whom to speak to it. */
export interface AwsServer {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly region: string;
}

export const REGION = 'us-east-1';
const ANYBODY = { accessKeyId: 'test', secretAccessKey: 'test' };

type Finder = () => Promise<AwsServer | undefined>;

/** S3, KMS and DynamoDB together, of which only the shape can be relied on. */
export const moto: Finder = once(async () => {
  const command = process.env['SEALROOM_MOTO'] ?? onPath('moto_server');
  if (command === undefined) return undefined;
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  await startServerProcess({ command, arguments: ['-H', '127.0.0.1', '-p', String(port)], url: endpoint });
  return { endpoint, credentials: ANYBODY, region: REGION };
});

/** AWS's own DynamoDB for one machine, in memory. */
export const dynamodbLocal: Finder = once(async () => {
  const jars = process.env['SEALROOM_DYNAMODB_LOCAL'];
  if (jars === undefined || onPath('java') === undefined) return undefined;
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const main = 'software.amazon.dynamodb.services.local.main.ServerRunner';
  await startServerProcess({
    command: 'java',
    arguments: [
      '-Xmx1g',
      `-Djava.library.path=${jars}`,
      '-cp',
      join(jars, '*'),
      main,
      '-inMemory',
      '-disableTelemetry',
      '-port',
      String(port),
    ],
    url: endpoint,
  });
  return { endpoint, credentials: ANYBODY, region: REGION };
});

/** A second S3, which checks signatures and digests. */
export const ceph: Finder = once(async () => {
  const programs = ['ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin', 'ceph', 'ceph-authtool', 'monmaptool'];
  if (programs.some((program) => onPath(program) === undefined)) return undefined;
  return startCeph();
});

/** True when a test is to be left out, which it then says. */
export function leftOut(t: TestContext, found: unknown, name: string): found is undefined {
  if (found !== undefined) return false;
  if (process.env['SEALROOM_REQUIRE_ALL'] !== undefined) throw new Error(`${name} is not installed`);
  const why = process.env['SEALROOM_NO_SERVERS'] === undefined ? 'is not installed' : 'is not wanted';
  t.skip(`left out: ${name} ${why}`);
  return true;
}

/**
 * What was found, for those who cannot do without it.
 *
 * @throws when it was not
 */
export async function required(finding: ReturnType<Finder>, name: string): Promise<AwsServer> {
  const server = await finding;
  if (server === undefined) throw new Error(`${name} is not installed`);
  return server;
}

/** The path of a program; undefined when it is not installed. */
export function onPath(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return [...folders, '/usr/sbin', '/sbin'].map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** Runs a program to its end, and gives what it printed. */
export async function run(
  command: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const { stdout } = await promisify(execFile)(command, words, { env, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

function once(find: Finder): Finder {
  let found: ReturnType<Finder> | undefined;
  return () => (found ??= process.env['SEALROOM_NO_SERVERS'] === undefined ? find() : Promise.resolve(undefined));
}
