/** One file: what it is, how it is protected, and what can be done with it. */
import { Suspense, lazy, useState } from 'react';
import type { ReactNode } from 'react';
import { isSealroomError } from '../../../src/client/index.ts';
import type { Stat } from '../../../src/vault/files.ts';
import { filesWorkOf } from '../files/files-work.ts';
import { LinksInForce } from '../files/links-in-force.tsx';
import { problemOf } from '../files/problem.ts';
import { navigate } from '../route.ts';
import { useSession } from '../session/session.ts';
import { useTitle } from '../shell/title.ts';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Icon } from '../ui/icon.tsx';
import { Link } from '../ui/link.tsx';
import { Spinner } from '../ui/spinner.tsx';
import { Check } from './check.tsx';
import { download } from './download.ts';
import { Facts } from './facts.tsx';
import { FileName } from './file-name.tsx';
import { Preview } from './preview.tsx';
import { Protection } from './protection.tsx';
import { Tags } from './tags.tsx';
import { useFile } from './use-file.ts';
import type { Change } from './use-file.ts';
import './file-view.css';

const ShareDialog = lazy(() => import('../files/share-dialog.tsx'));

export interface FileViewProps {
  readonly id: string;
}

export default function FileView({ id }: FileViewProps): ReactNode {
  const loaded = useFile(id);
  const { state, reload } = loaded;
  useTitle(state.status === 'ready' ? state.file.name : undefined);
  return (
    <div className="file-view">
      <Link to={{ view: 'files' }} className="file-view-back">
        <Icon name="arrowLeft" size={18} />
        {text.file.back}
      </Link>
      {state.status === 'loading' ? <Spinner label={text.file.loading} /> : null}
      {state.status === 'failed' ? <FailedFile error={state.error} onRetry={reload} /> : null}
      {state.status === 'ready' ? <ReadyFile file={state.file} change={loaded.change} /> : null}
    </div>
  );
}

function FailedFile(props: FailureProps): ReactNode {
  return (
    <>
      <h1 className="visually-hidden">{text.file.title}</h1>
      <Failure {...props} />
    </>
  );
}

interface FailureProps {
  readonly error: unknown;
  readonly onRetry: () => void;
}

function Failure({ error, onRetry }: FailureProps): ReactNode {
  if (isSealroomError(error, 'not-found')) {
    return (
      <EmptyState icon="search" title={text.file.notFound}>
        {text.file.notFoundWhy}
      </EmptyState>
    );
  }
  if (isSealroomError(error, 'cannot-open')) {
    return (
      <EmptyState icon="warning" title={text.file.cannotOpen}>
        {text.file.cannotOpenWhy}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon="warning"
      title={text.file.failed}

      actions={
        <Button icon="refresh" onPress={onRetry}>
          {text.file.tryAgain}
        </Button>
      }
    >
      {problemOf(error)}
    </EmptyState>
  );
}

interface ReadyFileProps {
  readonly file: Stat;
  readonly change: Change;
}

function ReadyFile({ file, change }: ReadyFileProps): ReactNode {
  const { can } = useSession();
  const [sharing, setSharing] = useState(false);
  return (
    <article>
      <header className="file-view-head">
        <FileName file={file} change={change} />
        <Actions file={file} onShare={() => setSharing(true)} />
      </header>
      <div className="file-view-columns">
        <div className="file-view-main">
          <Preview file={file} />
        </div>
        <div className="file-view-side">
          <Facts file={file} />
          <Tags file={file} change={change} />
          {/* The dialog has them as well, and what it changes is to be seen here when it closes. */}
          {can.write && !sharing ? (
            <div className="file-panel">
              <LinksInForce file={file.id} />
            </div>
          ) : null}
          <Check file={file} />
          <Protection file={file} />
        </div>
      </div>
      {sharing ? (
        <Suspense fallback={null}>
          <ShareDialog file={file} onClose={() => setSharing(false)} />
        </Suspense>
      ) : null}
    </article>
  );
}

function Actions({ file, onShare }: { readonly file: Stat; readonly onShare: () => void }): ReactNode {
  const session = useSession();
  const { can } = session;
  const remove = (): void => {
    filesWorkOf(session).delete([file]);
    navigate({ view: 'files' });
  };
  return (
    <div className="file-view-actions" role="group" aria-label={text.file.actions}>
      <Button variant="primary" icon="download" onPress={() => void download(session, file)}>
        {text.file.download}
      </Button>
      {can.write ? (
        <>
          <Button icon="share" onPress={onShare}>
            {text.file.share}
          </Button>
          <Button variant="quiet" icon="trash" isDisabled={isKept(file)} onPress={remove}>
            {text.file.delete}
          </Button>
        </>
      ) : null}
    </div>
  );
}

/** Whether nothing can delete it; the facts say why. */
function isKept({ hold, retainUntil }: Stat): boolean {
  return hold !== null || (retainUntil !== null && Date.parse(retainUntil) > Date.now());
}
