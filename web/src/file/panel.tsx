/** A part of the view beside the preview, with its heading. */
import { useId } from 'react';
import type { ReactNode } from 'react';

export interface PanelProps {
  readonly title: string;
  /** Beside the heading. */
  readonly action?: ReactNode;
  readonly children: ReactNode;
}

export function Panel({ title, action, children }: PanelProps): ReactNode {
  const id = useId();
  return (
    <section className="file-panel" aria-labelledby={id}>
      <div className="file-panel-head">
        <h2 id={id}>{title}</h2>
        {action}
      </div>
      {children}
    </section>
  );
}

export interface FactProps {
  readonly label: string;
  readonly children: ReactNode;
  /** What explains it, below. */
  readonly more?: ReactNode;
}

/** A line of a list of descriptions. */
export function Fact({ label, children, more }: FactProps): ReactNode {
  return (
    <div className="file-fact">
      <dt>{label}</dt>
      <dd>
        {children}
        {more === undefined ? null : <span className="file-fact-more">{more}</span>}
      </dd>
    </div>
  );
}
