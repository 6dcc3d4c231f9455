/** The files of the tenant: what there is, looked through, selected, and what is done with it. */
import { Suspense, lazy, useCallback, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { ReactNode, RefObject } from 'react';
import type { Stat } from '../../../src/vault/files.ts';
import { navigate, routeOf } from '../route.ts';
import { useSession } from '../session/session.ts';
import { useTitle } from '../shell/title.ts';
import { text } from '../text.ts';
import { UploadButton } from '../uploads/upload-button.tsx';
import { useUploads } from '../uploads/use-uploads.ts';
import { FileGrid } from './file-grid.tsx';
import { filesWorkOf } from './files-work.ts';
import type { FilesWork } from './files-work.ts';
import { ListEnd } from './list-end.tsx';
import { NoFiles } from './no-files.tsx';
import { filesOf, idsOf } from './rows.ts';
import type { Row } from './rows.ts';
import { SearchField } from './search-field.tsx';
import { NOTHING_SELECTED, clear, keepOnly, moveTo } from './selection.ts';
import type { Selection } from './selection.ts';
import { SelectionBar } from './selection-bar.tsx';
import './files-view.css';

const ShareDialog = lazy(() => import('./share-dialog.tsx'));

export default function FilesView(): ReactNode {
  const session = useSession();
  const { can } = session;
  const work = filesWorkOf(session);
  const list = useSyncExternalStore(work.list.subscribe, work.list.state);
  const { rows, status, query } = list;
  const [selection, setSelection] = useSelection(rows, work.opened);
  const [shared, setShared] = useState<Stat>();
  // Set where the element that has the focus is about to go: the list takes it over.
  const wantsFocusRef = useRef(work.opened !== undefined);
  useTitle(text.files.title);
  useComingAndGoing(work);
  useUndoKey(work, wantsFocusRef);
  useArrivals(work);

  const isEmpty = rows.length === 0 && status === 'complete';
  const search = useCallback((sought: string) => void work.list.search(sought), [work]);
  const more = useCallback(() => void work.list.more(), [work]);
  useEffect(() => {
    // Whatever was loaded may have been deleted, so that nobody can scroll to its end.
    if (rows.length === 0 && status === 'more') more();
  }, [rows, status, more]);

  const remove = (files: readonly Stat[]): void => {
    wantsFocusRef.current = true;
    work.delete(files);
  };
  const unselect = (): void => {
    wantsFocusRef.current = true;
    setSelection(clear(selection));
  };

  return (
    <section className="files" aria-labelledby="files-title">
      <header className="files-head">
        <h1 id="files-title">{text.files.title}</h1>
        {isEmpty && query === '' ? null : (
          <div className="files-tools">
            <SearchField query={query} onSearch={search} />
            {can.write ? <UploadButton /> : null}
          </div>
        )}
      </header>
      {rows.length === 0 ? null : (
        <div className="files-table">
          <SelectionBar
            files={filesOf(rows, selection.selected)}
            downloads={work.downloads}
            onShare={can.write ? setShared : undefined}
            onDelete={can.write ? remove : undefined}
            onClear={unselect}
          />
          <FileGrid
            rows={rows}
            complete={status === 'complete'}
            selection={selection}
            onSelection={setSelection}
            onOpen={openFile}
            onDelete={can.write ? remove : undefined}
            onNearEnd={more}
            wantsFocusRef={wantsFocusRef}
          />
        </div>
      )}
      {isEmpty ? <NoFiles query={query} mayWrite={can.write} wantsFocusRef={wantsFocusRef} /> : null}
      <ListEnd state={list} onResume={() => void work.list.resume()} onStop={() => work.list.stop()} />
      {shared === undefined ? null : (
        <Suspense fallback={null}>
          <ShareDialog file={shared} onClose={() => setShared(undefined)} />
        </Suspense>
      )}
    </section>
  );
}

function openFile(id: string): void {
  navigate({ view: 'file', id });
}

/**
 * The selection, without what is not shown any more.
 *
 * @param opened where to go on: the file that somebody comes back from
 */
function useSelection(rows: readonly Row[], opened: string | undefined): [Selection, (selection: Selection) => void] {
  const [selection, setSelection] = useState(
    opened === undefined ? NOTHING_SELECTED : moveTo(NOTHING_SELECTED, opened),
  );
  const [seen, setSeen] = useState(rows);
  if (seen === rows) return [selection, setSelection];
  const kept = keepOnly(selection, idsOf(seen), idsOf(rows));
  setSeen(rows);
  setSelection(kept);
  return [kept, setSelection];
}

/** Begins the list, or finds it as it was left, with what has changed meanwhile. */
function useComingAndGoing(work: FilesWork): void {
  useEffect(() => {
    if (work.list.state().rows.length === 0) void work.list.more();
    else void work.list.refresh(work.opened);
  }, [work]);
  useLayoutEffect(() => {
    scrollTo(0, work.offset);
    return () => {
      work.offset = scrollY;
      const route = routeOf(location.pathname);
      work.opened = route.view === 'file' ? route.id : undefined;
    };
  }, [work]);
}

/** What is uploaded meanwhile appears by itself; what was while nobody looked, the list is refreshed with. */
function useArrivals(work: FilesWork): void {
  const { tenant } = useSession();
  const uploads = useUploads();
  useEffect(
    () =>
      uploads.onFinished((finished) => {
        const here = finished.filter((upload) => upload.tenant === tenant);
        void work.arrived(here.map(({ id }) => id));
      }),
    [uploads, work, tenant],
  );
}

/** Ctrl+Z, or the like, takes the last deletion back. */
function useUndoKey(work: FilesWork, wantsFocusRef: RefObject<boolean>): void {
  useEffect(() => {
    const undo = (event: KeyboardEvent): void => {
      if (event.key !== 'z' || event.shiftKey || event.altKey || !(event.ctrlKey || event.metaKey)) return;
      // There, it takes back what was typed.
      if (event.target instanceof Element && event.target.matches('input:not([type=checkbox]), textarea')) return;
      if (work.deletions.waiting.length === 0) return;
      event.preventDefault();
      // What stood in place of an empty list goes.
      wantsFocusRef.current = true;
      work.undoLast();
    };
    addEventListener('keydown', undo);
    return () => removeEventListener('keydown', undo);
  }, [work, wantsFocusRef]);
}
