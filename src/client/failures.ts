/** From answers and failures of the network to errors of the one table. */
import { SealroomError, cancelled, errorTable } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

/** An error that the service answered with. */
export class ServiceError extends SealroomError {
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, retryAfter: number | undefined) {
    super(code, message);
    this.retryAfter = retryAfter;
  }
}

/** What a status means that came without a code: from something in between, most likely. */
const byStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'usage',
  401: 'unauthenticated',
  403: 'permission',
  404: 'not-found',
  405: 'method-not-allowed',
  408: 'timed-out',
  409: 'conflict',
  412: 'precondition-failed',
  413: 'limit',
  414: 'limit',
  415: 'unsupported-media-type',
  416: 'range-not-satisfiable',
  422: 'cannot-open',
  429: 'too-many-requests',
  431: 'limit',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
  507: 'no-space',
};

/** Nobody explains an error in more. */
const MOST_OF_A_PROBLEM = 64 * 1024;

/** Reads the answer that reports an error. */
export async function failureOf(response: Response, base: string): Promise<SealroomError> {
  const { status } = response;
  const retryAfter = retryAfterOf(response);
  // With `redirect: 'manual'` a page is shown a redirection as status 0.
  if (status === 0 || (status >= 300 && status < 400)) {
    await response.body?.cancel();
    return new SealroomError('usage', `${base} leads elsewhere (a redirection): use the address that it leads to`);
  }
  const problem = await problemOf(response);
  if (problem === undefined) {
    const code = byStatus[status] ?? 'unexpected';
    return new ServiceError(code, `${base} answered ${status}, and not as a Sealroom does`, retryAfter);
  }
  const { code = byStatus[status] ?? 'unexpected', detail = errorTable[code].meaning, requestId } = problem;
  const message = status >= 500 && requestId !== undefined ? `${detail} (request ${requestId})` : detail;
  return new ServiceError(code, message, retryAfter);
}

interface Problem {
  readonly code: ErrorCode | undefined;
  readonly detail: string | undefined;
  readonly requestId: string | undefined;
}

/** Undefined when the answer is none of RFC 9457. */
async function problemOf(response: Response): Promise<Problem | undefined> {
  if (!/^application\/problem\+json\b/i.test(response.headers.get('content-type') ?? '')) {
    await response.body?.cancel();
    return undefined;
  }
  const text = await response.text().catch(() => '');
  // As every answer to HEAD.
  if (text === '') return { code: undefined, detail: undefined, requestId: undefined };
  const value = text.length > MOST_OF_A_PROBLEM ? undefined : parsedJson(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const code = 'code' in value && isErrorCode(value.code) ? value.code : undefined;
  const detail = 'detail' in value && typeof value.detail === 'string' ? value.detail : undefined;
  const requestId = 'requestId' in value && typeof value.requestId === 'string' ? value.requestId : undefined;
  return { code, detail, requestId };
}

/** Undefined for what is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorTable, code);
}

function retryAfterOf({ headers }: Response): number | undefined {
  const seconds = headers.get('retry-after') ?? '';
  return /^\d{1,9}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

/** What a failed `fetch`, or the reading of an answer, means. */
export function networkFailure(error: unknown, base: string, signal: AbortSignal | undefined): SealroomError {
  if (signal?.aborted) return cancelled(signal);
  if (error instanceof SealroomError) return error;
  return new SealroomError('unavailable', `${base} does not answer${reasonOf(error)}`, { cause: error });
}

/** The name of what went wrong below `fetch`, such as `ECONNREFUSED`; nothing else of it, for what else may be in it. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? ` (${code})` : '';
}
