/** Resumable uploads over lines that break, to services that die: what becomes of them. */
import { Agent, request } from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import * as tus from 'tus-js-client';
import { CuttingProxy } from './cutting-proxy.ts';
import type { Cut } from './cutting-proxy.ts';
import { Draws, seededBytes } from './seeded-bytes.ts';

/** One upload that is to be made. */
export interface PlannedUpload {
  /** Of its bytes. */
  readonly seed: number;
  readonly size: number;
  /** Most bytes of a request. */
  readonly chunk: number;
  readonly by: 'tus-js-client' | 'raw requests';
  /** Another client works on the same upload at the same time. */
  readonly contested: boolean;
  /** Its size is told with the last bytes. */
  readonly deferred: boolean;
  readonly cuts: readonly Cut[];
}

export interface PlanOptions {
  readonly files: number;
  readonly cuts: number;
  /** Most bytes of a file. */
  readonly largest: number;
  /** Bytes of the file that goes byte by byte. */
  readonly tiny: number;
  readonly seed: number;
}

const CHUNKS = [4096, 65_536, 1_000_000, 5 * 2 ** 20, 50 * 2 ** 20];
/** Most requests of a file, where nothing breaks; fewer where two take turns, which may take half a second. */
const REQUESTS = 60;
const CONTESTED_REQUESTS = 6;

/** Uploads of many kinds, the first of them byte by byte. */
export function planUploads({ files, cuts, largest, tiny, seed }: PlanOptions): PlannedUpload[] {
  const draws = new Draws(seed);
  return Array.from({ length: files }, (_, i) => {
    const drawn = i % 2 === 0 ? draws.size(largest) : draws.below(largest);
    const size = i === 0 ? tiny : Math.max(1000, drawn);
    const contested = i % 5 === 4;
    const least = size / (contested ? CONTESTED_REQUESTS : REQUESTS);
    const chunk = i === 0 ? 1 : Math.ceil(Math.max(least, draws.pick(CHUNKS)));
    const ours = Math.floor(((i + 1) * cuts) / files) - Math.floor((i * cuts) / files);
    return {
      seed: seed + i,
      size,
      chunk,
      by: i % 2 === 0 ? 'tus-js-client' : 'raw requests',
      contested,
      deferred: i % 4 === 3,
      cuts: Array.from({ length: ours }, () => ({
        after: draws.below(size),
        what: draws.below(4) === 0 ? ('answer' as const) : ('request' as const),
      })),
    };
  });
}

export interface Services {
  readonly token: string;
  readonly running: readonly { readonly url: string }[];
}

export interface MadeUpload {
  readonly id: string;
  /** How often the line broke. */
  readonly cuts: number;
  /** Requests that were answered, by their status. */
  readonly statuses: ReadonlyMap<number, number>;
}

/** Uploads a file, whatever breaks. */
export async function makeUpload(planned: PlannedUpload, services: Services): Promise<MadeUpload> {
  const bytes = Buffer.concat([...seededBytes(planned.seed, planned.size)]);
  await using proxy = await CuttingProxy.start(services.running, planned.cuts);
  const statuses = new Map<number, number>();
  const client = { ...planned, bytes, url: proxy.url, token: services.token, statuses };
  let url = '';
  if (planned.by === 'tus-js-client') {
    const begun = Promise.withResolvers<string>();
    const [made] = await Promise.all([
      byTusClient(client, begun.resolve),
      planned.contested ? begun.promise.then((at) => byRawRequests(client, at)) : undefined,
    ]);
    url = made;
  } else {
    url = await begin(client);
    const work = (): Promise<void> => byRawRequests(client, url);
    await Promise.all(planned.contested ? [work(), work()] : [work()]);
  }
  return { id: url.split('/').at(-1)!, cuts: proxy.made, statuses };
}

interface Client extends PlannedUpload {
  readonly bytes: Buffer;
  readonly url: string;
  readonly token: string;
  readonly statuses: Map<number, number>;
}

