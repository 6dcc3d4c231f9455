/** How far something has come. */
import type { ReactNode } from 'react';
import { classes } from './classes.ts';
import './progress-bar.css';

export interface ProgressBarProps {
  /** What it is that goes on, for screen readers. */
  readonly label: string;
  /** 0 to 1; not given where nobody knows. */
  readonly value?: number | undefined;
  /** How far it is in words, in place of a percentage. */
  readonly valueText?: string | undefined;
  readonly tone?: 'accent' | 'muted' | 'danger';
}

export function ProgressBar({ label, value, valueText, tone = 'accent' }: ProgressBarProps): ReactNode {
  return (
    <progress
      className={classes('progress-bar', `progress-bar-${tone}`)}
      aria-label={label}
      aria-valuetext={valueText}
      max={1}
      value={value}
    />
  );
}
