/** Looking at what is there, by whoever may not be allowed to see all of it. */
import { awsError, failureOf, isDenied } from '../failure.ts';

/** What was seen, or the permission that was missing to see it. */
export type Seen<Value> = { readonly value: Value } | { readonly unseen: string };

/** Of what cannot be there, because what it belongs to is not. */
export const NOTHING: { readonly value: undefined } = { value: undefined };

export interface LookOptions {
  /** The permission that the call takes, such as `s3:GetBucketVersioning`. */
  readonly action: string;
  /** What the call is about, for an error. */
  readonly thing: string;
  /** Names of the errors that say that it is not there. */
  readonly absent?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Undefined for what is not there. */
export async function look<Value>(
  call: () => Promise<Value>,
  { action, thing, absent = [], signal }: LookOptions,
): Promise<Seen<Value | undefined>> {
  try {
    return { value: await call() };
  } catch (error) {
    if (absent.includes(failureOf(error).name)) return { value: undefined };
    if (isDenied(error)) return { unseen: action };
    throw awsError(error, { thing, signal });
  }
}
