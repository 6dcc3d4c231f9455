/** What is said about uploads. */
import { formatNumber } from '../format.ts';

const files = (count: number): string => (count === 1 ? '1 file' : `${formatNumber(count)} files`);

export const upload = {
  upload: 'Upload',
  chooseFiles: 'Choose files',
  chooseFolder: 'Choose a folder',

  dropHere: 'Drop to upload',
  dropHint: 'Files and whole folders. Each is encrypted with a key of its own.',
  nothingDropped: 'There is no file in what was dropped.',
  unreadable: (count: number) =>
    count === 1
      ? 'One file or folder could not be read.'
      : `${formatNumber(count)} files or folders could not be read.`,

  panel: 'Uploads',
  list: 'Files to upload',
  uploading: (done: number, all: number) =>
    all === 1 ? 'Uploading 1 file' : `${formatNumber(done)} of ${formatNumber(all)} files uploaded`,
  waiting: 'Waiting for the connection',
  held: 'Uploads have stopped',
  paused: 'Uploads are paused',
  finished: (count: number) => `${files(count)} uploaded`,
  failed: (count: number) => `${files(count)} not uploaded`,
  unfinished: (count: number) => (count === 1 ? '1 unfinished upload' : `${formatNumber(count)} unfinished uploads`),
  timeLeft: (time: string) => `${time} left`,
  ofSize: (sent: string, size: string) => `${sent} of ${size}`,
  progress: 'Progress of all uploads',
  progressOf: (name: string) => `Progress of ${name}`,
  /** Before the name of the tab. */
  title: (percent: string) => `${percent} · `,

  collapse: 'Show less',
  expand: 'Show all uploads',
  close: 'Close',
  pauseAll: 'Pause all',
  resumeAll: 'Resume all',
  retryAll: 'Try all again',
  goOn: 'Go on',

  pause: (name: string) => `Pause ${name}`,
  resume: (name: string) => `Resume ${name}`,
  retry: (name: string) => `Try again: ${name}`,
  retryNow: (name: string) => `Try now: ${name}`,
  cancel: (name: string) => `Cancel ${name}`,
  giveUp: (name: string) => `Give up ${name}`,
  dismiss: (name: string) => `Take ${name} off the list`,
  choose: 'Choose file',
  chooseFor: (name: string) => `Choose file ${name} to go on`,

  state: {
    queued: 'Waiting for its turn',
    sending: 'Uploading',
    finishing: 'Finishing',
    waiting: 'Waiting',
    paused: 'Paused',
    failed: 'Failed',
    unfinished: 'Unfinished',
    removing: 'Cancelling',
    done: 'Uploaded',
  },
  pausedAt: (amount: string) => `Paused at ${amount}`,
  retryIn: (reason: string, time: string) => `${reason} Trying again in ${time}.`,
  retryNowSaid: (reason: string) => `${reason} Trying again.`,
  arrived: (amount: string, until: string | undefined) =>
    until === undefined ? `${amount} has arrived` : `${amount} has arrived · kept until ${until}`,
  chooseAgain: 'Choose or drop the same files again, and they go on where they were.',

  announce: {
    begun: (count: number) => `Uploading ${files(count)}.`,
    added: (count: number) => `${files(count)} added.`,
    lineLost: 'The connection is lost. Uploads go on by themselves when it is back.',
    lineBack: 'Connected again. Uploads go on.',
    failed: (count: number) => `${files(count)} could not be uploaded.`,
    done: (count: number) => (count === 1 ? 'The file is uploaded.' : `All ${formatNumber(count)} files are uploaded.`),
    someDone: (count: number) => `Uploads have ended: ${files(count)} uploaded.`,
    unfinished: (count: number) =>
      count === 1
        ? '1 upload was interrupted. Choose its file to go on.'
        : `${formatNumber(count)} uploads were interrupted. Choose their files to go on.`,
  },

  nameTooLong: 'Its name, with its folders, is longer than a name can be here.',
  /** By the code of the problem; of any other, the last one. */
  problems: {
    unavailable: 'The connection is lost.',
    'timed-out': 'The connection has gone quiet.',
    interrupted: 'The service was interrupted.',
    'in-progress': 'The service is still busy with it.',
    conflict: 'Another window is uploading it, too.',
    'too-many-requests': 'The service asks for a pause.',
    'no-space': 'The service has no space left.',
    unauthenticated: 'Your session has ended. Sign in again to go on.',
    permission: 'You are not allowed to upload here.',
    'read-only': 'The service takes no changes at the moment.',
    'no-tenant': 'This tenant does not exist any more.',
    'access-denied': 'The service cannot reach its own storage. Tell whoever runs it.',
    'key-disabled': 'The encryption key is switched off. Tell whoever runs the service.',
    'key-pending-deletion': 'The encryption key is about to be deleted. Tell whoever runs the service.',
    'key-not-found': 'The encryption key is missing. Tell whoever runs the service.',
    quota: 'There is no room left for it. Delete files, or ask for more room.',
    limit: 'It is larger than a file can be here.',
    usage: 'A file cannot have this name.',
    'not-found': 'What had arrived is gone: it was not continued in time. Trying again begins anew.',
    'unreadable-file': 'It was moved, changed or deleted after you chose it. Add it again.',
    'other-file': 'This is another file: its name or its size is not the same.',
    'changed-file': 'This file was changed since the upload began. Give the upload up, and add the file anew.',
    unexpected: 'Something went wrong in the service.',
  },
} as const;
