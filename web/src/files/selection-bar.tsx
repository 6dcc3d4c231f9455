/** What can be done with the selected files; it takes the place of the head of the list while there are any. */
import { useSyncExternalStore } from 'react';
import type { ReactNode } from 'react';
import type { Stat } from '../../../src/vault/files.ts';
import { text } from '../text.ts';
import { Button, IconButton } from '../ui/button.tsx';
import type { Downloads } from './downloads.ts';
import './selection-bar.css';

export interface SelectionBarProps {
  /** The selected ones. */
  readonly files: readonly Stat[];
  readonly downloads: Downloads;
  /** Not given to whoever may not share. */
  readonly onShare: ((file: Stat) => void) | undefined;
  /** Not given to whoever may not delete. */
  readonly onDelete: ((files: readonly Stat[]) => void) | undefined;
  readonly onClear: () => void;
}

export function SelectionBar({ files, downloads, onShare, onDelete, onClear }: SelectionBarProps): ReactNode {
  const downloading = useSyncExternalStore(downloads.subscribe, downloads.state);
  const [first, second] = files;
  const count = files.length;
  // One by one they say enough by themselves: the browser shows each.
  const progress = downloading === undefined || downloading.count === 1 ? undefined : downloading;
  const said = progress && text.files.downloading(progress.position, progress.count);
  return (
    <>
      <p role="status" className="visually-hidden">
        {said ?? (count === 0 ? '' : text.files.selected(count))}
      </p>
      {first === undefined && progress === undefined ? null : (
        <div role="toolbar" aria-label={text.files.selection} className="selection-bar">
          <p className="selection-bar-count">{said ?? text.files.selected(count)}</p>
          {progress === undefined ? (
            <Button size="small" variant="quiet" icon="download" onPress={() => void downloads.add(files)}>
              {text.files.download}
            </Button>
          ) : (
            <Button size="small" variant="quiet" icon="pause" onPress={() => downloads.stop()}>
              {text.files.stopDownloads}
            </Button>
          )}
          {onShare === undefined || first === undefined ? null : (
            <Button
              size="small"
              variant="quiet"
              icon="share"
              isDisabled={second !== undefined}
              onPress={() => onShare(first)}
            >
              {text.files.share}
            </Button>
          )}
          {onDelete === undefined || first === undefined ? null : (
            <Button size="small" variant="quiet" icon="trash" onPress={() => onDelete(files)}>
              {text.files.delete}
            </Button>
          )}
          {first === undefined ? null : (
            <IconButton size="small" icon="close" label={text.files.unselect} onPress={onClear} />
          )}
        </div>
      )}
    </>
  );
}
