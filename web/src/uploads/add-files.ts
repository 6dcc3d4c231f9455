/** From what was dropped or chosen to uploads. */
import { text } from '../text.ts';
import { notify } from '../toasts.ts';
import { chosenFiles, droppedFiles } from './dropped.ts';
import type { Uploads } from './uploads.ts';

/** Has to be called while the drop is told. */
export async function addDropped(uploads: Uploads, { items }: DataTransfer, tenant: string): Promise<void> {
  let added = 0;
  let unreadable = 0;
  for await (const batch of droppedFiles(items)) {
    uploads.add(batch.picked, tenant);
    added += batch.picked.length;
    unreadable += batch.unreadable;
  }
  if (unreadable > 0) notify({ text: text.upload.unreadable(unreadable), tone: 'danger' });
  else if (added === 0) notify({ text: text.upload.nothingDropped, tone: 'neutral' });
}

export function addChosen(uploads: Uploads, files: FileList | null, tenant: string): void {
  uploads.add(chosenFiles(files ?? []), tenant);
}
