/** Files and pages as a service would list them. */
import { SealroomError } from '../../../src/errors.ts';
import type { Files, Listing, ListFilesOptions, Stat } from '../../../src/vault/files.ts';
import { timeOrderedId } from '../../../src/vault/identifiers.ts';

const BEGUN = Date.UTC(2026, 0, 2, 3, 4, 5);

/** The nth file that was stored: the higher the number, the newer. */
export function fileOf(number: number, name: string = `file ${number}`): Stat {
  const createdAt = BEGUN + number * 1000;
  return {
    id: timeOrderedId(createdAt),
    name,
    type: 'text/plain',
    size: number,
    tags: {},
    metadata: {},
    context: {},
    createdAt: new Date(createdAt).toISOString(),
    createdBy: null,
    expires: null,
    retainUntil: null,
    hold: null,
    keys: [],
    segments: [],
    version: `v${number}`,
  };
}

/** `count` files, newest first. */
export function filesOf(count: number): Stat[] {
  return Array.from({ length: count }, (_, i) => fileOf(count - i));
}

interface Asked extends ListFilesOptions {
  readonly answer: (page: Listing | Error) => void;
}

/** A service whose answers a test gives, or that answers by itself from files that it has. */
export class ListedFiles implements Pick<Files, 'list' | 'stat'> {
  /** Newest first; a test may change them. */
  files: Stat[];
  readonly unreadable: Listing['unreadable'];
  /** Files that a page of a search looks at. */
  readonly looked: number;
  /** What was asked for. */
  readonly asked: ListFilesOptions[] = [];
  /** While set, requests wait here for their answers. */
  held: Asked[] | undefined;
  /** Whether answers are on their way already when they are not wanted any more. */
  tooLate: boolean = false;

  constructor(
    files: Stat[],
    { unreadable = [], looked = 1000 }: { readonly unreadable?: Listing['unreadable']; readonly looked?: number } = {},
  ) {
    this.files = files;
    this.unreadable = unreadable;
    this.looked = looked;
  }

  readonly list = async (options: ListFilesOptions = {}): Promise<Listing> => {
    this.asked.push(options);
    if (this.held === undefined) return this.page(options);
    const { promise, resolve, reject } = Promise.withResolvers<Listing>();
    if (!this.tooLate) {
      options.signal?.addEventListener('abort', () => reject(new SealroomError('cancelled', 'it was given up')));
    }
    this.held.push({
      ...options,
      answer: (page) => (page instanceof Error ? reject(page) : resolve(page)),
    });
    return promise;
  };

  readonly stat = async (id: string): Promise<Stat> => {
    const found = this.files.find((file) => file.id === id);
    if (found === undefined) throw new SealroomError('not-found', 'there is no such file');
    return found;
  };

  /** The page that a request is answered with. */
  page({ limit = 100, cursor, q }: ListFilesOptions): Listing {
    const ids = [...this.files.map(({ id }) => id), ...this.unreadable.map(({ id }) => id)].sort().toReversed();
    const rest = cursor === undefined ? ids : ids.filter((id) => id < cursor);
    const page = rest.slice(0, q === undefined ? limit : this.looked);
    const last = page.at(-1);
    const listed = new Set(page);
    return {
      files: this.files.filter(({ id, name }) => listed.has(id) && (q === undefined || name.includes(q))),
      unreadable: this.unreadable.filter(({ id }) => listed.has(id)),
      ...(last !== undefined && page.length < rest.length ? { cursor: last } : {}),
    };
  }
}
