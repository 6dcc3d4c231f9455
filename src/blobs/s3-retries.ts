import type { S3Client } from '@aws-sdk/client-s3';
import { failureOf, wasRefused } from '../aws/failure.ts';

/**
 * Errors that S3 documents as to be tried again and that the SDK does not: a body that did not arrive as it was sent,
 * and a call that another one of the same key was in the way of. CompleteMultipartUpload is not tried again after a
 * conflict: its upload is spent.
 */
const AGAIN: Readonly<Record<string, (command: string) => boolean>> = {
  BadDigest: () => true,
  OperationAborted: () => true,
  ConditionalRequestConflict: (command) => command === 'PutObjectCommand',
};

/** What became of the tries of a client's calls. */
export class S3Tries {
  /** By their contexts, which all tries of a call share: those with a try of which nobody heard. */
  readonly #unheard = new WeakSet<object>();
  readonly #inDoubt = new WeakSet<object>();

  /** Also has the SDK retry those errors, as it retries all else: bounded, with back-off. */
  constructor({ middlewareStack }: S3Client) {
    middlewareStack.add(
      (next, context) => async (call) => {
        try {
          return await next(call);
        } catch (error) {
          if (this.#unheard.has(context) && error instanceof Error) this.#inDoubt.add(error);
          throw error;
        }
      },
      { name: 'sealroomCalls', step: 'initialize' },
    );
    middlewareStack.add(
      (next, context) => async (call) => {
        try {
          return await next(call);
        } catch (error) {
          if (!wasRefused(error)) this.#unheard.add(context);
          const { name } = failureOf(error);
          const again = AGAIN[name]?.(context.commandName ?? '');
          if (again && error instanceof Error) Object.assign(error, { $retryable: {} });
          throw error;
        }
      },
      // Inside of the SDK's own retries.
      { name: 'sealroomTries', step: 'finalizeRequest', priority: 'low' },
    );
  }

  /** True for the error of a call of which some try, and not only the last one, may have taken effect, or may yet. */
  isInDoubt(error: unknown): boolean {
    return error instanceof Error && this.#inDoubt.has(error);
  }
}
