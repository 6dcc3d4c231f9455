/** What the Node.js runtime of AWS Lambda offers a function that streams its answer, as far as it is used here. */
import { SealroomError } from '../errors.ts';

/**
 * Where the answer goes. Not a stream of Node's classes in every release of the runtime, but with these of its methods;
 * `pipeline` of `node:stream` takes it.
 */
export interface ResponseStream extends NodeJS.WritableStream {
  setContentType(type: string): void;
}

/** What comes before the body. */
export interface AnswerHead {
  readonly statusCode: number;
  /** Without `set-cookie`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Each as it stands in a `set-cookie`. */
  readonly cookies: readonly string[];
}

/** What is known of one invocation. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

/** The answer has been handed over when it resolves; a rejection tells Lambda that the answer is not whole. */
export type StreamingHandler = (event: unknown, out: ResponseStream, context: InvocationContext) => Promise<void>;

export interface LambdaRuntime {
  /** Marks a handler as one that streams. */
  streamifyResponse(handler: StreamingHandler): StreamingHandler;
  readonly HttpResponseStream: {
    /** The stream that has the head written before its first bytes: without any, not even the head is sent. */
    from(out: ResponseStream, head: AnswerHead): ResponseStream;
  };
}

/** The runtime that this process is in. @throws SealroomError `usage` anywhere else */
export function lambdaRuntime(): LambdaRuntime {
  const runtime: unknown = Reflect.get(globalThis, 'awslambda');
  if (isRuntime(runtime)) return runtime;
  throw new SealroomError('usage', 'sealroom/lambda is for functions in AWS Lambda, and this process is in none');
}

function isRuntime(value: unknown): value is LambdaRuntime {
  return typeof value === 'object' && value !== null && 'streamifyResponse' in value && 'HttpResponseStream' in value;
}
