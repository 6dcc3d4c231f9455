/** Sweeps when asked to, and says what that did. */
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { SweepReport } from '../../../src/vault/sweep.ts';
import { problemOf } from '../files/problem.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import type { IconName } from '../ui/icon.tsx';
import { Part } from './part.tsx';
import { findingsOf } from './sweep-findings.ts';
import type { Finding } from './sweep-findings.ts';

const words = text.admin.sweep;

const icons: Readonly<Record<Finding['tone'], IconName>> = { done: 'check', waits: 'clock', trouble: 'warning' };

type State =
  | { readonly step: 'idle' | 'sweeping' }
  | { readonly step: 'swept'; readonly report: SweepReport }
  | { readonly step: 'failed'; readonly problem: string };

export function Sweeper({ onSwept }: { readonly onSwept: () => void }): ReactNode {
  const { client } = useSession();
  const [state, setState] = useState<State>({ step: 'idle' });
  const sweep = async (): Promise<void> => {
    setState({ step: 'sweeping' });
    try {
      setState({ step: 'swept', report: await client.sweep() });
    } catch (error) {
      setState({ step: 'failed', problem: words.failed(problemOf(error)) });
    }
    onSwept();
  };
  const sweeping = state.step === 'sweeping';
  return (
    <Part
      title={words.title}
      why={words.why}
      actions={
        <Button variant="primary" isPending={sweeping} onPress={() => void sweep()}>
          {sweeping ? words.sweeping : words.now}
        </Button>
      }
    >
      <div role="status">{state.step === 'swept' ? <Report report={state.report} /> : null}</div>
      <p role="alert" className="admin-problem">
        {state.step === 'failed' ? state.problem : undefined}
      </p>
    </Part>
  );
}

function Report({ report }: { readonly report: SweepReport }): ReactNode {
  const findings = findingsOf(report);
  return (
    <div className="sweep-report">
      <h3>{words.done}</h3>
      {findings.length === 0 ? <p>{words.nothing}</p> : null}
      <ul className="sweep-findings">
        {findings.map(({ kind, count, tone }) => (
          <li key={kind} className={`sweep-finding sweep-finding-${tone}`}>
            <Icon name={icons[tone]} size={18} />
            <span>{words.findings[kind](count)}</span>
          </li>
        ))}
      </ul>
      {report.failed.length === 0 ? null : (
        <details>
          <summary>{words.reasons}</summary>
          <ul className="sweep-reasons">
            {report.failed.map(({ code, message }, index) => (
              // oxlint-disable-next-line react/no-array-index-key -- two may say the same, and none moves
              <li key={index}>
                <code>{code}</code> {message}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
