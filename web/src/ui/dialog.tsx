/** Something to settle before going on, over everything else. Import it lazily: it is not part of the first load. */
import type { ReactNode } from 'react';
import { Dialog as AriaDialog } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { text } from '../text.ts';
import { IconButton } from './button.tsx';
import { classes } from './classes.ts';
import './dialog.css';

export interface DialogProps {
  readonly title: string;
  /** It is shown as long as it is drawn; this says that it is not wanted any more. */
  readonly onClose: () => void;
  readonly size?: 'small' | 'medium' | 'large';
  /** `alertdialog` for what cannot be taken back. */
  readonly role?: 'dialog' | 'alertdialog';
  /** The buttons at its end, the one that goes on last. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Dialog({
  title,
  onClose,
  size = 'medium',
  role = 'dialog',
  actions,
  children,
}: DialogProps): ReactNode {
  return (
    <ModalOverlay
      isOpen
      isDismissable={role === 'dialog'}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      className="dialog-scrim"
    >
      <Modal className={classes('dialog-box', `dialog-${size}`)}>
        <AriaDialog role={role} className="dialog">
          <header className="dialog-head">
            <Heading slot="title" level={2} className="dialog-title">
              {title}
            </Heading>
            <IconButton icon="close" label={text.common.close} size="small" onPress={onClose} />
          </header>
          <div className="dialog-body">{children}</div>
          {actions === undefined ? null : <footer className="dialog-actions">{actions}</footer>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
