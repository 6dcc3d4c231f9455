/** What is said about: files, the list of them and their links. */
import { formatNumber } from '../format.ts';

const counted = (count: number): string => (count === 1 ? '1 file' : `${formatNumber(count)} files`);

export const files = {
  title: 'Files',
  list: 'Files, newest first',
  columns: { name: 'Name', size: 'Size', time: 'Added', type: 'Type' },
  kinds: {
    archive: 'Archive',
    audio: 'Audio',
    data: 'Data',
    document: 'Document',
    image: 'Image',
    pdf: 'PDF',
    presentation: 'Presentation',
    table: 'Spreadsheet',
    text: 'Text',
    video: 'Video',
    web: 'Web page',
    unknown: 'File',
  },
  keys: 'Arrow keys move, space selects, Enter opens, Delete deletes.',
  keysToRead: 'Arrow keys move, space selects, Enter opens.',

  search: 'Search by name',
  clearSearch: 'Clear the search',
  found: (count: number, query: string): string => `${counted(count)} found for “${query}”`,
  searching: 'Searching',
  searched: (looked: number): string => `Searching: none among the last ${formatNumber(looked)} files`,
  stopSearch: 'Stop',
  stopped: 'The search was stopped before the end.',
  goOn: 'Go on searching',
  unsearched: (count: number): string =>
    count === 1
      ? 'One record does not open, so the search could not look at its name.'
      : `${formatNumber(count)} records do not open, so the search could not look at their names.`,
  nothingFound: (query: string): string => `No name contains “${query}”`,
  nothingFoundWhy: 'The search looks at names only, and upper or lower case makes no difference.',

  loading: 'Loading files',
  loadingMore: 'Loading more',
  end: (count: number): string => (count === 1 ? 'That is the only file.' : `That is all: ${counted(count)}.`),
  failed: 'The files could not be loaded.',
  failedMore: 'The next files could not be loaded.',

  empty: 'Your files will be safe here',
  emptyHow: 'Drop a file anywhere on this page, or choose one.',
  emptyWhy: 'It is encrypted as it arrives, under a key of its own.',
  emptyWho: 'Only people you let in can read it, and every byte is checked.',
  emptyReader: 'There are no files yet',
  emptyReaderHow: 'What others put here appears by itself the next time you look.',

  unreadable: {
    damaged: 'A record that does not open',
    damagedWhy: 'It was changed or damaged where it is stored. Tell whoever looks after this vault.',
    newer: 'A record of a newer Sealroom',
    newerWhy: 'This version cannot read it. Nothing is wrong with the file.',
    id: (id: string): string => `Its id is ${id}.`,
    notSelectable: 'Cannot be selected',
    unknown: '–',
  },

  select: (name: string): string => `Select ${name}`,
  selectAll: 'Select all that are loaded',
  selection: 'What to do with the selected files',
  selected: (count: number): string => `${formatNumber(count)} selected`,
  unselect: 'Clear the selection',
  download: 'Download',
  share: 'Share',
  delete: 'Delete',

  downloading: (position: number, count: number): string =>
    `Starting download ${formatNumber(position)} of ${formatNumber(count)}`,
  stopDownloads: 'Stop',
  downloadFailed: (name: string, why: string): string => `“${name}” was not downloaded. ${why}`,

  deleted: (names: readonly string[]): string =>
    names.length === 1 ? `“${names[0]}” deleted` : `${counted(names.length)} deleted`,
  undo: 'Undo',
  undone: (count: number): string => `${counted(count)} restored`,
  kept: (until: string): string => `Not deleted: it is kept until ${until}.`,
  held: 'Not deleted: it is on hold.',
  notDeleted: (why: string): string => `Not deleted. ${why}`,
  deletionsFailed: (count: number): string => `${counted(count)} could not be deleted: the list says why`,

  /** Why the service did not do something, by the code of its error. */
  problems: {
    'cannot-open': 'It does not open: it was changed or damaged where it is stored.',
    conflict: 'It was changed at the same moment. Try again.',
    'in-progress': 'Something else is being done with it. Try again in a moment.',
    limit: 'Something is larger than this vault takes.',
    'no-tenant': 'This tenant does not exist any more.',
    'not-found': 'It is not there any more.',
    permission: 'You may not do this.',
    'read-only': 'This vault takes no changes at the moment.',
    retained: 'It is kept for a time that is not over yet.',
    'timed-out': 'The service took too long. Try again.',
    'too-many-requests': 'Too many requests. Wait a moment, then try again.',
    unauthenticated: 'You are not signed in any more.',
    unavailable: 'The service does not answer. Check your connection, then try again.',
    unexpected: 'Something went wrong in the service. Try again; if it stays, tell whoever looks after it.',
    usage: 'The service did not take this request.',
  },
} as const;
