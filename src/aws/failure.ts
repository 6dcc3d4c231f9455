/** What AWS says when a call fails, in Sealroom's words. Knows nothing of the SDK but the shape of its errors. */
import { SealroomError, cancelled } from '../errors.ts';

/** What matters of an error of the AWS SDK. */
export interface AwsFailure {
  /** Such as `AccessDeniedException`, or the code of a system error. */
  readonly name: string;
  /** Status of the answer; undefined when there was none. */
  readonly status: number | undefined;
  /** By which AWS finds the request; undefined when there was no answer. */
  readonly requestId: string | undefined;
  /** How often the SDK asked; more than 1 when an earlier try may have taken effect. */
  readonly attempts: number;
}

/** Names that say that the caller asks too often. */
const THROTTLED =
  /^(?:Throttl|TooManyRequests|RequestLimitExceeded|LimitExceededException$|ProvisionedThroughputExceeded|SlowDown|BandwidthLimitExceeded|RequestThrottled|PriorRequestNotComplete|EC2Throttled)/;
const DENIED = /^(?:AccessDenied|AccessDeniedException|UnauthorizedOperation|NotAuthorized|AllAccessDisabled)$/;
/** The caller is nobody: no credentials, or ones that are no longer in force. */
const NOBODY =
  /^(?:CredentialsProviderError|ExpiredToken|ExpiredTokenException|UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|MissingAuthenticationToken|MissingAuthenticationTokenException|IncompleteSignature|InvalidToken|RequestTimeTooSkewed|TokenProviderError)$/;

export function failureOf(error: unknown): AwsFailure {
  const fields = typeof error === 'object' && error !== null ? error : {};
  const metadata: unknown = Reflect.get(fields, '$metadata');
  const facts = typeof metadata === 'object' && metadata !== null ? metadata : {};
  const status: unknown = Reflect.get(facts, 'httpStatusCode');
  const attempts: unknown = Reflect.get(facts, 'attempts');
  const requestId: unknown = Reflect.get(facts, 'requestId');
  const code: unknown = Reflect.get(fields, 'Code') ?? Reflect.get(fields, 'code');
  const name: unknown = Reflect.get(fields, 'name');
  // An error of the system has its code, and is called no more than "Error".
  const named = typeof name === 'string' && name !== 'Error' ? name : code;
  return {
    name: typeof named === 'string' ? named : 'unknown',
    status: typeof status === 'number' ? status : undefined,
    requestId: typeof requestId === 'string' ? requestId : undefined,
    attempts: typeof attempts === 'number' ? attempts : 1,
  };
}

/** What a server says that it cannot do, and for which it has no room. */
const UNABLE = new Set([501, 507]);

/** True for the answer of a server that did nothing. With any other, or none, it may have done what it was asked. */
export function wasRefused(error: unknown): boolean {
  const { name, status } = failureOf(error);
  return status !== undefined && status >= 400 && (status < 500 || UNABLE.has(status) || THROTTLED.test(name));
}

/** Names by which S3 says that another Region has the bucket. */
const ELSEWHERE = new Set(['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException']);

/** True when another Region has the bucket that was asked. */
export function isElsewhere({ name, status }: AwsFailure): boolean {
  return ELSEWHERE.has(name) || status === 301;
}

/** True when AWS knows who asks, and does not allow it. */
export function isDenied(error: unknown): boolean {
  const { name, status } = failureOf(error);
  return !NOBODY.test(name) && !THROTTLED.test(name) && (DENIED.test(name) || status === 403);
}

/** True when no Region is set anywhere. The SDK finds out when it first asks, and has no name for it. */
export function isRegionMissing(error: unknown): boolean {
  return error instanceof Error && error.message === 'Region is missing';
}

/**
 * The error for a call that failed, unless the caller knows better what the failure means.
 *
 * @param thing what the call was about, such as `the table t`: it begins the message
 */
export function awsError(
  error: unknown,
  { thing, signal }: { readonly thing: string; readonly signal?: AbortSignal | undefined },
): SealroomError {
  if (error instanceof SealroomError) return error;
  if (signal?.aborted) return cancelled(signal);
  const failure = failureOf(error);
  const { name, status } = failure;
  const options = { cause: causeOf(error) };
  if (isRegionMissing(error)) {
    return new SealroomError('bad-configuration', `${thing}: no Region is set; set one, as by AWS_REGION`, options);
  }
  if (status === undefined && isRefusedSetting(error, name)) {
    return new SealroomError(
      'bad-configuration',
      `${thing}: AWS cannot be asked with these settings; look at the Region and the endpoint in the environment`,
      options,
    );
  }
  // Also before a TypeError, which the SDK has for an answer of another form than it should have.
  if (status !== undefined && status < 300) {
    return new SealroomError(
      'unavailable',
      `${thing}: AWS gave an answer that cannot be read (${name}); try again`,
      options,
    );
  }
  if (error instanceof TypeError) {
    // No answer of a server's: an endpoint that is no address, for example.
    const code = Reflect.get(error, 'code') === 'ERR_INVALID_URL' ? 'bad-configuration' : 'unexpected';
    return new SealroomError(
      code,
      `${thing}: AWS could not be asked; look at its endpoint in the environment`,
      options,
    );
  }
  if (THROTTLED.test(name) || status === 429) {
    return new SealroomError('unavailable', `${thing}: AWS is asked too often (${name}); try again later`, options);
  }
  if (NOBODY.test(name)) {
    return new SealroomError(
      'access-denied',
      `${thing}: AWS does not know who asks (${name}): give it credentials that are in force`,
      options,
    );
  }
  if (DENIED.test(name) || status === 403) {
    return new SealroomError('access-denied', `${thing}: AWS does not allow it${deniedBecause(error)}`, options);
  }
  // Without an answer it may have taken effect, whatever the error is.
  if (status === undefined || status >= 500 || status === 408) {
    return new SealroomError('unavailable', `${thing}: AWS did not answer (${name}); try again`, options);
  }
  return new SealroomError('unexpected', `${thing}: AWS answered ${status} ${name}`, options);
}

/** True for what the SDK finds wrong before it asks anybody: a Region or an endpoint that none can be. */
function isRefusedSetting(error: unknown, name: string): boolean {
  return name === 'EndpointError' || (error instanceof Error && error.message.startsWith('Region not accepted'));
}

/** AWS names the action and who asked; no other message of its is quoted. */
function deniedBecause(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const [, who] = /\bUser: (\S{1,300}) is not authorized/.exec(message) ?? [];
  const [, action] = /\bperform: ([a-z0-9-]{1,40}:[A-Za-z]{1,80})\b/.exec(message) ?? [];
  if (action === undefined) return '';
  return who === undefined ? `: ${action}` : `: ${who} may not ${action}`;
}

/**
 * The cause to give to an error, for a log: what AWS calls the failure, and by which number it finds the request. Not
 * the error itself: it holds the answer, and an answer of a key management service that cannot be parsed holds a data
 * key. It is told as a name, since a log leaves out the messages of errors that are not Sealroom's.
 */
export function causeOf(error: unknown): Error {
  const { name, status, requestId } = failureOf(error);
  const parts = [
    // Of an answer, as everything of it: whoever gave it may have written anything there.
    /^[\w.:#-]{1,80}$/.test(name) ? name : 'unknown',
    status === undefined ? '' : `status ${status}`,
    requestId !== undefined && /^[\w./+=-]{1,80}$/.test(requestId) ? `request ${requestId}` : '',
  ];
  return Object.assign(new Error(), { name: parts.filter((part) => part !== '').join(', ') });
}
