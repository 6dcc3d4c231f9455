/** A PDF, drawn page by page as it is scrolled into sight. */
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import type { Stat } from '../../../src/vault/files.ts';
import { problemOf } from '../files/problem.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { Spinner } from '../ui/spinner.tsx';
import { NoPreview } from './no-preview.tsx';
import { openPdf } from './pdf-document.ts';
import type { PDFDocumentProxy } from './pdf-document.ts';
import { PdfPage } from './pdf-page.tsx';

type State =
  | { readonly status: 'loading' }
  | { readonly status: 'shown'; readonly pdf: PDFDocumentProxy; readonly ratio: number }
  | { readonly status: 'not-shown'; readonly why: string };

export default function PdfPreview({ file }: { readonly file: Stat }): ReactNode {
  const { token, tenant } = useSession();
  const [state, setState] = useState<State>({ status: 'loading' });
  const { id } = file;

  useEffect(() => {
    let gone = false;
    const opening = openPdf({ token, tenant }, id);
    const open = async (): Promise<State> => {
      try {
        const pdf = await opening.promise;
        const { width, height } = (await pdf.getPage(1)).getViewport({ scale: 1 });
        return { status: 'shown', pdf, ratio: width / height };
      } catch (error) {
        return { status: 'not-shown', why: pdfProblem(error) };
      }
    };
    const show = async (): Promise<void> => {
      const opened = await open();
      if (!gone) setState(opened);
    };
    void show();
    return () => {
      gone = true;
      void opening.destroy();
    };
  }, [token, tenant, id]);

  switch (state.status) {
    case 'loading':
      return <Spinner label={text.file.previewLoading} />;
    case 'not-shown':
      return <NoPreview file={file}>{state.why}</NoPreview>;
    case 'shown': {
      const { pdf, ratio } = state;
      const numbers = Array.from({ length: pdf.numPages }, (_, index) => index + 1);
      return (
        <div className="preview-pdf">
          {/* It scrolls, so the keyboard must be able to reach it. */}
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <div className="preview-pdf-pages" tabIndex={0} role="region" aria-label={text.file.previewOf(file.name)}>
            {numbers.map((number) => (
              <PdfPage key={number} pdf={pdf} number={number} ratio={ratio} />
            ))}
          </div>
          <p className="preview-note">{text.file.pages(pdf.numPages)}</p>
        </div>
      );
    }
  }
}

function pdfProblem(error: unknown): string {
  if (!(error instanceof Error)) return text.common.failed;
  switch (error.name) {
    case 'PasswordException':
      return text.file.pdfLocked;
    case 'InvalidPDFException':
      return text.file.pdfBroken;
    default:
      return problemOf(error);
  }
}
