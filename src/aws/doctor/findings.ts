/** What the steps of a set-up say of one that is there. */
import type { Finding } from '../../finding.ts';
import type { Step } from '../setup/step.ts';

/** One finding for each step. */
export function findingsOf(steps: readonly Step[]): Finding[] {
  return steps.map(findingOf);
}

function findingOf({ name, found: what, lack, todo }: Step): Finding {
  switch (todo.kind) {
    case 'nothing': {
      return { name, level: 'ok', what };
    }
    case 'change': {
      const mend = `sealroom setup aws will ${todo.does} (${todo.action})`;
      if (lack === 'warning') return { name, level: 'warning', what, mend };
      return { name, level: 'fault', what, mend, code: name === 'vault' ? 'no-vault' : 'bad-configuration' };
    }
    case 'advice': {
      return { name, level: 'warning', what, mend: todo.mend };
    }
    case 'stuck': {
      return { name, level: 'fault', what, mend: todo.mend, code: todo.code };
    }
    case 'unseen': {
      // Whoever uses a vault need not be allowed to look at its settings.
      const mend = `An operator may: see the policy that sealroom setup aws prints.`;
      return { name, level: 'warning', what: `not examined: may not ${todo.action}`, mend };
    }
    default: {
      return todo satisfies never;
    }
  }
}
