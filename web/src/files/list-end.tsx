/** What stands at the end of the list: whether there is more, and what became of it. */
import type { ReactNode } from 'react';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import type { FileListState } from './file-list.ts';
import { problemOf } from './problem.ts';
import './list-end.css';

/** Files that the service looks at for one page of a search. */
const LOOKED_AT = 1000;
const PLACEHOLDERS = [0, 1, 2, 3, 4, 5, 6, 7] as const;

export interface ListEndProps {
  readonly state: FileListState;
  readonly onResume: () => void;
  readonly onStop: () => void;
}

export function ListEnd({ state, onResume, onStop }: ListEndProps): ReactNode {
  const { rows, status, query, unsearched } = state;
  return (
    <footer className="list-end">
      {unsearched === 0 ? null : <p className="list-end-note">{text.files.unsearched(unsearched)}</p>}
      {status === 'loading' && rows.length === 0 && query === '' ? <Placeholders /> : null}
      <Doing state={state} onResume={onResume} onStop={onStop} />
      {/* Said once it is settled: what comes and goes while somebody types is noise. */}
      <p role="status" className="visually-hidden">
        {status === 'loading' ? '' : outcomeOf(state)}
      </p>
    </footer>
  );
}

function outcomeOf({ rows, status, query }: FileListState): string {
  if (status === 'failed') return text.files.failed;
  if (query === '') return status === 'complete' && rows.length > 0 ? text.files.end(rows.length) : '';
  return rows.length === 0 ? text.files.nothingFound(query) : text.files.found(rows.length, query);
}

function Doing({ state, onResume, onStop }: ListEndProps): ReactNode {
  const { rows, status, query, error, fruitless } = state;
  switch (status) {
    case 'loading':
      if (query !== '') {
        return (
          <div className="list-end-doing">
            <p>{fruitless === 0 ? text.files.searching : text.files.searched(fruitless * LOOKED_AT)}</p>
            <Button size="small" onPress={onStop}>
              {text.files.stopSearch}
            </Button>
          </div>
        );
      }
      return rows.length === 0 ? null : <p className="list-end-doing">{text.files.loadingMore}</p>;
    case 'failed':
      return (
        <div role="alert" className="list-end-failed">
          <p>
            <strong>{rows.length === 0 ? text.files.failed : text.files.failedMore}</strong> {problemOf(error)}
          </p>
          <Button size="small" icon="refresh" onPress={onResume}>
            {text.common.tryAgain}
          </Button>
        </div>
      );
    case 'stopped':
      return (
        <div className="list-end-doing">
          <p>{text.files.stopped}</p>
          <Button size="small" onPress={onResume}>
            {text.files.goOn}
          </Button>
        </div>
      );
    case 'complete':
      if (rows.length === 0) return null;
      return (
        <p className="list-end-doing">
          {query === '' ? text.files.end(rows.length) : text.files.found(rows.length, query)}
        </p>
      );
    case 'more':
      return null;
  }
}

/** Where the rows will be. */
function Placeholders(): ReactNode {
  return (
    <>
      <p role="status" className="visually-hidden">
        {text.files.loading}
      </p>
      <div className="list-end-placeholders" aria-hidden="true">
        {PLACEHOLDERS.map((key) => (
          <div key={key} className="list-end-placeholder" />
        ))}
      </div>
    </>
  );
}
