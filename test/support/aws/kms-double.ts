/**
 * A double of AWS KMS that behaves as AWS documents it: symmetric keys with their states, aliases, multi-Region keys,
 * rotation, key policies and grants. All Regions are one server, told apart by the Region of a request's signature.
 * Who asks is the user whose name is the access key's id; signatures are not checked.
 *
 * As a program it listens on a port of 127.0.0.1 until it is stopped: `node test/support/aws/kms-double.ts PORT`.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AwsClientOptions } from '../../../src/aws/client-options.ts';
import { KmsClients } from '../../../src/aws/kms-clients.ts';
import { KmsAccess, userArn } from './kms/access.ts';
import { cryptography } from './kms/cryptography.ts';
import { KmsError } from './kms/error.ts';
import { management, newGrant, scheduleDeletion } from './kms/management.ts';
import type { KmsOperation } from './kms/operation.ts';
import type { PolicyDocument } from './kms/policy.ts';
import { KmsStore } from './kms/store.ts';
import type { StoredKey } from './kms/store.ts';
import { closeAtOnce } from '../loopback.ts';

const DEFAULT_REGION = 'us-east-1';
const MAX_BODY_LENGTH = 64 * 1024;
const OPERATIONS: Readonly<Record<string, KmsOperation>> = { ...cryptography, ...management };

/** One call that arrived. */
export interface KmsDoubleCall {
  readonly operation: string;
  readonly region: string;
  readonly input: Record<string, unknown>;
}

/** What happens to a call instead of, or besides, what it asks for. `after` is: once it took effect. */
export type KmsFault =
  /** An error; 400 unless another status is given. */
  | { readonly type: string; readonly status?: number; readonly message?: string; readonly when?: 'before' | 'after' }
  /** Silence for so many milliseconds; then it is answered. */
  | { readonly stall: number }
  /** The connection ends without an answer. */
  | { readonly cut: true; readonly when?: 'before' | 'after' }
  /** Another answer: text is sent as it is. */
  | { readonly change: (answer: Record<string, unknown>) => Record<string, unknown> | string };

export interface DoubleKey {
  readonly id: string;
  readonly arn: string;
}

