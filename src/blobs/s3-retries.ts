import type { S3Client } from '@aws-sdk/client-s3';
import { failureOf } from '../aws/failure.ts';

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

/** Has the SDK retry them, as it retries all else: bounded, with back-off. */
export function retryMore(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (call) => {
        try {
          return await next(call);
        } catch (error) {
          const { name } = failureOf(error);
          if (error instanceof Error && AGAIN[name]?.(commandName)) Object.assign(error, { $retryable: {} });
          throw error;
        }
      },
    // Inside of the SDK's own retries.
    { name: 'retryMore', step: 'finalizeRequest', priority: 'low' },
  );
}
