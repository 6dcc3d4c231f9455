/** That something is on its way; shown after a moment only, so that what is quick does not flicker. */
import type { ReactNode } from 'react';
import { text } from '../text.ts';
import './spinner.css';

export function Spinner({ label = text.common.loading }: { readonly label?: string }): ReactNode {
  return (
    <div className="spinner" role="status">
      <span className="visually-hidden">{label}</span>
    </div>
  );
}
