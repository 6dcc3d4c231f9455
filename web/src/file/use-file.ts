/** One file, as it is now. */
import { useEffect, useState } from 'react';
import { isSealroomError } from '../../../src/client/index.ts';
import type { Changes, Files, Stat } from '../../../src/vault/files.ts';
import { problemOf } from '../files/problem.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';

export type FileState =
  | { readonly status: 'loading' }
  | { readonly status: 'ready'; readonly file: Stat }
  | { readonly status: 'failed'; readonly error: unknown };

/** Changes the file where nobody else has meanwhile. Resolves with why it was not, for people. */
export type Change = (changes: Changes) => Promise<string | undefined>;

export interface LoadedFile {
  readonly state: FileState;
  readonly reload: () => void;
  readonly change: Change;
}

export function useFile(id: string): LoadedFile {
  const { client, tenant } = useSession();
  const [state, setState] = useState<FileState>({ status: 'loading' });

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const load = async (): Promise<void> => {
      const found = await lookUp(client.tenant(tenant), id, { signal });
      if (!signal.aborted) setState(found);
    };
    void load();
    return () => controller.abort();
  }, [client, tenant, id]);

  const reload = async (): Promise<void> => {
    setState({ status: 'loading' });
    setState(await lookUp(client.tenant(tenant), id));
  };

  const change: Change = async (changes) => {
    const files = client.tenant(tenant);
    const ifVersion = state.status === 'ready' ? state.file.version : undefined;
    try {
      setState({ status: 'ready', file: await files.update(id, changes, { ifVersion }) });
      return undefined;
    } catch (error) {
      if (!isSealroomError(error, 'conflict')) return text.file.notSaved(problemOf(error));
      // What somebody wrote stays where he wrote it, beside the file as it is now.
      setState(await lookUp(files, id));
      return text.file.conflict;
    }
  };

  return { state, reload: () => void reload(), change };
}

async function lookUp(files: Files, id: string, options?: { readonly signal: AbortSignal }): Promise<FileState> {
  try {
    return { status: 'ready', file: await files.stat(id, options) };
  } catch (error) {
    return { status: 'failed', error };
  }
}
