/** The page as it is built: what a browser loads before somebody sees it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { ownPageFolder } from '../../src/http/page/built-page.ts';

/** Bytes of compressed script. */
const MOST_SCRIPT = 150_000;

interface Chunk {
  readonly file: string;
  readonly isEntry?: boolean;
  /** Chunks that it does not begin without. */
  readonly imports?: readonly string[];
}

describe('the page as it is built', () => {
  let document = '';
  let chunks: Readonly<Record<string, Chunk>> = {};
  const read = (path: string): Buffer => readFileSync(join(ownPageFolder, path));

  before(async () => {
    await promisify(execFile)(process.execPath, [resolve(import.meta.dirname, '../../tools/build-page.ts')]);
    document = read('index.html').toString();
    chunks = JSON.parse(read('.vite/manifest.json').toString()) as typeof chunks;
  });

  /** Of the entry, and of all that it imports without being asked to later. */
  const firstLoad = (): string[] => {
    const files = new Set<string>();
    const visit = ({ file, imports = [] }: Chunk): void => {
      if (files.has(file)) return;
      files.add(file);
      for (const name of imports) visit(chunks[name]!);
    };
    for (const chunk of Object.values(chunks)) if (chunk.isEntry === true) visit(chunk);
    return [...files];
  };

  test(`loads less than ${MOST_SCRIPT / 1000} kB of compressed script at first`, (t) => {
    const files = firstLoad();
    assert.ok(files.length > 0 && files.every((name) => name.endsWith('.js')));
    const size = files.map((name) => gzipSync(read(name)).length).reduce((sum, bytes) => sum + bytes, 0);
    t.diagnostic(`${size} bytes in ${files.length} files`);
    assert.ok(size < MOST_SCRIPT, `${size} bytes in ${files.join(', ')}`);
  });

  test('loads neither pdf.js nor a view that most people never see', () => {
    const later = Object.entries(chunks).filter(([source]) => /pdf|admin-view|file-view|share-dialog/.test(source));
    assert.ok(later.length >= 4, 'they are chunks of their own');
    const first = firstLoad();
    assert.deepEqual(
      later.map(([, { file }]) => file).filter((file) => first.includes(file)),
      [],
    );
  });

  test('has no script and no style within its document, which the policy would refuse', () => {
    const scripts = Array.from(document.matchAll(/<script\b([^>]*)>([^<]*)/g), ([, attributes, text]) => [
      attributes!.includes('src="/assets/'),
      text!.trim(),
    ]);
    assert.ok(scripts.length > 0);
    assert.ok(scripts.every(([ours, text]) => ours === true && text === ''));
    assert.doesNotMatch(document, /<style|\sstyle=|\son\w+=|javascript:/i);
  });

  test('names nothing of its own that another build would name the same', () => {
    const named = Array.from(document.matchAll(/(?:src|href)="\/assets\/([^"]+)"/g), ([, name]) => name!);
    assert.ok(named.length >= 2);
    for (const name of named) assert.match(name, /-[\w-]{8}\.(?:js|css)$/);
  });
});
