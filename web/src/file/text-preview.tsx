/** The beginning of a text, as text: whatever it means to a browser, nothing of it is run. */
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import type { Files, Stat } from '../../../src/vault/files.ts';
import { problemOf } from '../files/problem.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { Spinner } from '../ui/spinner.tsx';
import { NoPreview } from './no-preview.tsx';
import { TEXT_SHOWN } from './preview-kind.ts';
import { textContent } from './text-content.ts';
import type { TextContent } from './text-content.ts';

type State =
  | { readonly status: 'loading' }
  | { readonly status: 'shown'; readonly content: TextContent }
  | { readonly status: 'not-shown'; readonly why: string };

export function TextPreview({ file }: { readonly file: Stat }): ReactNode {
  const { client, tenant } = useSession();
  const [state, setState] = useState<State>({ status: 'loading' });
  const { id, type, size } = file;

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const load = async (): Promise<void> => {
      try {
        const bytes = await beginningOf(client.tenant(tenant), { id, size, signal });
        const content = textContent(bytes, { type, size });
        setState(
          content === undefined ? { status: 'not-shown', why: text.file.notText } : { status: 'shown', content },
        );
      } catch (error) {
        if (!signal.aborted) setState({ status: 'not-shown', why: problemOf(error) });
      }
    };
    void load();
    return () => controller.abort();
  }, [client, tenant, id, type, size]);

  switch (state.status) {
    case 'loading':
      return <Spinner label={text.file.previewLoading} />;
    case 'not-shown':
      return <NoPreview file={file}>{state.why}</NoPreview>;
    case 'shown':
      return (
        <div className="preview-text">
          {/* It scrolls, so the keyboard must be able to reach it. */}
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <pre tabIndex={0} role="region" aria-label={text.file.previewOf(file.name)}>
            {state.content.text}
          </pre>
          {state.content.cut ? <p className="preview-note">{text.file.cut(state.content.shown, size)}</p> : null}
        </div>
      );
  }
}

async function beginningOf(
  files: Files,
  { id, size, signal }: { readonly id: string; readonly size: number; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const length = Math.min(size, TEXT_SHOWN);
  const { body } = await files.get(id, { range: { start: 0, end: length }, signal });
  const bytes = new Uint8Array(length);
  let filled = 0;
  for await (const chunk of body) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes;
}
