/** A button that opens a list of things to do. The list is loaded when it is about to be wanted. */
import { Suspense, lazy, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { Button, IconButton } from './button.tsx';
import type { ButtonProps } from './button.tsx';
import type { IconName } from './icon.tsx';

const loadList = (): Promise<typeof import('./menu-list.tsx')> => import('./menu-list.tsx');
const MenuList = lazy(loadList);
const preload = (): void => void loadList();

export interface MenuEntry {
  readonly id: string;
  readonly label: string;
  readonly icon?: IconName | undefined;
  readonly tone?: 'danger' | undefined;
  readonly isDisabled?: boolean | undefined;
  readonly onAction: () => void;
}

export interface MenuProps extends Pick<ButtonProps, 'size' | 'autoFocus'> {
  /** What the button is called. */
  readonly label: string;
  /** What the button shows; three dots unless given. */
  readonly icon?: IconName;
  /** Given, the button shows its label, too. */
  readonly variant?: ButtonProps['variant'];
  readonly entries: readonly MenuEntry[];
}

export function Menu({ label, icon = 'more', variant, entries, ...props }: MenuProps): ReactNode {
  const [open, setOpen] = useState(false);
  const triggerRef = useRef<HTMLButtonElement>(null);
  const trigger = {
    ...props,
    ref: triggerRef,
    icon,
    'aria-haspopup': 'menu',
    'aria-expanded': open,
    onPress: () => setOpen(true),
    onHoverStart: preload,
    onFocus: preload,
  } as const;
  return (
    <>
      {variant === undefined ? (
        <IconButton {...trigger} label={label} />
      ) : (
        <Button {...trigger} variant={variant}>
          {label}
        </Button>
      )}
      {open ? (
        <Suspense fallback={null}>
          <MenuList label={label} entries={entries} triggerRef={triggerRef} onClose={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