function count({ statuses }: Client, status: number): void {
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
}

/** How often a request is made that was not answered. */
const TRIES = 300;
const PAUSE = 50;

async function byTusClient(client: Client, onBegun: (url: string) => void): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const upload = new tus.Upload(client.bytes, {
    endpoint: `${client.url}/v1/uploads`,
    headers: { authorization: `Bearer ${client.token}` },
    metadata: { filename: `${client.seed}` },
    chunkSize: client.chunk,
    uploadLengthDeferred: client.deferred,
    uploadDataDuringCreation: client.seed % 3 === 0,
    retryDelays: Array.from({ length: TRIES }, () => PAUSE),
    onAfterResponse: (_request, response) => count(client, response.getStatus()),
    onUploadUrlAvailable: () => onBegun(upload.url!),
    onSuccess: () => resolve(upload.url!),
    onError: reject,
  });
  upload.start();
  return promise;
}

const TUS = { 'tus-resumable': '1.0.0' };

async function begin(client: Client): Promise<string> {
  const length = client.deferred ? { 'upload-defer-length': '1' } : { 'upload-length': String(client.size) };
  const name = `filename ${Buffer.from(String(client.seed)).toString('base64')}`;
  const answer = await insist(client, {
    method: 'POST',
    url: `${client.url}/v1/uploads`,
    headers: { ...length, 'upload-metadata': name },
    wanted: [201],
  });
  return `${client.url}${String(answer.headers['location'])}`;
}

/** As the protocol says: asks how far it got, and goes on from there. */
async function byRawRequests(client: Client, url: string): Promise<void> {
  for (let tries = 0; tries < TRIES + client.size / client.chunk; tries++) {
    const asked = await insist(client, { method: 'HEAD', url, wanted: [200] });
    let offset = Number(asked.headers['upload-offset']);
    // A file that is there has a length; an upload that waits for its length is not at its end.
    if (offset === client.size && asked.headers['upload-length'] !== undefined) return;
    try {
      while (offset < client.size || client.deferred) {
        const end = Math.min(client.size, offset + client.chunk);
        const last = end === client.size && client.deferred ? { 'upload-length': String(client.size) } : {};
        const answer = await once(client, {
          method: 'PATCH',
          url,
          headers: { 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset), ...last },
          body: client.bytes.subarray(offset, end),
        });
        if (answer.status !== 204) break;
        offset = Number(answer.headers['upload-offset']);
        if (offset === client.size) break;
      }
    } catch {
      await sleep(PAUSE);
    }
  }
  throw new Error(`an upload of ${client.size} bytes does not come to its end`);
}

interface RawRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
}

/** Asks until it is answered, for the line may break. */
async function insist(
  client: Client,
  { wanted, ...asked }: RawRequest & { readonly wanted: readonly number[] },
): Promise<Answer> {
  let last: unknown;
  for (let i = 0; i < TRIES; i++) {
    try {
      const answer = await once(client, asked);
      if (wanted.includes(answer.status)) return answer;
      // Another one works on it for longer than anybody waits.
      if (answer.status !== 409 && answer.status !== 503) throw new TypeError(`answered with ${answer.status}`);
    } catch (error) {
      if (error instanceof TypeError) throw error;
      last = error;
    }
    await sleep(PAUSE);
  }
  throw new Error(`${asked.method} is not answered`, { cause: last });
}

async function once(client: Client, { method, url, headers, body }: RawRequest): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = request(url, {
    method,
    agent: new Agent({ keepAlive: false }),
    headers: {
      authorization: `Bearer ${client.token}`,
      ...TUS,
      'content-length': body?.length ?? 0,
      ...headers,
    },
  });
  sent.once('error', reject).once('response', (response) => {
    count(client, response.statusCode!);
    text(response).then(() => resolve({ status: response.statusCode!, headers: response.headers }), reject);
  });
  sent.end(body);
  return promise;
}
