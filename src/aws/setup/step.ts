/** A set-up is a list of steps: each says what is there, and what is to be done about it. */
import type { ErrorCode } from '../../errors.ts';
import type { CallOptions } from '../../ports.ts';
import type { AwsClients } from '../clients.ts';

/** One thing that a set-up looks after. */
export interface Step {
  /** Such as `bucket versioning`. */
  readonly name: string;
  /** What it is good for, in one sentence. */
  readonly purpose: string;
  /** What is there now, in a few words. */
  readonly found: string;
  /** What it means for a vault to go without. */
  readonly lack: 'fault' | 'warning';
  readonly todo: Todo;
}

export type Todo =
  /** It is as it should be. */
  | { readonly kind: 'nothing' }
  | Change
  /** It is not as it should be, and is somebody's decision: it is left as it is. */
  | { readonly kind: 'advice'; readonly mend: string }
  /** Nothing can be set up as long as it is so. */
  | { readonly kind: 'stuck'; readonly code: ErrorCode; readonly mend: string }
  /** Whoever asks may not look at it. */
  | { readonly kind: 'unseen'; readonly action: string };

export const NOTHING_TO_DO: Todo = { kind: 'nothing' };

/** Of what may not be looked at without that permission. */
export function notSeen(action: string): Pick<Step, 'found' | 'todo'> {
  return { found: 'not to be seen', todo: { kind: 'unseen', action } };
}

/** Something to be made or changed. */
export interface Change {
  readonly kind: 'change';
  /** What is done, in a few words that follow "will". */
  readonly does: string;
  /** The permission that it takes, beside those to look. */
  readonly action: string;
  /** Names of the steps that must be done before; one that has nothing to do is done. */
  readonly needs?: readonly string[] | undefined;
  /** Does it. What it cannot do it throws, as the SDK threw it. */
  readonly make: (made: Made, context: SetupContext) => Promise<Made | void>;
}

/** What later steps have to know of earlier ones. */
export interface Made {
  /** ARN of the wrapping key. */
  readonly keyArn?: string | undefined;
  /** Account that everything belongs to. */
  readonly account?: string | undefined;
}

export interface SetupContext extends CallOptions {
  readonly clients: AwsClients;
  /** How long to wait for what AWS makes in its own time. */
  readonly patience: Patience;
}

/** So many looks, and so many milliseconds between them. */
export interface Patience {
  readonly looks: number;
  readonly milliseconds: number;
}
