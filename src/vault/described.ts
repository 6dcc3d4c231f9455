/** What a caller says of a file that is to come. */
import type { EncryptionContext } from '../message/context.ts';
import type { PutOptions } from './files.ts';
import { checkMetadata } from './metadata.ts';
import type { Metadata } from './metadata.ts';
import { checkedTimes } from './times.ts';

export interface DescribedFile {
  /** The caller's pairs. */
  readonly context: EncryptionContext;
  /** All that is sealed with the file but what is known when it is there. */
  readonly said: Omit<Metadata, 'size' | 'createdAt'>;
}

/**
 * Checks it, and copies it: what was checked here is what is sealed, whatever the caller does with his objects meanwhile.
 *
 * @throws SealroomError `usage`, `limit`
 */
export function describedFile(options: PutOptions, now: number): DescribedFile {
  const { name, type = 'application/octet-stream', createdBy = null } = options;
  const tags = { ...options.tags };
  const metadata = { ...options.metadata };
  const context = { ...options.context };
  checkMetadata({ name, type, tags, metadata, context, createdBy });
  const times = checkedTimes(options, now);
  return { context, said: { name, type, tags, metadata, createdBy, ...times, hold: null } };
}
