/** Errors in words for people. */
import { isSealroomError } from '../../../src/client/index.ts';
import { text } from '../text.ts';

const problems: Readonly<Record<string, string>> = text.files.problems;

/** Why something was not done. */
export function problemOf(error: unknown): string {
  const code = isSealroomError(error) ? error.code : 'unexpected';
  return problems[code] ?? problems['unexpected'] ?? text.common.failed;
}
