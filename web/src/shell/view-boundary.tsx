/** A view that fails takes nothing else with it. */
import { Component } from 'react';
import type { ReactNode } from 'react';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';

interface State {
  readonly failed: boolean;
}

export class ViewBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { failed: false };

  static getDerivedStateFromError(): State {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <EmptyState
        icon="warning"
        title={text.shell.broken}
        actions={
          <Button icon="refresh" onPress={() => location.reload()}>
            {text.shell.reload}
          </Button>
        }
      >
        {text.shell.brokenWhy}
      </EmptyState>
    );
  }
}
