/** What is in a file, where that can be shown without running anything of it. */
import { Suspense, lazy } from 'react';
import type { ReactNode } from 'react';
import type { Stat } from '../../../src/vault/files.ts';
import { text } from '../text.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Spinner } from '../ui/spinner.tsx';
import { MediaPreview } from './media-preview.tsx';
import { NoPreview } from './no-preview.tsx';
import { previewKind } from './preview-kind.ts';
import { TextPreview } from './text-preview.tsx';
import './preview.css';

const PdfPreview = lazy(() => import('./pdf-preview.tsx'));

export function Preview({ file }: { readonly file: Stat }): ReactNode {
  return (
    <section className="preview" aria-label={text.file.preview}>
      <Content file={file} />
    </section>
  );
}

function Content({ file }: { readonly file: Stat }): ReactNode {
  const { id } = file;
  const kind = previewKind(file);
  // Another type, given meanwhile, is another preview.
  const key = `${id} ${file.type}`;
  switch (kind) {
    case 'image':
    case 'audio':
    case 'video':
      return <MediaPreview key={key} kind={kind} file={file} />;
    case 'text':
      return <TextPreview key={key} file={file} />;
    case 'pdf':
      return (
        <Suspense fallback={<Spinner label={text.file.previewLoading} />}>
          <PdfPreview key={id} file={file} />
        </Suspense>
      );
    case 'empty':
      return (
        <EmptyState icon="file" title={text.file.empty}>
          {text.file.emptyWhy}
        </EmptyState>
      );
    case 'large':
    case 'none':
      return (
        <NoPreview file={file}>{kind === 'large' ? text.file.tooLarge(file.size) : text.file.noPreviewWhy}</NoPreview>
      );
  }
}
