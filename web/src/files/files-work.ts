/** What goes on with the files of a session beyond the view of them: whoever opens a file finds the list as it was. */
import { connect } from '../../../src/client/index.ts';
import type { Files, Stat } from '../../../src/vault/files.ts';
import { formatTime } from '../format.ts';
import type { Session } from '../session/session.ts';
import { text } from '../text.ts';
import { notify } from '../toasts.ts';
import { Deletions } from './deletions.ts';
import type { Batch, Outcome } from './deletions.ts';
import { Downloads } from './downloads.ts';
import { FileList } from './file-list.ts';
import { problemOf } from './problem.ts';
import { downloadBy, issueTicket } from './tickets.ts';

/** Some browsers drop a download that is asked for while the one before begins. */
const BETWEEN_DOWNLOADS = 800;

export class FilesWork {
  readonly list: FileList;
  readonly deletions: Deletions;
  readonly downloads: Downloads;
  /** The file that was opened last: it may come back changed. */
  opened: string | undefined;
  /** How far the list was scrolled then. */
  offset = 0;
  readonly #files: Files;
  readonly #toasts = new Map<Batch, () => void>();

  constructor(session: Session) {
    const files = session.client.tenant(session.tenant);
    this.#files = files;
    const lasting = lastingFiles(session);
    this.list = new FileList(files);
    this.deletions = new Deletions({
      send: (id) => lasting.remove(id),
      onSent: (outcome) => this.#sent(outcome),
      onChange: () => this.#takeToastsBack(),
    });
    this.downloads = new Downloads({
      start: async ({ id }, signal) => downloadBy(await issueTicket(session, id, { signal }), id),
      onFailed: ({ name }, error) =>
        notify({ text: text.files.downloadFailed(name, problemOf(error)), tone: 'danger' }),
      pause: pauseBetween,
    });
  }

  /** Shows files that have just arrived. */
  async arrived(ids: readonly string[]): Promise<void> {
    // One that cannot be had now is there when the list is loaded the next time.
    const found = await Promise.allSettled(ids.map((id) => this.#files.stat(id)));
    this.list.add(found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])));
  }

  /** Takes files out of the list, and deletes them unless that is taken back. */
  delete(files: readonly Stat[]): void {
    const now = Date.now();
    const refused = new Map<string, string>();
    const deleted: Stat[] = [];
    for (const file of files) {
      const problem = reasonToKeep(file, now);
      if (problem === undefined) deleted.push(file);
      else refused.set(file.id, problem);
    }
    this.#tellProblems(refused);
    if (deleted.length === 0) return;
    const ids = deleted.map(({ id }) => id);
    this.list.hide(ids);
    const batch = this.deletions.schedule(ids);
    const takeBack = notify({
      text: text.files.deleted(deleted.map(({ name }) => name)),
      tone: 'neutral',
      action: { label: text.files.undo, onAction: () => this.#undo(batch) },
      // It goes when it is too late, neither before nor after.
      duration: Infinity,
    });
    this.#toasts.set(batch, takeBack);
  }

  /** Takes the last deletion back that can be. False when there is none. */
  undoLast(): boolean {
    const last = this.deletions.waiting.at(-1);
    return last !== undefined && this.#undo(last);
  }

  #undo(batch: Batch): boolean {
    if (!this.deletions.undo(batch)) return false;
    this.list.unhide(batch.ids);
    notify({ text: text.files.undone(batch.ids.length), tone: 'neutral' });
    return true;
  }

  #sent({ gone, failed }: Outcome): void {
    this.list.forget(gone);
    this.#tellProblems(new Map(failed.map(({ id, error }) => [id, text.files.notDeleted(problemOf(error))])));
  }

  /** At each file that is still there; and at once, for whoever does not see them. */
  #tellProblems(problems: ReadonlyMap<string, string>): void {
    if (problems.size === 0) return;
    this.list.bringBack(problems);
    const [first = ''] = problems.values();
    notify({ text: problems.size === 1 ? first : text.files.deletionsFailed(problems.size), tone: 'danger' });
  }

  #takeToastsBack(): void {
    const waiting = new Set(this.deletions.waiting);
    for (const [batch, takeBack] of this.#toasts) {
      if (waiting.has(batch)) continue;
      this.#toasts.delete(batch);
      takeBack();
    }
  }
}

/** Why nothing can delete a file, where that is known without asking. */
function reasonToKeep({ hold, retainUntil }: Stat, now: number): string | undefined {
  if (hold !== null) return text.files.held;
  if (retainUntil !== null && Date.parse(retainUntil) > now) return text.files.kept(formatTime(retainUntil));
  return undefined;
}

/** The files of the session by requests that go on when the page is gone. */
function lastingFiles({ token, tenant, refused }: Session): Pick<Files, 'remove'> {
  const lasting: typeof fetch = async (input, init) => {
    const response = await fetch(input, { ...init, keepalive: true });
    if (response.status === 401) refused();
    return response;
  };
  return connect({ url: location.origin, token, insecureHttp: true, fetch: lasting }).tenant(tenant);
}

function pauseBetween(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, BETWEEN_DOWNLOADS);
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
}

const works = new WeakMap<Session, FilesWork>();

/** The one of a session, made when it is first asked for. */
export function filesWorkOf(session: Session): FilesWork {
  const known = works.get(session);
  if (known !== undefined) return known;
  const made = new FilesWork(session);
  works.set(session, made);
  return made;
}
