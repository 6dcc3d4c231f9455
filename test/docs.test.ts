/** What the documents say, held against the code. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { errorTable } from '../src/errors.ts';

const root = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => read(join('src', name)));

test('docs/errors.md has the rows of the table, no more and no less', () => {
  const rows = Array.from(
    read('docs/errors.md').matchAll(/^\| `([a-z-]+)` \| (\d+) \| (\d+) \| (yes|no) \| (.+?) \| (.+?) \|$/gm),
    ([, code, exit, status, retry, meaning]) => [
      code,
      { exit: Number(exit), status: Number(status), retryable: retry === 'yes', meaning },
    ],
  );
  assert.deepEqual(Object.fromEntries(rows), errorTable);
  assert.equal(rows.length, Object.keys(errorTable).length);
});

test('every code of the table is thrown somewhere, and none is named twice', () => {
  const unused = Object.keys(errorTable).filter(
    (code) => !sources.some((text) => new RegExp(`(?:\\w\\(\\s*|\\[|code: |: )'${code}'`).test(text)),
  );
  assert.deepEqual(unused, []);
});

test('every clause of docs/format.md is cited in the code, and every citation has its clause', () => {
  const clauses = Array.from(read('docs/format.md').matchAll(/^\*\*(F\d+)\.\*\*/gm), ([, clause]) => clause!);
  assert.equal(new Set(clauses).size, clauses.length);
  const cited = new Set(sources.flatMap((text) => Array.from(text.matchAll(/\bF\d+\b/g), ([clause]) => clause)));
  assert.deepEqual(
    clauses.filter((clause) => !cited.has(clause)),
    [],
    'clauses that no code cites',
  );
  assert.deepEqual(
    [...cited].filter((clause) => !clauses.includes(clause)),
    [],
    'citations without a clause',
  );
});

test('docs/design.md names every place in src/, and why each dependency is there', () => {
  const design = read('docs/design.md');
  for (const entry of readdirSync(join(root, 'src'), { withFileTypes: true })) {
    assert.ok(
      design.includes(entry.isDirectory() ? `${entry.name}/` : entry.name),
      `${entry.name} is not in docs/design.md`,
    );
  }
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
    assert.ok(design.includes(name), `${name} has no line in docs/design.md`);
  }
});

test('links between the documents lead somewhere', () => {
  const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];
  for (const document of documents.filter((name) => name.endsWith('.md'))) {
    for (const [, target] of read(document).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      assert.ok(existsSync(join(root, document, '..', target!)), `${document} links to ${target}, which is not there`);
    }
  }
});
