/** A part of the administration: its heading, what it is for, and what is in it once that is known. */
import { useId } from 'react';
import type { ReactNode } from 'react';
import { problemOf } from '../files/problem.ts';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Spinner } from '../ui/spinner.tsx';
import type { Loading } from './use-loaded.ts';
import './part.css';

export interface PartProps {
  readonly title: string;
  readonly why: string;
  /** Beside the heading. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Part({ title, why, actions, children }: PartProps): ReactNode {
  const id = useId();
  return (
    <section className="admin-part" aria-labelledby={id}>
      <header className="admin-part-head">
        <div className="admin-part-words">
          <h2 id={id} tabIndex={-1}>
            {title}
          </h2>
          <p>{why}</p>
        </div>
        {actions === undefined ? null : <div className="admin-part-actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

export interface LoadedContentProps<Value> {
  readonly loading: Loading<Value>;
  /** What is said while nothing is there yet. */
  readonly label: string;
  readonly children: (value: Value) => ReactNode;
}

/** What was loaded, or that it is on its way, or why it did not come. */
export function LoadedContent<Value>({ loading, label, children }: LoadedContentProps<Value>): ReactNode {
  const { state, reload } = loading;
  switch (state.step) {
    case 'loading':
      return <Spinner label={label} />;
    case 'failed':
      return (
        <div role="alert">
          <EmptyState
            icon="warning"
            title={text.admin.notLoaded}
            actions={
              <Button icon="refresh" onPress={reload}>
                {text.common.tryAgain}
              </Button>
            }
          >
            {problemOf(state.error)}
          </EmptyState>
        </div>
      );
    case 'loaded':
      return children(state.value);
  }
}
