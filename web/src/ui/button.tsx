/** Something to press. */
import type { ReactNode, Ref } from 'react';
import { Button as AriaButton } from 'react-aria-components/Button';
import type { ButtonProps as AriaButtonProps } from 'react-aria-components/Button';
import { classes } from './classes.ts';
import { Icon } from './icon.tsx';
import type { IconName } from './icon.tsx';
import './button.css';

/**
 * While it waits it keeps the focus and does nothing. Not React Aria's own way, which has a hidden element say so by the
 * label of a button that may be gone by then.
 */
const IDLE: Pick<AriaButtonProps, 'type' | 'onPress'> = { type: 'button', onPress: () => undefined };

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  /** One primary button a view, at most. */
  readonly variant?: 'primary' | 'secondary' | 'quiet' | 'danger';
  readonly size?: 'medium' | 'small';
  readonly icon?: IconName | undefined;
  readonly className?: string;
  readonly ref?: Ref<HTMLButtonElement>;
  readonly children: ReactNode;
}

export function Button({
  variant = 'secondary',
  size = 'medium',
  icon,
  className,
  children,
  isPending = false,
  ...props
}: ButtonProps): ReactNode {
  return (
    <AriaButton
      {...props}
      {...(isPending ? IDLE : {})}
      className={classes('button', `button-${variant}`, `button-${size}`, isPending && 'button-pending', className)}
    >
      {icon === undefined ? null : <Icon name={icon} size={18} />}
      <span className="button-label">{children}</span>
    </AriaButton>
  );
}

export interface IconButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children' | 'aria-label'> {
  readonly icon: IconName;
  /** What it does: read to screen readers, and shown by the pointer. */
  readonly label: string;
  readonly variant?: 'quiet' | 'secondary' | 'danger';
  readonly size?: 'medium' | 'small';
  readonly className?: string;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function IconButton({
  icon,
  label,
  variant = 'quiet',
  size = 'medium',
  className,
  ...props
}: IconButtonProps): ReactNode {
  return (
    <AriaButton
      {...props}
      aria-label={label}
      className={classes('button', 'button-icon', `button-${variant}`, `button-${size}`, className)}
    >
      <Icon name={icon} size={size === 'small' ? 18 : 20} />
      <span className="button-tip" aria-hidden="true">
        {label}
      </span>
    </AriaButton>
  );
}
