/** What can be done with one upload. */
import type { ReactNode } from 'react';
import { text } from '../text.ts';
import { Button, IconButton } from '../ui/button.tsx';
import type { IconName } from '../ui/icon.tsx';
import { useFileChoice } from './file-input.tsx';
import type { ProblemCode } from './problems.ts';
import type { Upload } from './upload.ts';
import type { Uploads } from './uploads.ts';

export interface RowButtonsProps {
  readonly uploads: Uploads;
  readonly upload: Upload;
}

export function RowButtons({ uploads, upload }: RowButtonsProps): ReactNode {
  const { key, name, status } = upload;
  if (status === 'removing' || status === 'done') return null;
  const main = mainAction(uploads, upload);
  const away = awayOf(upload);
  return (
    <div className="upload-row-buttons">
      {status === 'unfinished' ? <ChooseAgain uploads={uploads} upload={upload} /> : null}
      {/* One button whatever it does just then: whoever has pressed it by keyboard keeps the focus. */}
      {main === undefined ? null : <IconButton size="small" {...main} />}
      <IconButton size="small" {...away} label={away.label(name)} onPress={() => uploads.cancel(key)} />
    </div>
  );
}

interface Action {
  readonly icon: IconName;
  readonly label: string;
  readonly onPress: () => void;
}

/** The same would happen again. */
const IN_VAIN: ReadonlySet<ProblemCode | undefined> = new Set<ProblemCode>(['unreadable-file', 'usage', 'limit']);

function mainAction(uploads: Uploads, { key, name, status, problem }: Upload): Action | undefined {
  const onPress = (): void => uploads.resume(key);
  switch (status) {
    case 'sending':
      return { icon: 'pause', label: text.upload.pause(name), onPress: () => uploads.pause(key) };
    case 'waiting':
      return { icon: 'refresh', label: text.upload.retryNow(name), onPress };
    case 'paused':
      return { icon: 'play', label: text.upload.resume(name), onPress };
    case 'failed':
      return IN_VAIN.has(problem) ? undefined : { icon: 'refresh', label: text.upload.retry(name), onPress };
    case 'queued':
    case 'unfinished':
    case 'removing':
    case 'done':
      return undefined;
  }
}

function awayOf({ status, id }: Upload): { readonly icon: IconName; readonly label: (name: string) => string } {
  if (status === 'unfinished') return { icon: 'trash', label: text.upload.giveUp };
  return { icon: 'close', label: status === 'failed' && id === undefined ? text.upload.dismiss : text.upload.cancel };
}

function ChooseAgain({ uploads, upload: { key, name } }: RowButtonsProps): ReactNode {
  const choice = useFileChoice({
    of: 'file',
    onChoose: ([file]) => {
      if (file !== undefined) uploads.resumeWith(key, file);
    },
  });
  return (
    <>
      <Button size="small" aria-label={text.upload.chooseFor(name)} onPress={choice.open}>
        {text.upload.choose}
      </Button>
      {choice.input}
    </>
  );
}
