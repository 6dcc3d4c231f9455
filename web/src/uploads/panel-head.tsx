/** What all uploads add up to, and what can be done with all of them. */
import type { ReactNode } from 'react';
import { formatBytes, formatDuration, formatPercent, formatSpeed } from '../format.ts';
import { text } from '../text.ts';
import { IconButton } from '../ui/button.tsx';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { activeOf, shareOf, timeLeft } from './upload.ts';
import type { Totals } from './upload.ts';
import type { Uploads, UploadsState } from './uploads.ts';

export interface PanelHeadProps {
  readonly uploads: Uploads;
  readonly state: UploadsState;
  readonly expanded: boolean;
  readonly listId: string;
  readonly onExpand: (expanded: boolean) => void;
  readonly onClose: () => void;
}

export function PanelHead({ uploads, state, expanded, listId, onExpand, onClose }: PanelHeadProps): ReactNode {
  const { totals } = state;
  const active = activeOf(totals);
  const { paused } = totals.counts;
  const share = shareOf(totals);
  return (
    <header className="upload-panel-head">
      <div className="upload-panel-said">
        <h2 className="upload-panel-title">{titleOf(state)}</h2>
        {active + paused === 0 ? null : <p className="upload-panel-facts">{factsOf(totals)}</p>}
      </div>
      <div className="upload-panel-buttons">
        {active > 0 ? (
          <IconButton size="small" icon="pause" label={text.upload.pauseAll} onPress={() => uploads.pauseAll()} />
        ) : null}
        {active === 0 && paused > 0 ? (
          <IconButton size="small" icon="play" label={text.upload.resumeAll} onPress={() => uploads.resumeAll()} />
        ) : null}
        <IconButton
          size="small"
          icon="chevronDown"
          className={expanded ? 'upload-panel-toggle' : 'upload-panel-toggle upload-panel-toggle-up'}
          label={expanded ? text.upload.collapse : text.upload.expand}
          aria-expanded={expanded}
          aria-controls={listId}
          onPress={() => onExpand(!expanded)}
        />
        {active + paused === 0 ? (
          <IconButton size="small" icon="close" label={text.upload.close} onPress={onClose} />
        ) : null}
      </div>
      {active + paused === 0 ? null : (
        <div className="upload-panel-progress">
          <ProgressBar
            label={text.upload.progress}
            value={share}
            tone={totals.counts.sending > 0 ? 'accent' : 'muted'}
          />
        </div>
      )}
    </header>
  );
}

function titleOf({ held, totals: { counts }, totals }: UploadsState): string {
  const active = activeOf(totals);
  if (active > 0) {
    if (held !== undefined) return text.upload.held;
    if (counts.sending === 0 && counts.waiting > 0) return text.upload.waiting;
    return text.upload.uploading(counts.done, active + counts.paused + counts.done);
  }
  if (counts.paused > 0) return text.upload.paused;
  if (counts.failed > 0) return text.upload.failed(counts.failed);
  if (counts.done > 0) return text.upload.finished(counts.done);
  return text.upload.unfinished(counts.unfinished + counts.removing);
}

/** Slower is the pace of many small files, and says nothing. */
const LEAST_SPEED = 1000;

function factsOf(totals: Totals): string {
  const { counts, speed, size, sent } = totals;
  const percent = formatPercent(shareOf(totals));
  if (counts.sending === 0 || speed === undefined || speed < LEAST_SPEED) {
    return [percent, text.upload.ofSize(formatBytes(sent), formatBytes(size))].join(' · ');
  }
  const left = timeLeft(totals);
  const time = left === undefined ? [] : [text.upload.timeLeft(formatDuration(left))];
  return [percent, formatSpeed(speed), ...time].join(' · ');
}
