/** What is under way and what is left over, and the sweeper that sees to it. */
import { useCallback } from 'react';
import type { ReactNode } from 'react';
import type { EntryCounts, JournalSummary } from '../../../src/vault/journal-summary.ts';
import { formatDuration } from '../format.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { LoadedContent, Part } from './part.tsx';
import { Sweeper } from './sweeper.tsx';
import { useLoaded } from './use-loaded.ts';
import './journal.css';

const words = text.admin.journal;
const STATES = ['writing', 'removing'] as const;

export function JournalTab(): ReactNode {
  const { client } = useSession();
  const load = useCallback((signal: AbortSignal) => client.journal({ signal }), [client]);
  const loading = useLoaded(load);
  return (
    <div className="admin-parts">
      <Part
        title={words.title}
        why={words.why}
        actions={
          loading.state.step === 'loaded' ? (
            <Button icon="refresh" isPending={loading.asking} onPress={loading.reload}>
              {text.admin.refresh}
            </Button>
          ) : null
        }
      >
        <LoadedContent loading={loading} label={words.loading}>
          {(journal) => <Journal journal={journal} />}
        </LoadedContent>
      </Part>
      <Sweeper onSwept={loading.reload} />
    </div>
  );
}

function Journal({ journal }: { readonly journal: JournalSummary }): ReactNode {
  const empty = STATES.every((state) => journal[state].entries === 0);
  return (
    <>
      {empty ? (
        <p className="admin-done">
          <Icon name="check" size={18} />
          {words.empty}
        </p>
      ) : null}
      <ul className="journal-states">
        {STATES.map((state) => (
          <li key={state} className="journal-state">
            <h3>{words.states[state]}</h3>
            <p className="admin-more">{words.stateWhy[state]}</p>
            <Entries counts={journal[state]} />
          </li>
        ))}
      </ul>
      <p className="admin-note">{words.grace(formatDuration(journal.grace / 1000))}</p>
    </>
  );
}

function Entries({ counts: { entries, due, oldest } }: { readonly counts: EntryCounts }): ReactNode {
  return (
    <>
      <p className="journal-entries">{words.entries(entries)}</p>
      {oldest === null ? null : (
        <>
          <p>{words.oldest(formatDuration(oldest / 1000))}</p>
          <p className={due === 0 ? 'admin-more' : 'journal-due'}>{due === 0 ? words.noneDue : words.due(due)}</p>
        </>
      )}
    </>
  );
}
