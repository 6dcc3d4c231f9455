/** One upload: how far it is, what is wrong with it, and what can be done. */
import type { ReactNode } from 'react';
import { formatBytes } from '../format.ts';
import { text } from '../text.ts';
import { Icon } from '../ui/icon.tsx';
import type { IconName } from '../ui/icon.tsx';
import { Link } from '../ui/link.tsx';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { classes } from '../ui/classes.ts';
import { RowButtons } from './row-buttons.tsx';
import { RowDetail } from './row-detail.tsx';
import type { Upload, UploadStatus } from './upload.ts';
import type { Uploads } from './uploads.ts';
import { useUpload } from './use-uploads.ts';
import './upload-row.css';

export interface UploadRowProps {
  readonly uploads: Uploads;
  readonly uploadKey: number;
}

const icons: Readonly<Record<UploadStatus, IconName>> = {
  queued: 'clock',
  sending: 'upload',
  waiting: 'clock',
  paused: 'pause',
  failed: 'warning',
  unfinished: 'warning',
  removing: 'trash',
  done: 'check',
};

export function UploadRow({ uploads, uploadKey }: UploadRowProps): ReactNode {
  const upload = useUpload(uploads, uploadKey);
  if (upload === undefined) return null;
  const { name, status, size, sent } = upload;
  const begun = status === 'sending' || ((status === 'waiting' || status === 'paused') && sent > 0);
  return (
    <div className={classes('upload-row', `upload-row-${status}`)}>
      <span className="upload-row-icon">
        <Icon name={icons[status]} size={18} />
      </span>
      <div className="upload-row-said">
        <Name upload={upload} />
        <RowDetail upload={upload} />
        {begun && size !== null ? (
          <ProgressBar
            label={text.upload.progressOf(name)}
            value={size === 0 ? 1 : sent / size}
            valueText={text.upload.ofSize(formatBytes(sent), formatBytes(size))}
            tone={status === 'sending' ? 'accent' : 'muted'}
          />
        ) : null}
      </div>
      <RowButtons uploads={uploads} upload={upload} />
    </div>
  );
}

function Name({ upload: { name, id, status } }: { readonly upload: Upload }): ReactNode {
  const cut = name.lastIndexOf('/') + 1;
  const parts = (
    <>
      {cut === 0 ? null : <span className="upload-row-folder">{name.slice(0, cut)}</span>}
      <span className="upload-row-file">{name.slice(cut)}</span>
    </>
  );
  return (
    <p className="upload-row-name" title={name}>
      {status === 'done' && id !== undefined ? <Link to={{ view: 'file', id }}>{parts}</Link> : parts}
    </p>
  );
}
