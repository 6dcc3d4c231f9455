/** Where short messages come up. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { ReactNode } from 'react';
import { text } from '../text.ts';
import { currentToasts, dismiss, subscribeToasts } from '../toasts.ts';
import type { Toast } from '../toasts.ts';
import { Button, IconButton } from './button.tsx';
import { classes } from './classes.ts';
import './toast-region.css';

const SHORT = 5000;
/** Whoever is to decide something needs longer for it. */
const LONG = 12_000;

export function ToastRegion(): ReactNode {
  const toasts = useSyncExternalStore(subscribeToasts, currentToasts);
  const [held, setHeld] = useState(false);
  return (
    // Not to press: whoever points at a message, or goes to its button, holds it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      className="toast-region"
      aria-label={text.common.notifications}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      {/* It is there before anything is said in it: screen readers read what changes, not what appears with its text. */}
      <div role="status" aria-live="polite" aria-relevant="additions" className="toast-list">
        {toasts.map((toast) => (
          <ToastBox key={toast.id} toast={toast} held={held} />
        ))}
      </div>
    </section>
  );
}

/** @param props.held while somebody reads it or is about to press its button, it stays */
function ToastBox({ toast, held }: { readonly toast: Toast; readonly held: boolean }): ReactNode {
  const { id, tone, action } = toast;
  const duration = toast.duration ?? (action !== undefined || tone === 'danger' ? LONG : SHORT);
  useEffect(() => {
    if (held || !Number.isFinite(duration)) return undefined;
    const timer = setTimeout(() => dismiss(id), duration);
    return () => clearTimeout(timer);
  }, [id, duration, held]);
  return (
    <div className={classes('toast', `toast-${tone}`)}>
      <p className="toast-text">{toast.text}</p>
      {action === undefined ? null : (
        <Button
          variant="quiet"
          size="small"
          className="toast-action"
          onPress={() => {
            dismiss(id);
            action.onAction();
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton
        icon="close"
        label={text.common.dismiss}
        size="small"
        className="toast-close"
        onPress={() => dismiss(id)}
      />
    </div>
  );
}
