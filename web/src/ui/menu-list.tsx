/** The list that a menu's button opens. */
import type { ReactNode, RefObject } from 'react';
import { Menu as AriaMenu, MenuItem as AriaMenuItem } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { Icon } from './icon.tsx';
import type { MenuEntry } from './menu.tsx';
import './menu-list.css';

export interface MenuListProps {
  readonly label: string;
  readonly entries: readonly MenuEntry[];
  /** The button, which it stands below and gives the focus back to. */
  readonly triggerRef: RefObject<HTMLElement | null>;
  readonly onClose: () => void;
}

/** It is open as long as it is drawn. */
export default function MenuList({ label, entries, triggerRef, onClose }: MenuListProps): ReactNode {
  return (
    <Popover
      isOpen
      triggerRef={triggerRef}
      aria-label={label}
      placement="bottom end"
      className="menu-popover"
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <AriaMenu aria-label={label} autoFocus="first" className="menu" onClose={onClose}>
        {entries.map(({ id, label: entry, icon, tone, isDisabled = false, onAction }) => (
          <AriaMenuItem
            key={id}
            id={id}
            textValue={entry}
            isDisabled={isDisabled}
            onAction={onAction}
            className={tone === 'danger' ? 'menu-item menu-item-danger' : 'menu-item'}
          >
            {icon === undefined ? null : <Icon name={icon} size={18} />}
            {entry}
          </AriaMenuItem>
        ))}
      </AriaMenu>
    </Popover>
  );
}
