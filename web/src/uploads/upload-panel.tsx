/** The uploads, at the edge of whatever view there is. */
import { Suspense, lazy, useEffect, useId, useState } from 'react';
import type { ReactNode } from 'react';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import { Spinner } from '../ui/spinner.tsx';
import { Announcer } from './announcer.tsx';
import { PanelHead } from './panel-head.tsx';
import { textOfProblem } from './problem-text.ts';
import { activeOf, atStakeOf, shareOf } from './upload.ts';
import type { Uploads, UploadsState } from './uploads.ts';
import { useNoStrayDrops } from './use-file-drag.ts';
import { useLeaveWarning, useProgressInTitle } from './use-tab.ts';
import { useUploads, useUploadsState } from './use-uploads.ts';
import './upload-panel.css';

const UploadList = lazy(() => import('./upload-list.tsx'));

export function UploadPanel(): ReactNode {
  const uploads = useUploads();
  const state = useUploadsState(uploads);
  const active = activeOf(state.totals);
  useSignedIn(uploads, state);
  useUnfinished(uploads);
  useNoStrayDrops();
  useLeaveWarning(atStakeOf(state.totals) > 0);
  useProgressInTitle(active > 0 ? shareOf(state.totals) : undefined);
  return (
    <>
      <Announcer state={state} />
      {state.keys.length === 0 ? null : <Panel uploads={uploads} state={state} />}
    </>
  );
}

interface PanelProps {
  readonly uploads: Uploads;
  readonly state: UploadsState;
}

function Panel({ uploads, state }: PanelProps): ReactNode {
  const [expanded, setExpanded] = useState(true);
  const [closed, setClosed] = useState(false);
  const listId = useId();
  // Whatever begins is to be seen.
  if (closed && activeOf(state.totals) > 0) setClosed(false);
  if (closed) return null;
  return (
    <section className="upload-panel" aria-label={text.upload.panel}>
      <PanelHead
        uploads={uploads}
        state={state}
        expanded={expanded}
        listId={listId}
        onExpand={setExpanded}
        onClose={() => {
          uploads.clearDone();
          setClosed(true);
        }}
      />
      <WhatToDo uploads={uploads} state={state} />
      <div id={listId} hidden={!expanded}>
        {expanded ? (
          <Suspense fallback={<Spinner />}>
            <UploadList uploads={uploads} keys={state.keys} />
          </Suspense>
        ) : null}
      </div>
    </section>
  );
}

/** What stands in the way of many uploads, and what helps. */
function WhatToDo({ uploads, state: { held, totals } }: PanelProps): ReactNode {
  if (held !== undefined) {
    return (
      <div className="upload-panel-problem">
        <p>{textOfProblem(held)}</p>
        <Button size="small" onPress={() => uploads.release()}>
          {text.upload.goOn}
        </Button>
      </div>
    );
  }
  if (totals.counts.failed < 2) {
    if (totals.counts.unfinished === 0) return null;
    return <p className="upload-panel-hint">{text.upload.chooseAgain}</p>;
  }
  return (
    <div className="upload-panel-problem">
      <p>{text.upload.failed(totals.counts.failed)}</p>
      <Button size="small" icon="refresh" onPress={() => uploads.retryAll()}>
        {text.upload.retryAll}
      </Button>
    </div>
  );
}

/** Files are sent while somebody is signed in, and the service takes his token. */
function useSignedIn(uploads: Uploads, { held }: UploadsState): void {
  const { refused } = useSession();
  useEffect(() => () => uploads.clear(), [uploads]);
  useEffect(() => {
    if (held === 'unauthenticated') refused();
  }, [held, refused]);
}

/** Looks for what was interrupted, here or elsewhere. */
function useUnfinished(uploads: Uploads): void {
  const { principal, tenant } = useSession();
  useEffect(() => {
    const gone = new AbortController();
    uploads.showUnfinishedOf(tenant);
    uploads.findUnfinished({ tenant, createdBy: principal.name }, gone).catch(() => {
      // Nobody asked for them: whoever misses one finds it the next time.
    });
    return () => gone.abort();
  }, [uploads, principal, tenant]);
}
