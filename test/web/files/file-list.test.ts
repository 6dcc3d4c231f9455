/** The list of files, page by page. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SealroomError } from '../../../src/errors.ts';
import { FileList } from '../../../web/src/files/file-list.ts';
import type { FileListState } from '../../../web/src/files/file-list.ts';
import { ListedFiles, fileOf, filesOf } from './listed.ts';

const idsOf = ({ rows }: FileListState): string[] => rows.map(({ id }) => id);
const namesOf = ({ rows }: FileListState): string[] =>
  rows.map((row) => (row.kind === 'file' ? row.file.name : `! ${row.code}`));

async function loadAll(list: FileList): Promise<void> {
  while (list.state().status === 'more') await list.more();
}

describe('paging', () => {
  test('goes from page to page to the end, newest first, with each file once', async () => {
    const service = new ListedFiles(filesOf(250));
    const list = new FileList(service);
    await loadAll(list);
    assert.deepEqual(
      idsOf(list.state()),
      service.files.map(({ id }) => id),
    );
    assert.equal(list.state().status, 'complete');
    assert.deepEqual(
      service.asked.map(({ limit, cursor, q }) => ({ limit, cursor, q })),
      [undefined, service.files[99]!.id, service.files[199]!.id].map((cursor) => ({
        limit: 100,
        cursor,
        q: undefined,
      })),
    );
  });

  test('asks for one page at a time, however often it is told to go on', async () => {
    const service = new ListedFiles(filesOf(150));
    const list = new FileList(service);
    await Promise.all([list.more(), list.more(), list.more()]);
    assert.equal(service.asked.length, 1);
    assert.equal(list.state().rows.length, 100);
  });

  test('a page that cannot be had is asked for again when somebody says so, and not before', async () => {
    const service = new ListedFiles(filesOf(150));
    const list = new FileList(service);
    await list.more();
    service.held = [];
    const failing = list.more();
    const error = new SealroomError('unavailable', 'nobody answers');
    service.held[0]!.answer(error);
    await failing;
    assert.equal(list.state().status, 'failed');
    assert.equal(list.state().error, error);
    assert.equal(list.state().rows.length, 100);
    service.held = undefined;
    await list.more();
    assert.equal(list.state().status, 'failed');
    await list.resume();
    assert.equal(list.state().status, 'complete');
    assert.equal(list.state().error, undefined);
    assert.equal(list.state().rows.length, 150);
  });

  test('whoever draws is told of each change, until he does not want to be', async () => {
    const list = new FileList(new ListedFiles(filesOf(1)));
    const seen: string[] = [];
    const stop = list.subscribe(() => seen.push(list.state().status));
    await list.more();
    stop();
    const before = [...seen];
    list.add([fileOf(9)]);
    assert.deepEqual([before.at(0), before.at(-1)], ['loading', 'complete']);
    assert.deepEqual(seen, before);
  });

  test('a record that does not open stands where it was made, and hides no other', async () => {
    const files = filesOf(3);
    const damaged = fileOf(2).id;
    const service = new ListedFiles([files[0]!, files[2]!], {
      unreadable: [{ id: damaged, code: 'damaged', message: 'it was changed' }],
    });
    const list = new FileList(service);
    await list.more();
    assert.deepEqual(namesOf(list.state()), ['file 3', '! damaged', 'file 1']);
  });
});

describe('searching', () => {
  const withNeedle = (position: number, count = 50): ListedFiles => {
    const files = filesOf(count);
    files[position] = { ...files[position]!, name: 'the needle' };
    return new ListedFiles(files, { looked: 10 });
  };

  test('goes on through pages without a find until there is one', async () => {
    const service = withNeedle(34);
    const list = new FileList(service);
    await list.search('needle');
    assert.deepEqual(namesOf(list.state()), ['the needle']);
    assert.equal(list.state().status, 'more');
    assert.deepEqual(
      service.asked.map(({ q }) => q),
      ['needle', 'needle', 'needle', 'needle'],
    );
  });

  test('that finds nothing ends where the files end', async () => {
    const service = withNeedle(0);
    const list = new FileList(service);
    await list.search('haystack');
    assert.deepEqual(list.state(), {
      query: 'haystack',
      rows: [],
      status: 'complete',
      error: undefined,
      fruitless: 5,
      unsearched: 0,
    });
  });

  test('tells how many pages it looked through in vain', async () => {
    const service = withNeedle(34);
    service.held = [];
    const list = new FileList(service);
    const searching = list.search('needle');
    const told: number[] = [];
    for (let page = 0; page < 4; page++) {
      told.push(list.state().fruitless);
      const asked = service.held[page]!;
      asked.answer(service.page(asked));
      await new Promise(setImmediate);
    }
    await searching;
    assert.deepEqual(told, [0, 1, 2, 3]);
  });

  for (const tooLate of [false, true]) {
    const when = tooLate ? 'is there already' : 'is on its way';
    test(`for something else gives up what ${when}, and takes nothing of it`, async () => {
      const service = new ListedFiles(filesOf(30));
      service.held = [];
      service.tooLate = tooLate;
      const list = new FileList(service);
      const first = list.search('1');
      const second = list.search('2');
      const [one, two] = service.held;
      assert.equal(one!.signal?.aborted, true);
      two!.answer(service.page(two!));
      one!.answer(service.page(one!));
      await Promise.all([first, second]);
      assert.equal(list.state().query, '2');
      assert.equal(list.state().status, 'complete');
      assert.ok(list.state().rows.length > 0);
      assert.ok(namesOf(list.state()).every((name) => name.includes('2')));
    });
  }

  test('can be stopped, and goes on from there', async () => {
    const service = withNeedle(34);
    service.held = [];
    const list = new FileList(service);
    const searching = list.search('needle');
    const [asked] = service.held;
    asked!.answer(service.page(asked!));
    await new Promise(setImmediate);
    list.stop();
    await searching;
    assert.equal(list.state().status, 'stopped');
    service.held = undefined;
    await list.more();
    assert.equal(list.state().status, 'stopped');
    await list.resume();
    assert.deepEqual(namesOf(list.state()), ['the needle']);
    // The page that was given up is asked for once more, and none is left out.
    assert.deepEqual(
      service.asked.map(({ cursor }) => cursor),
      [undefined, ...[9, 9, 19, 29].map((index) => service.files[index]!.id)],
    );
  });

  test('for the same again asks for nothing', async () => {
    const service = withNeedle(3);
    const list = new FileList(service);
    await list.search('needle');
    const before = service.asked.length;
    await list.search('needle');
    assert.equal(service.asked.length, before);
  });

  test('for nothing lists all files again', async () => {
    const service = withNeedle(3);
    const list = new FileList(service);
    await list.search('needle');
    await list.search('');
    assert.equal(list.state().rows.length, 50);
    assert.equal(service.asked.at(-1)!.q, undefined);
  });

  test('counts the records whose names it could not look at', async () => {
    const service = new ListedFiles(filesOf(30), {
      looked: 10,
      unreadable: [{ id: fileOf(15).id, code: 'damaged', message: 'it was changed' }],
    });
    const list = new FileList(service);
    await list.search('file 1');
    await loadAll(list);
    assert.equal(list.state().unsearched, 1);
    assert.ok(list.state().rows.every(({ kind }) => kind === 'file'));
  });
});

describe('a file that has just arrived', () => {
  test('stands at the top, and is not there twice when its page comes', async () => {
    const service = new ListedFiles(filesOf(150));
    const list = new FileList(service);
    await list.more();
    // Its upload was begun long ago, so that it belongs on the second page.
    const late = service.files[120]!;
    list.add([late]);
    assert.equal(idsOf(list.state())[0], late.id);
    await loadAll(list);
    assert.equal(list.state().rows.length, 150);
    assert.equal(idsOf(list.state()).filter((id) => id === late.id).length, 1);
  });

  test('is shown in a search only when its name is what is searched for, whatever the case', async () => {
    const list = new FileList(new ListedFiles(filesOf(3)));
    await list.search('Café');
    list.add([fileOf(10, 'menu'), fileOf(11, 'CAFE\u0301.txt')]);
    assert.deepEqual(namesOf(list.state()), ['CAFE\u0301.txt']);
  });

  test('comes after those that arrived later', async () => {
    const list = new FileList(new ListedFiles(filesOf(1)));
    await list.more();
    list.add([fileOf(2), fileOf(3)]);
    assert.deepEqual(namesOf(list.state()), ['file 3', 'file 2', 'file 1']);
  });
});

describe('files that are about to be deleted', () => {
  test('are out of sight, and come back to their places with what went wrong', async () => {
    const list = new FileList(new ListedFiles(filesOf(4)));
    await list.more();
    const ids = idsOf(list.state());
    list.hide([ids[1]!, ids[2]!]);
    assert.deepEqual(idsOf(list.state()), [ids[0], ids[3]]);
    list.bringBack(new Map([[ids[1]!, 'it is kept']]));
    list.unhide([ids[2]!]);
    assert.deepEqual(idsOf(list.state()), ids);
    assert.deepEqual(
      list.state().rows.map((row) => (row.kind === 'file' ? row.problem : '')),
      [undefined, 'it is kept', undefined, undefined],
    );
  });

  test('stay out of sight when a search finds them', async () => {
    const list = new FileList(new ListedFiles(filesOf(12)));
    await list.more();
    const [first] = idsOf(list.state());
    list.hide([first!]);
    await list.search('file 1');
    assert.deepEqual(namesOf(list.state()), ['file 11', 'file 10', 'file 1']);
  });

  test('that are gone do not come back', async () => {
    const list = new FileList(new ListedFiles(filesOf(2)));
    await list.more();
    const [first, second] = idsOf(list.state());
    list.hide([first!]);
    list.forget([first!]);
    list.unhide([first!]);
    assert.deepEqual(idsOf(list.state()), [second]);
  });

  test('are no find: where a page has no others, the next one is asked for', async () => {
    const service = new ListedFiles(filesOf(150));
    const list = new FileList(service);
    list.hide(service.files.slice(0, 100).map(({ id }) => id));
    await list.more();
    assert.equal(list.state().rows.length, 50);
  });
});

describe('a list that somebody comes back to', () => {
  test('shows what was added by others, at its place', async () => {
    const service = new ListedFiles(filesOf(120));
    const list = new FileList(service);
    await list.more();
    service.files.unshift(fileOf(122), fileOf(121));
    await list.refresh();
    assert.deepEqual(namesOf(list.state()).slice(0, 3), ['file 122', 'file 121', 'file 120']);
    await loadAll(list);
    assert.equal(list.state().rows.length, 122);
  });

  test('begins anew when more was added than a page holds', async () => {
    const service = new ListedFiles(filesOf(150));
    const list = new FileList(service);
    await loadAll(list);
    service.files = [...Array.from({ length: 130 }, (_, i) => fileOf(280 - i)), ...service.files];
    await list.refresh();
    await loadAll(list);
    assert.deepEqual(
      idsOf(list.state()),
      service.files.map(({ id }) => id),
    );
  });

  test('shows the file that was looked at as it is now', async () => {
    const service = new ListedFiles(filesOf(3));
    const list = new FileList(service);
    await list.more();
    const renamed = { ...service.files[1]!, name: 'another name' };
    service.files[1] = renamed;
    await list.refresh(renamed.id);
    assert.deepEqual(namesOf(list.state()), ['file 3', 'another name', 'file 1']);
  });

  test('does not show the file that was looked at when it was deleted there', async () => {
    const service = new ListedFiles(filesOf(3));
    const list = new FileList(service);
    await list.more();
    const [gone] = service.files.splice(1, 1);
    await list.refresh(gone!.id);
    assert.deepEqual(namesOf(list.state()), ['file 3', 'file 1']);
  });

  test('stays as it was where nobody answers', async () => {
    const service = new ListedFiles(filesOf(3));
    const list = new FileList(service);
    await list.more();
    const before = list.state().rows;
    service.held = [];
    const refreshing = list.refresh();
    service.held[0]!.answer(new SealroomError('unavailable', 'nobody answers'));
    await refreshing;
    assert.equal(list.state().rows, before);
    assert.equal(list.state().status, 'complete');
  });
});
