/** What is said about uploads that failed. */
import { text } from '../text.ts';
import type { ProblemCode } from './problems.ts';
import type { Upload } from './upload.ts';

const LONGEST_NAME = 1024;

const byCode: Readonly<Partial<Record<ProblemCode, string>>> = text.upload.problems;

export function textOfProblem(problem: ProblemCode): string {
  return byCode[problem] ?? text.upload.problems.unexpected;
}

/** What is wrong with one upload; undefined when nothing is. */
export function problemTextOf({ name, problem }: Pick<Upload, 'name' | 'problem'>): string | undefined {
  if (problem === undefined) return undefined;
  // One code stands for whatever is too large.
  const nameTooLong = problem === 'limit' && new TextEncoder().encode(name).length > LONGEST_NAME;
  return nameTooLong ? text.upload.nameTooLong : textOfProblem(problem);
}
