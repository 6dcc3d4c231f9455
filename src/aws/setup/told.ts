/** A plan as people read it. */
import type { Plan } from './plan.ts';
import type { Step } from './step.ts';

/** Two lines for each step: what is there and what will be done, and what it is good for. */
export function planLines({ steps }: Plan): string[] {
  return steps.flatMap((step) => [`${step.name}: ${step.found}${consequence(step)}`, `    ${step.purpose}`]);
}

function consequence({ todo }: Step): string {
  switch (todo.kind) {
    case 'nothing': {
      return '';
    }
    case 'change': {
      return `; will ${todo.does}`;
    }
    case 'advice': {
      return `; left as it is. ${todo.mend}`;
    }
    case 'stuck': {
      return `; in the way. ${todo.mend}`;
    }
    case 'unseen': {
      return `; the permission ${todo.action} is missing`;
    }
    default: {
      return todo satisfies never;
    }
  }
}