export class KmsDouble implements AsyncDisposable {
  /** Every call, in order of arrival. */
  readonly calls: KmsDoubleCall[] = [];
  /** Asked before each call. */
  fault: ((operation: string, input: Record<string, unknown>) => KmsFault | undefined) | undefined;
  readonly #store = new KmsStore();
  readonly #access = new KmsAccess();
  readonly #server: Server;
  readonly #closing = new AbortController();

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => request.socket.destroy());
    });
  }

  /** @param port a free one unless given */
  static async start(port = 0): Promise<KmsDouble> {
    const double = new KmsDouble();
    double.#server.listen(port, '127.0.0.1');
    await once(double.#server, 'listening');
    return double;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await closeAtOnce(this.#server);
  }

  /** How often an operation was called. */
  count(operation: string): number {
    return this.calls.filter((call) => call.operation === operation).length;
  }

  /* What follows acts at once, without a call. Keys are named by their ARN. */

  createKey({
    region = DEFAULT_REGION,
    multiRegion = false,
    policy,
  }: { region?: string; multiRegion?: boolean; policy?: PolicyDocument } = {}): DoubleKey {
    return named(this.#store.create({ region, multiRegion, ...(policy !== undefined && { policy }) }));
  }

  replicateKey(arn: string, region: string): DoubleKey {
    return named(this.#store.replicate(this.#key(arn), { region }));
  }

  /** @param name with or without `alias/` */
  createAlias(name: string, arn: string): { readonly name: string; readonly arn: string } {
    const key = this.#key(arn);
    const full = name.startsWith('alias/') ? name : `alias/${name}`;
    this.#store.aliasesIn(key.region).set(full, key.shared.id);
    return { name: full, arn: key.arn.replace(/:key\/.*$/, `:${full}`) };
  }

  disableKey(arn: string): void {
    this.#key(arn).state = 'Disabled';
  }

  /** Also takes back that it is to be deleted. */
  enableKey(arn: string): void {
    const key = this.#key(arn);
    key.state = 'Enabled';
    key.deletion = undefined;
  }

  scheduleKeyDeletion(arn: string): void {
    const key = this.#key(arn);
    scheduleDeletion(this.#store.replicasOf(key), key, 30);
  }

  /** The key is gone, as after the waiting period. */
  removeKey(arn: string): void {
    this.#store.remove(this.#key(arn));
  }

  rotateKey(arn: string): void {
    this.#store.rotate(this.#key(arn));
  }

  putKeyPolicy(arn: string, policy: PolicyDocument): void {
    this.#key(arn).policy = policy;
  }

  /** From now on the user, whose name is the id of an access key, may do only what the policy allows. */
  setUserPolicy(user: string, policy: PolicyDocument): void {
    this.#access.setPolicy(user, policy);
  }

  /** Nobody, or not this user, is allowed this by a policy of theirs, until what it returns is disposed. */
  deny(action: string, { user, arn }: { readonly user?: string; readonly arn?: string } = {}): Disposable {
    return this.#access.deny({ action, user, arn });
  }

  /** @returns the token that makes the grant known at once */
  grant(
    arn: string,
    { grantee, operations }: { readonly grantee: string; readonly operations: readonly string[] },
  ): string {
    const grant = newGrant({ GranteePrincipal: grantee, Operations: operations });
    this.#key(arn).grants.push(grant);
    return grant.token;
  }

  /** Grants made so far are known everywhere, as after some minutes, and need no token any more. */
  settleGrants(): void {
    this.#store.settleGrants();
  }

  #key(arn: string): StoredKey {
    return this.#store.resolveKey(arn.split(':')[3] ?? '', arn);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = String(request.headers['x-amz-target'] ?? '').replace('TrentService.', '');
    const { region, user } = callerOf(request.headers.authorization);
    const body = await read(request);
    const input: unknown = body === undefined ? undefined : JSON.parse(body === '' ? '{}' : body);
    const known = typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};
    this.calls.push({ operation, region, input: known });
    const fault = this.fault?.(operation, known);
    if (fault !== undefined && 'stall' in fault) await sleep(fault.stall, undefined, { signal: this.#closing.signal });
    const [status, answer] = outcome(fault, () => {
      if (body === undefined) throw new KmsError('RequestEntityTooLargeException', 'the request is too large', 413);
      if (user === undefined) throw new KmsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
      const run = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
      if (run === undefined) throw new KmsError('UnknownOperationException');
      return run({
        store: this.#store,
        access: this.#access,
        region,
        principal: userArn(user),
        input: known,
      });
    });
    if (answer === undefined) {
      request.socket.destroy();
      return;
    }
    response.writeHead(status, {
      'content-type': 'application/x-amz-json-1.1',
      'content-length': Buffer.byteLength(answer),
      'x-amzn-requestid': randomUUID(),
    });
    response.end(answer);
  }
}

/** Clients of AWS KMS that ask the double, as the user `test` unless another is given. */
export function kmsClientsFor(
  { endpoint }: { readonly endpoint: string },
  {
    user = 'test',
    ...more
  }: { readonly user?: string } & Pick<AwsClientOptions, 'maxAttempts' | 'silenceTimeout'> = {},
): KmsClients {
  return new KmsClients({ endpoint, credentials: { accessKeyId: user, secretAccessKey: 'secret' }, ...more });
}

function named({ arn, shared }: StoredKey): DoubleKey {
  return { id: shared.id, arn };
}

/** Status and body of the answer; no body where the connection is to be cut. */
function outcome(fault: KmsFault | undefined, run: () => object): [number, string | undefined] {
  const fails = fault !== undefined && ('cut' in fault || 'type' in fault) ? fault : undefined;
  if (fails !== undefined && fails.when !== 'after') return failed(fails);
  let answer: object;
  try {
    answer = run();
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    return [error.status, JSON.stringify({ __type: error.type, message: error.message })];
  }
  if (fails !== undefined) return failed(fails);
  const changed = fault !== undefined && 'change' in fault ? fault.change(answer as Record<string, unknown>) : answer;
  return [200, typeof changed === 'string' ? changed : JSON.stringify(changed)];
}

function failed(fault: Extract<KmsFault, { cut: true } | { type: string }>): [number, string | undefined] {
  if ('cut' in fault) return [0, undefined];
  const { type, status = 400, message = 'told to' } = fault;
  return [status, JSON.stringify({ __type: type, message })];
}

function callerOf(authorization = ''): { region: string; user: string | undefined } {
  const [, user, region = DEFAULT_REGION] = /Credential=([^/,]+)\/\d+\/([^/]+)\//.exec(authorization) ?? [];
  return { region, user };
}

/** Undefined for a body that is too long, which is read to its end all the same. */
async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_BODY_LENGTH) chunks.push(chunk);
  }
  return length <= MAX_BODY_LENGTH ? Buffer.concat(chunks).toString() : undefined;
}

if (import.meta.main) {
  const { endpoint } = await KmsDouble.start(Number(process.argv[2] ?? 0));
  console.log(endpoint);
}
