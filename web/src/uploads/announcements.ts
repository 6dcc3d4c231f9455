/** What screen readers are told while files are uploaded: what matters, not each percent. */
import { text } from '../text.ts';
import { textOfProblem } from './problem-text.ts';
import { activeOf } from './upload.ts';
import type { UploadsState } from './uploads.ts';

/** What is worth saying of what has changed; undefined when nothing is. */
export function announcementOf(before: UploadsState, after: UploadsState): string | undefined {
  const said = text.upload.announce;
  const old = before.totals.counts;
  const counts = after.totals.counts;
  const active = activeOf(after.totals);
  const wasActive = activeOf(before.totals);
  const known = wasActive + old.paused + old.failed + old.done;
  const added = active + counts.paused + counts.failed + counts.done - known;
  const sentences: string[] = [];
  if (counts.unfinished > old.unfinished) sentences.push(said.unfinished(counts.unfinished));
  if (active > 0 && added > 0) sentences.push(wasActive === 0 ? said.begun(active) : said.added(added));
  if (after.held !== undefined && before.held === undefined) sentences.push(textOfProblem(after.held));
  if (counts.waiting > 0 && old.waiting === 0) sentences.push(said.lineLost);
  else if (counts.waiting === 0 && old.waiting > 0 && active > 0) sentences.push(said.lineBack);
  if (counts.failed > old.failed) sentences.push(said.failed(counts.failed));
  // What is quick has begun and ended before anything could be said of it.
  const moved = wasActive > 0 || counts.done > old.done;
  if (moved && active === 0 && counts.paused === 0 && counts.done > 0) {
    sentences.push(counts.failed === 0 ? said.done(counts.done) : said.someDone(counts.done));
  }
  return sentences.length === 0 ? undefined : sentences.join(' ');
}
