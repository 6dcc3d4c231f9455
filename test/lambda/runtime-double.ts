/** The Node.js runtime of AWS Lambda, as far as a function that streams its answer sees it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import type { FunctionUrlEvent } from '../../src/lambda/function-url.ts';
import type { AnswerHead, LambdaRuntime, ResponseStream, StreamingHandler } from '../../src/lambda/runtime.ts';

/** An event as AWS documents it. */
export const documentedEvent = JSON.parse(
  readFileSync(new URL('function-url-event.json', import.meta.url), 'utf8'),
) as FunctionUrlEvent;

export interface EventOptions {
  readonly method?: string;
  /** With its query, if any. */
  readonly path: string;
  /** Beside those that every event has. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body?: string | Uint8Array;
  readonly sourceIp?: string;
}

let events = 0;

/** The event that a function URL makes of a request: bytes as base64, text as it is. */
export function eventFor({ method = 'GET', path, headers, cookies, body, sourceIp }: EventOptions): FunctionUrlEvent {
  const { cookies: _, ...rest } = structuredClone(documentedEvent);
  const [rawPath = '', rawQueryString = ''] = path.split('?', 2);
  const { requestContext } = rest;
  const requestId = `00000000-0000-4000-8000-${String(++events).padStart(12, '0')}`;
  const http = { ...requestContext.http, method, path: rawPath, ...(sourceIp !== undefined && { sourceIp }) };
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return {
    ...rest,
    rawPath,
    rawQueryString,
    headers: { ...rest.headers, 'x-forwarded-for': http.sourceIp, ...length, ...headers },
    ...(cookies !== undefined && { cookies }),
    ...(body !== undefined && { body: typeof body === 'string' ? body : Buffer.from(body).toString('base64') }),
    isBase64Encoded: body !== undefined && typeof body !== 'string',
    requestContext: { ...requestContext, requestId, http },
  };
}

/** What came of an invocation. */
export interface Invocation {
  readonly head: AnswerHead;
  readonly body: Buffer;
  /** False when the stream was left open. */
  readonly ended: boolean;
  /** What the handler threw. */
  readonly error: Error | undefined;
}

const PRELUDE_TYPE = 'application/vnd.awslambda.http-integration-response';
/** Between the head and the body. */
const DELIMITER = Buffer.alloc(8);
const FIRST_WRITE = Symbol('first write');

/** Where the answer goes. Takes everything at once, unless it is told to wait. */
export class Sink extends Writable {
  readonly #chunks: Buffer[] = [];
  #stalled = false;
  #goOn: (() => void) | undefined;
  contentType: string | undefined;

  constructor() {
    super({ highWaterMark: 64 * 1024 });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Takes nothing more until what is returned is called. */
  stall(): () => void {
    this.#stalled = true;
    return () => {
      this.#stalled = false;
      this.#goOn?.();
    };
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#chunks.push(Buffer.from(chunk));
    if (this.#stalled) this.#goOn = done;
    else done();
  }
}

/** The methods and properties that the runtime has on what it hands to a function, which is none of Node's streams. */
const METHODS = [
  'cork',
  'destroy',
  'end',
  'uncork',
  'addListener',
  'on',
  'once',
  'prependListener',
  'prependOnceListener',
  'off',
  'removeListener',
  'removeAllListeners',
  'listeners',
  'listenerCount',
  'eventNames',
  'emit',
] as const;
const PROPERTIES = [
  'destroyed',
  'writable',
  'writableEnded',
  'writableFinished',
  'writableHighWaterMark',
  'writableLength',
  'writableNeedDrain',
] as const;

type RawWrite = (chunk: string | Uint8Array) => void;
type GivenStream = ResponseStream & { [FIRST_WRITE]?: (write: RawWrite) => void };

function givenStream(sink: Sink): GivenStream {
  const stream = {} as Record<PropertyKey, unknown>;
  for (const name of METHODS) stream[name] = (sink[name] as (...values: unknown[]) => unknown).bind(sink);
  for (const name of PROPERTIES) Object.defineProperty(stream, name, { get: () => sink[name] });
  let begun = false;
  stream['setContentType'] = (type: string) => {
    assert.ok(!begun, 'the type of the content is said before anything is written');
    sink.contentType = type;
  };
  stream['write'] = (chunk: string | Uint8Array, ...rest: []) => {
    // Not before what `end` is given: Node's own `end` does not call this.
    if (!begun) (stream[FIRST_WRITE] as GivenStream[typeof FIRST_WRITE])?.((first) => void sink.write(first));
    begun = true;
    return sink.write(chunk, ...rest);
  };
  return stream as unknown as GivenStream;
}

/** What the runtime has in the global `awslambda`. */
export const runtimeDouble: LambdaRuntime = {
  streamifyResponse: (handler) => handler,
  HttpResponseStream: {
    from: (out: GivenStream, head) => {
      out.setContentType(PRELUDE_TYPE);
      const prelude = JSON.stringify(head);
      out[FIRST_WRITE] = (write) => {
        write(prelude);
        write(DELIMITER);
      };
      return out;
    },
  },
};

/** Has a function answer an event, and reads what a function URL would read of its stream. */
export async function invoke(
  handler: StreamingHandler,
  event: unknown,
  { sink = new Sink() }: { readonly sink?: Sink } = {},
): Promise<Invocation> {
  let error: Error | undefined;
  try {
    await handler(event, givenStream(sink), { getRemainingTimeInMillis: () => 60_000 });
    if (!sink.destroyed)
      await new Promise<void>((resolve) => void (sink.writableFinished ? resolve() : sink.once('finish', resolve)));
  } catch (thrown) {
    error = thrown as Error;
  }
  const { bytes } = sink;
  assert.equal(sink.contentType, error === undefined || bytes.length > 0 ? PRELUDE_TYPE : sink.contentType);
  const end = bytes.indexOf(DELIMITER);
  if (end === -1) throw error ?? new Error('a function URL waits for ever for an answer without a head');
  const head = JSON.parse(bytes.subarray(0, end).toString()) as AnswerHead;
  return { head, body: bytes.subarray(end + DELIMITER.length), ended: sink.writableEnded, error };
}
