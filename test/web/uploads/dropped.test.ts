/** Files and folders that are dropped or chosen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chosenFiles, droppedFiles } from '../../../web/src/uploads/dropped.ts';
import type { DroppedEntry, DroppedItem } from '../../../web/src/uploads/dropped.ts';

/** A tree: folders by what is in them, files by what they say; null for what cannot be read. */
interface Tree {
  readonly [name: string]: Tree | string | null;
}

function entryOf(path: string, node: Tree | string | null): DroppedEntry {
  if (typeof node === 'object' && node !== null) return folderOf(path, node);
  const file = (found: (file: File) => void, failed: (error: Error) => void): void => {
    if (node === null) failed(new Error('NotReadableError'));
    else found(new File([node], path.split('/').at(-1)!));
  };
  return { isFile: true, isDirectory: false, fullPath: path, file } as DroppedEntry;
}

/** As browsers do, it gives a hundred at a time. */
function folderOf(path: string, tree: Tree): DroppedEntry {
  const createReader = () => {
    const rest = Object.entries(tree).map(([name, node]) => entryOf(`${path}/${name}`, node));
    return { readEntries: (found: (entries: DroppedEntry[]) => void) => found(rest.splice(0, 100)) };
  };
  return { isFile: false, isDirectory: true, fullPath: path, createReader } as DroppedEntry;
}

function itemsOf(tree: Tree): DroppedItem[] {
  return Object.entries(tree).map(([name, node]) => ({
    kind: 'file',
    webkitGetAsEntry: () => entryOf(`/${name}`, node),
    getAsFile: () => null,
  }));
}

async function namesOf(items: DroppedItem[]): Promise<{ names: string[]; unreadable: number; batches: number }> {
  const names: string[] = [];
  let unreadable = 0;
  let batches = 0;
  for await (const batch of droppedFiles(items)) {
    batches++;
    unreadable += batch.unreadable;
    names.push(...batch.picked.map(({ name }) => name));
  }
  return { names, unreadable, batches };
}

test('folders are looked through, however deep, and files keep their paths and their order', async () => {
  const tree = { 'a.txt': '', photos: { '1.jpg': '', trip: { day: { '2.jpg': '' } }, '3.jpg': '' }, 'z.txt': '' };
  assert.deepEqual((await namesOf(itemsOf(tree))).names, [
    'a.txt',
    'photos/1.jpg',
    'photos/trip/day/2.jpg',
    'photos/3.jpg',
    'z.txt',
  ]);
});

test('a folder of thousands is read to its end, some at a time', async () => {
  const many = Object.fromEntries(Array.from({ length: 2345 }, (_, index) => [`${index}`, 'x']));
  const { names, batches } = await namesOf(itemsOf({ many }));
  assert.equal(new Set(names).size, 2345);
  assert.ok(batches > 20, `${batches}`);
});

test('what cannot be read is counted, and does not keep the rest', async () => {
  const broken: DroppedItem = {
    kind: 'file',
    webkitGetAsEntry: () =>
      ({
        isFile: false,
        isDirectory: true,
        fullPath: '/locked',
        createReader: () => ({ readEntries: (_found: unknown, failed: (error: Error) => void) => failed(new Error()) }),
      }) as DroppedEntry,
    getAsFile: () => null,
  };
  const { names, unreadable } = await namesOf([broken, ...itemsOf({ a: 'x', b: null, c: 'x' })]);
  assert.deepEqual([names, unreadable], [['a', 'c'], 2]);
});

test('an empty folder has no files', async () => {
  assert.deepEqual(await namesOf(itemsOf({ empty: {} })), { names: [], unreadable: 0, batches: 0 });
});

test('all of a drop is asked for at once: afterwards the browser does not tell', () => {
  let asked = 0;
  const items = itemsOf({ a: '', b: '' }).map((item) => ({
    kind: item.kind,
    webkitGetAsEntry: () => {
      asked++;
      return item.webkitGetAsEntry();
    },
    getAsFile: () => item.getAsFile(),
  }));
  droppedFiles(items);
  assert.equal(asked, 2);
});

test('text that is dropped is no file, and a file without an entry is one', async () => {
  const text: DroppedItem = { kind: 'string', webkitGetAsEntry: () => null, getAsFile: () => null };
  const plain: DroppedItem = { kind: 'file', webkitGetAsEntry: () => null, getAsFile: () => new File([], 'plain') };
  assert.deepEqual((await namesOf([text, plain])).names, ['plain']);
});

test('a chosen folder gives its paths, chosen files their names', () => {
  const inFolder = Object.assign(new File([], 'b'), { webkitRelativePath: 'a/b' });
  const alone = Object.assign(new File([], 'c'), { webkitRelativePath: '' });
  assert.deepEqual(
    chosenFiles([inFolder, alone]).map(({ name }) => name),
    ['a/b', 'c'],
  );
});
