/** Where files can be dropped: all of the window, while what is in it is shown. */
import type { ReactNode } from 'react';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { Icon } from '../ui/icon.tsx';
import { addDropped } from './add-files.ts';
import { useFileDrag } from './use-file-drag.ts';
import { useUploads } from './use-uploads.ts';
import './drop-zone.css';

export function DropZone({ children }: { readonly children: ReactNode }): ReactNode {
  const { tenant } = useSession();
  const uploads = useUploads();
  const over = useFileDrag((transfer) => void addDropped(uploads, transfer, tenant));
  return (
    <>
      {children}
      {over ? (
        <div className="drop-zone" aria-hidden="true">
          <div className="drop-zone-target">
            <span className="drop-zone-icon">
              <Icon name="upload" size={32} />
            </span>
            <p className="drop-zone-title">{text.upload.dropHere}</p>
            <p className="drop-zone-hint">{text.upload.dropHint}</p>
          </div>
        </div>
      ) : null}
    </>
  );
}
