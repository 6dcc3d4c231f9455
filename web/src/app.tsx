/** The page: who is signed in, and the view that its address names. */
import { Suspense, lazy } from 'react';
import type { ReactNode } from 'react';
import FilesView from './files/files-view.tsx';
import { PendingDeletions } from './files/pending-deletions.tsx';
import { useRoute } from './route.ts';
import type { Route } from './route.ts';
import { useSession } from './session/session.ts';
import type { Arrival } from './session/code-flow.ts';
import { SessionGate } from './session/session-gate.tsx';
import { NotFound } from './shell/not-found.tsx';
import { Shell } from './shell/shell.tsx';
import { ViewBoundary } from './shell/view-boundary.tsx';
import { Spinner } from './ui/spinner.tsx';
import { ToastRegion } from './ui/toast-region.tsx';
import { DropZone } from './uploads/drop-zone.tsx';
import { UploadPanel } from './uploads/upload-panel.tsx';

const FileView = lazy(() => import('./file/file-view.tsx'));
const AdminView = lazy(() => import('./admin/admin-view.tsx'));

export interface AppProps {
  /** What somebody came back from the identity provider with. */
  readonly arrival: Promise<Arrival> | undefined;
}

export function App({ arrival }: AppProps): ReactNode {
  return (
    <>
      <SessionGate arrival={arrival}>
        <SignedInApp />
      </SessionGate>
      <ToastRegion />
    </>
  );
}

function SignedInApp(): ReactNode {
  const route = useRoute();
  const { can, tenant } = useSession();
  return (
    <Shell route={route}>
      {/* Another tenant's view begins anew: nothing of the one before stays in it. */}
      <ViewBoundary key={`${tenant} ${route.view}`}>
        <Suspense fallback={<Spinner />}>
          <View route={route} />
        </Suspense>
      </ViewBoundary>
      {can.write ? <UploadPanel /> : null}
      {can.write ? <PendingDeletions /> : null}
    </Shell>
  );
}

function View({ route }: { readonly route: Route }): ReactNode {
  const { can } = useSession();
  switch (route.view) {
    case 'files':
      return can.write ? (
        <DropZone>
          <FilesView />
        </DropZone>
      ) : (
        <FilesView />
      );
    case 'file':
      return <FileView key={route.id} id={route.id} />;
    case 'admin':
      return can.administer ? <AdminView /> : <NotFound />;
    case 'signed-in':
    case 'unknown':
      return <NotFound />;
  }
}
