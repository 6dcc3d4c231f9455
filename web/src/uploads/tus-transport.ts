/** Uploads by tus 1.0, which goes on after the last byte that is durable. */
import type { DetailedError, Upload, UploadOptions } from 'tus-js-client';
import { authorization, segment } from '../../../src/client/address.ts';
import { failureOf } from '../../../src/client/failures.ts';
import { Requests } from '../../../src/client/requests.ts';
import { SealroomError, isSealroomError } from '../../../src/errors.ts';
import { UnreadableFile } from './problems.ts';
import type { Outgoing, SendOptions, ServerUpload, Transport } from './transport.ts';

export interface TusTransportOptions {
  /** Where the service is, without a slash at the end. */
  readonly base: string;
  readonly token: string;
  readonly fetch: typeof fetch;
  /** The client of the protocol; loaded when the first file is sent. */
  readonly load: () => Promise<TusClient>;
}

export interface TusClient {
  readonly Upload: typeof Upload;
  /** What only some platforms need. */
  readonly options?: Pick<UploadOptions, 'fileReader' | 'httpStack'>;
}

const PATH = '/v1/uploads';
const VERSION = { 'tus-resumable': '1.0.0' };

export function tusTransport(options: TusTransportOptions): Transport {
  const { base, token, fetch } = options;
  const requests = new Requests({ base, authorization: authorization(token), fetch, retryDelay: 250 });
  return {
    send: async (outgoing, sendOptions) => {
      const client = await options.load().catch((cause: unknown) => {
        throw new SealroomError('unavailable', 'part of the page did not load', { cause });
      });
      await sent(outgoing, { ...options, ...sendOptions, client });
    },
    remove: ({ id, tenant }) =>
      requests.repeated({}, () => requests.remove(`${PATH}/${segment(id)}`, { tenant, headers: VERSION })),
    unfinished: async (tenant, { signal }) => {
      const list = await requests.read<{ readonly uploads: readonly ServerUpload[] }>(
        PATH,
        { tenant, signal },
        'uploads',
      );
      return list.uploads;
    },
  };
}

interface Sending extends TusTransportOptions, SendOptions {
  readonly client: TusClient;
}

async function sent(outgoing: Outgoing, sending: Sending): Promise<void> {
  const { base, token, client, onBegun, onDurable, onSent, signal } = sending;
  const { file, name, tenant, id, size } = outgoing;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const upload = new client.Upload(file, {
    ...client.options,
    endpoint: id === undefined ? base + PATH : null,
    uploadUrl: id === undefined ? null : `${base}${PATH}/${segment(id)}`,
    headers: { Authorization: authorization(token), 'Sealroom-Tenant': tenant },
    metadata: { name: name.toWellFormed(), type: file.type },
    uploadLengthDeferred: id !== undefined && size === null,
    chunkSize: Infinity,
    // Whoever calls waits better: he knows when the line is back, and says what he waits for.
    retryDelays: null,
    // Addresses of uploads are not kept under names that tell of the file.
    storeFingerprintForResuming: false,
    fingerprint: () => Promise.resolve(''),
    onUploadUrlAvailable: () => {
      // With an endpoint, any refusal of what was begun would begin it once more, and leave what has arrived behind.
      upload.options.endpoint = null;
      if (id === undefined) onBegun(idIn(upload.url ?? ''));
    },
    // An upload that was stopped while it was being prepared would begin all the same.
    onBeforeRequest: () => signal.throwIfAborted(),
    onAfterResponse: (_request, response) => {
      const offset = response.getHeader('Upload-Offset') ?? '';
      if (/^\d{1,16}$/.test(offset)) onDurable(Number(offset));
    },
    onProgress: onSent,
    onSuccess: () => resolve(),
    onError: reject,
  });
  const stop = (): void => {
    void upload.abort();
    reject(signal.reason);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    upload.start();
    await promise;
  } catch (error) {
    signal.throwIfAborted();
    throw await failed(error, { file, base });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function idIn(url: string): string {
  return decodeURIComponent(url.slice(url.lastIndexOf('/') + 1));
}

/** What an error of the client stands for. */
async function failed(error: unknown, { file, base }: { readonly file: File; readonly base: string }): Promise<Error> {
  if (!isDetailed(error)) return new SealroomError('unexpected', 'the upload failed', { cause: error });
  const { originalResponse: response } = error;
  if (response === null) {
    // To a browser, a file that was changed since it was chosen is a failure of the network.
    return (await unreadable(file)) ?? new SealroomError('unavailable', `${base} does not answer`, { cause: error });
  }
  const status = response.getStatus();
  // Something on the way answers in place of the service: the sign-in of a network, for example.
  if (status < 400 || status > 599) return new SealroomError('unavailable', `${base} does not answer as it should`);
  const headers = ['Content-Type', 'Retry-After'].flatMap((name): [string, string][] => {
    const value = response.getHeader(name);
    return value === undefined || value === null ? [] : [[name, value]];
  });
  const failure = await failureOf(new Response(response.getBody(), { status, headers }), base);
  // Of the protocol, and in no table: another request still works on the upload.
  if (status === 423 && isSealroomError(failure, 'unexpected'))
    return new SealroomError('in-progress', failure.message);
  return failure;
}

function isDetailed(error: unknown): error is DetailedError {
  return error instanceof Error && 'originalResponse' in error;
}

async function unreadable(file: File): Promise<UnreadableFile | undefined> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return undefined;
  } catch (cause) {
    return new UnreadableFile({ cause });
  }
}
