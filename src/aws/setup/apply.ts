/** Doing what a plan says. */
import { SealroomError } from '../../errors.ts';
import { awsError, isDenied } from '../failure.ts';
import type { Plan } from './plan.ts';
import type { Change, Made, SetupContext, Step } from './step.ts';

/** A step that was not done. */
export interface FailedStep {
  readonly name: string;
  readonly error: SealroomError;
  /** The permission that was missing, where that was the reason. */
  readonly missing?: string;
}

export interface ApplyReport {
  /** Names of the steps that were done now. */
  readonly done: readonly string[];
  readonly failed: readonly FailedStep[];
  /** Names of the steps that had to wait for one that failed. */
  readonly left: readonly string[];
  readonly made: Made;
}

/** The steps of a plan on account of which nothing is set up: what is stuck, and what may not be looked at. */
export function obstacles({ steps }: Plan): FailedStep[] {
  return steps.flatMap(({ name, found, todo }) => {
    if (todo.kind === 'stuck') {
      return [{ name, error: new SealroomError(todo.code, `${name}: ${found}. ${todo.mend}`) }];
    }
    if (todo.kind !== 'unseen') return [];
    return [{ name, error: missingPermission(name, todo.action), missing: todo.action }];
  });
}

/** The steps of a plan that do something. */
export function changes({ steps }: Plan): (Step & { readonly todo: Change })[] {
  return steps.flatMap((step) => (step.todo.kind === 'change' ? [{ ...step, todo: step.todo }] : []));
}

/**
 * Does what is to be done, in its order. A step that fails keeps only those from being done that build on it, so that
 * one run tells of every permission that is missing; the next run does what this one did not.
 *
 * @param onStep told the name of each step before it is done
 */
export async function applyPlan(
  plan: Plan,
  context: SetupContext,
  onStep: (step: Step & { readonly todo: Change }) => void = () => undefined,
): Promise<ApplyReport> {
  const done: string[] = [];
  const failed: FailedStep[] = [];
  const left: string[] = [];
  const undone = new Set<string>();
  let { made } = plan;
  for (const step of changes(plan)) {
    const { name, todo } = step;
    if (todo.needs?.some((other) => undone.has(other)) || context.signal?.aborted) {
      undone.add(name);
      left.push(name);
      continue;
    }
    onStep(step);
    try {
      made = withMore(made, await todo.make(made, context));
      done.push(name);
    } catch (error) {
      undone.add(name);
      failed.push(failure(step, error, context));
    }
  }
  return { done, failed, left, made };
}

function withMore(made: Made, more: Made | void): Made {
  return { ...made, ...more };
}

function failure({ name, todo }: Step & { readonly todo: Change }, error: unknown, context: SetupContext): FailedStep {
  if (isDenied(error)) {
    const missing = actionOf(error) ?? todo.action;
    return { name, error: missingPermission(name, missing), missing };
  }
  return { name, error: awsError(error, { thing: name, signal: context.signal }) };
}

/** Whom it refuses, AWS tells the permission, which may be that to look again; S3 does not always. */
function actionOf(error: unknown): string | undefined {
  return /\bperform: ([a-z0-9-]{1,40}:[A-Za-z]{1,80})\b/.exec(error instanceof Error ? error.message : '')?.[1];
}

function missingPermission(name: string, action: string): SealroomError {
  return new SealroomError('access-denied', `${name}: the permission ${action} is missing`);
}
