/** How errors are described in the document. */
import { z } from 'zod';
import { errorTable } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import { PROBLEM_TYPE } from '../errors.ts';
import { answer } from './common.ts';
import type { Answer } from './common.ts';

const codes = Object.keys(errorTable);

/** An error, by RFC 9457. */
export const Problem: z.ZodType = z
  .object({
    type: z.literal('about:blank'),
    title: z.string().describe('The phrase of the status'),
    status: z.int(),
    detail: z.string().describe('What happened, for people'),
    code: z.enum(codes).describe('What happened, for programs'),
    requestId: z.string().describe('By which the log of the service knows the request'),
  })
  .meta({ id: 'Problem', description: 'An error (RFC 9457)' });

/** What every route may answer. */
const ANYWHERE: readonly ErrorCode[] = [
  'usage',
  'timed-out',
  'too-many-requests',
  'unexpected',
  'unavailable',
  'no-space',
];

/** What every route that needs a token may answer. */
export const NEEDS_TOKEN: readonly ErrorCode[] = ['unauthenticated', 'permission'];

/** What every route on a tenant's files may answer. */
export const ON_FILES: readonly ErrorCode[] = [...NEEDS_TOKEN, 'no-tenant', 'not-found', 'cannot-open'];

/** What every route whose body is read as JSON may answer, if there is one. */
export const TAKES_JSON: readonly ErrorCode[] = ['limit', 'unsupported-media-type'];

/** The answers of a route that report errors: those with these codes, and those that every route has. */
export function problems(...expected: readonly ErrorCode[]): Record<string, Answer> {
  const meanings = new Map<number, Set<string>>();
  for (const code of [...ANYWHERE, ...expected]) {
    const { status, meaning } = errorTable[code];
    meanings.set(status, (meanings.get(status) ?? new Set()).add(`\`${code}\`: ${meaning}`));
  }
  return Object.fromEntries(
    Array.from(meanings, ([status, lines]) => [status, answer([...lines].join(' '), { [PROBLEM_TYPE]: Problem })]),
  );
}
