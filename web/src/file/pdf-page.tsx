/** One page of a PDF: drawn when it comes into sight, and let go when it is far away. */
import { useEffect, useRef, useState } from 'react';
import type { ReactNode, RefObject } from 'react';
import { text } from '../text.ts';
import { Icon } from '../ui/icon.tsx';
import type { PDFDocumentProxy } from './pdf-document.ts';

export interface PdfPageProps {
  readonly pdf: PDFDocumentProxy;
  /** From 1 on. */
  readonly number: number;
  /** Width by height, as long as its own is not known. */
  readonly ratio: number;
}

/** Finer than this nobody sees, and it would take memory by the square. */
const FINEST = 2;

export function PdfPage({ pdf, number, ratio: guessed }: PdfPageProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [ratio, setRatio] = useState(guessed);
  const [words, setWords] = useState('');
  const [failed, setFailed] = useState(false);
  const near = useNear(box);

  useEffect(() => {
    const sheet = canvas.current;
    const width = box.current?.clientWidth ?? 0;
    if (!near || sheet === null || width === 0) return undefined;
    const drawing = new AbortController();
    const { signal } = drawing;
    const show = async (): Promise<void> => {
      try {
        const drawn = await draw(pdf, number, { sheet, width, signal });
        if (signal.aborted) return;
        setRatio(drawn.ratio);
        setWords(drawn.words);
      } catch {
        if (!signal.aborted) setFailed(true);
      }
    };
    void show();
    return () => {
      drawing.abort();
      sheet.width = 0;
      sheet.height = 0;
    };
  }, [near, pdf, number]);

  return (
    <div ref={box} className="preview-pdf-page" style={{ aspectRatio: ratio }}>
      <canvas ref={canvas} role="img" aria-label={text.file.page(number, pdf.numPages)} />
      {words === '' ? null : <p className="visually-hidden">{words}</p>}
      {failed ? (
        <p className="preview-pdf-failed">
          <Icon name="warning" />
          {text.file.pageFailed(number)}
        </p>
      ) : null}
    </div>
  );
}

interface Sheet {
  readonly sheet: HTMLCanvasElement;
  /** Of the page on the screen, in CSS pixels. */
  readonly width: number;
  readonly signal: AbortSignal;
}

async function draw(
  pdf: PDFDocumentProxy,
  number: number,
  { sheet, width, signal }: Sheet,
): Promise<{ readonly ratio: number; readonly words: string }> {
  const page = await pdf.getPage(number);
  const natural = page.getViewport({ scale: 1 });
  const viewport = page.getViewport({ scale: (width / natural.width) * Math.min(devicePixelRatio, FINEST) });
  const ratio = natural.width / natural.height;
  if (signal.aborted) return { ratio, words: '' };
  sheet.width = Math.floor(viewport.width);
  sheet.height = Math.floor(viewport.height);
  const task = page.render({ canvas: sheet, viewport });
  signal.addEventListener('abort', () => task.cancel());
  await task.promise;
  const { items } = await page.getTextContent();
  return { ratio, words: items.map((item) => ('str' in item ? item.str : '')).join(' ') };
}

/** Whether an element is in sight, or will be soon. */
function useNear(element: RefObject<HTMLElement | null>): boolean {
  const [near, setNear] = useState(false);
  useEffect(() => {
    const { current } = element;
    if (current === null) return undefined;
    const observer = new IntersectionObserver((entries) => setNear(entries.at(-1)?.isIntersecting ?? false), {
      // What scrolls is around it: the margin is counted from there.
      root: current.parentElement,
      rootMargin: '50% 0px',
    });
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return near;
}
