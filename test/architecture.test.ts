/** Who may import whom: the tree shows the architecture, and this keeps it true. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { test } from 'node:test';

const source = resolve(import.meta.dirname, '../src');

/** What a file belongs to: its folder, or its own name at the root. */
function layerOf(path: string): string {
  const [first = '', second] = relative(source, path).split(sep);
  return second === undefined ? first.replace(/\.ts$/, '') : first;
}

const foundation = ['errors', 'bytes', 'base64', 'data-key', 'cancellable', 'addresses'];
const files = ['file-errors', 'durable-file'];
const message = [...foundation, 'message'];
const cipher = [...message, 'cipher'];
const ports = ['errors', 'data-key', 'message', 'ports'];
const envelope = [...cipher, 'ports', 'envelope'];
const vault = [...envelope, 'vault'];
/** Adapters know the ports and what is under them, never each other, never the vault. */
const adapter = [...cipher, ...files, 'ports', 'aws'];
const specs = ['errors', 'message', 'specs'];
const keys = [...cipher, ...files, 'key-files', 'specs'];
const aws = [...foundation, 'finding', 'message', 'ports', 'aws'];

/** Layer -> what it may import, and why nothing else. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  bytes: ['errors'],
  base64: ['errors'],
  addresses: [],
  'media-type': [],
  'data-key': ['errors'],
  cancellable: ['errors'],
  finding: ['errors'],
  'file-errors': ['errors'],
  'durable-file': [...foundation, 'file-errors'],
  message,
  cipher,
  ports,
  envelope,
  vault,
  keyrings: adapter,
  blobs: [...adapter, 'blobs'],
  catalogs: [...adapter, 'catalogs'],
  'key-files': keys,
  specs,
  aws,
  with: ['errors', 'bytes', 'cancellable', 'ports', 'with'],
  config: [...foundation, ...files, 'specs', 'config'],
  compose: [...vault, ...keys, 'aws', 'keyrings', 'blobs', 'catalogs', 'with', 'config'],
  index: [...vault, 'ports'],
  access: [...vault, 'access'],
  // The service works on a vault, and never asks where that lives.
  http: [...vault, 'file-errors', 'media-type', 'access', 'http'],
  // It runs in browsers, too.
  client: ['errors', 'bytes', 'base64', 'cancellable', 'addresses', 'client'],
  // A command gets its vault and keys from compose, so that it never asks which stores they are.
  cli: [
    ...vault,
    ...keys,
    'media-type',
    'finding',
    'aws',
    'access',
    'http',
    'client',
    'config',
    'compose',
    'import',
    'cli',
  ],
  // A command of its own, as far as that goes, with events in place of arguments.
  lambda: [...vault, ...keys, 'aws', 'access', 'http', 'config', 'compose', 'lambda'],
  // It works on the files of a vault, wherever that is.
  import: [...vault, 'media-type', 'aws', 'with', 'import'],
  testing: [...vault, 'testing'],
};

/** Layer -> whose types it may know beside that. */
const allowedTypes: Readonly<Record<string, readonly string[]>> = {
  client: ['ports', 'message', 'vault', 'access', 'http'],
  // What it holds for others has their types.
  config: ['access', 'http'],
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const IMPORT = /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;

function importsOf(path: string): Import[] {
  return Array.from(readFileSync(path, 'utf8').matchAll(IMPORT), ([, typeOnly, from, bare, dynamic]) => ({
    from: path,
    to: from ?? bare ?? dynamic!,
    typeOnly: typeOnly !== undefined,
  }));
}

const modules = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(source, name));
const imports = modules.flatMap(importsOf);

test('every file belongs to a layer', () => {
  const unknown = modules.map(layerOf).filter((layer) => !Object.hasOwn(allowed, layer));
  assert.deepEqual([...new Set(unknown)], []);
  assert.ok(imports.length > 100, 'the imports were found');
});

test('no file imports what its layer may not know', () => {
  const broken = imports
    .filter(({ to }) => to.startsWith('.'))
    .map(({ from, to, typeOnly }) => ({ from, to: resolve(dirname(from), to), typeOnly }))
    .filter(({ from, to, typeOnly }) => {
      const [layer, other] = [layerOf(from), layerOf(to)];
      const types = typeOnly ? (allowedTypes[layer] ?? []) : [];
      return layer !== other && !allowed[layer]!.includes(other) && !types.includes(other);
    })
    .map(({ from, to }) => `${relative(source, from)} imports ${relative(source, to)}`);
  assert.deepEqual(broken, []);
});

test('adapters of one kind do not import each other', () => {
  const keyrings = imports
    .filter(({ from, to }) => layerOf(from) === 'keyrings' && to.startsWith('./'))
    .map(({ from, to }) => `${relative(source, from)} imports ${to}`);
  assert.deepEqual(keyrings, []);
});

test('the message format and the client import nothing of Node, nor do the files under them', () => {
  const portable = new Set([
    'errors',
    'bytes',
    'base64',
    'addresses',
    'data-key',
    'cancellable',
    'message',
    'ports',
    'client',
  ]);
  const broken = imports
    .filter(({ from, to }) => portable.has(layerOf(from)) && !to.startsWith('.'))
    .map(({ from, to }) => `${relative(source, from)} imports ${to}`);
  assert.deepEqual(broken, []);
});

test('OpenSSL is behind the cipher, and keys of RSA only beside it', () => {
  const users = imports
    .filter(({ from, to, typeOnly }) => to === 'node:crypto' && !typeOnly && layerOf(from) !== 'testing')
    .map(({ from }) => relative(source, from).split(sep).join('/'));
  assert.deepEqual(new Set(users), new Set(['cipher/node.ts', 'key-files/rsa.ts', 'keyrings/raw-rsa.ts']));
});

test('only the configuration reads the environment', () => {
  const readers = modules
    .filter((path) => /\bprocess\.env\b/.test(readFileSync(path, 'utf8')))
    .map((path) => relative(source, path));
  assert.deepEqual(readers, ['config/config.ts']);
});

const page = resolve(import.meta.dirname, '../web/src');
const pageImports = readdirSync(page, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .flatMap((name) => importsOf(join(page, name)));

/** What runs in browsers, too: the client, and what the client stands on. */
const pageMayImport = allowed['client']!;
const pageMayKnow = new Set(['vault', 'access', 'http', 'message', 'ports']);

test('the page speaks to the service through the client, and knows types of what it is told', () => {
  assert.ok(pageImports.length > 100, 'the imports were found');
  const broken = pageImports
    .filter(({ to }) => to.startsWith('.'))
    .map(({ from, to, typeOnly }) => ({ from, to: resolve(dirname(from), to), typeOnly }))
    .filter(({ to }) => !to.startsWith(page + sep))
    .filter(({ to, typeOnly }) => {
      const other = to.startsWith(source + sep) ? layerOf(to) : to;
      return !pageMayImport.includes(other) && !(typeOnly && pageMayKnow.has(other));
    })
    .map(({ from, to }) => `${relative(page, from)} imports ${relative(source, to)}`);
  assert.deepEqual(broken, []);
});

test('the page imports nothing of Node, and no package that is not for pages', () => {
  const packages = ['react', 'react-dom', 'react-aria-components', '@tanstack/react-virtual', 'tus-js-client'];
  const known = [...packages, 'pdfjs-dist'];
  const named = pageImports.map(({ to }) => to).filter((to) => !to.startsWith('.'));
  const others = named.filter((to) => !known.some((name) => to === name || to.startsWith(`${name}/`)));
  assert.deepEqual(others, []);
});

test('nothing but the view of PDF files loads pdf.js, and that when it is first used', () => {
  const users = pageImports.filter(({ to, typeOnly }) => to.startsWith('pdfjs-dist') && !typeOnly);
  assert.ok(users.length > 0);
  const folders = new Set(users.map(({ from }) => relative(page, dirname(from))));
  assert.deepEqual([...folders], ['file']);
});

test('importing the package root loads no SQLite, no server, no SDK and no package at all', () => {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
    await import(${JSON.stringify(join(source, 'index.ts'))});
    console.log(JSON.stringify(loaded));`;
  const loaded = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
  ) as string[];
  assert.ok(loaded.length > 20);
  const heavy = loaded.filter(
    (url) => url.includes('node_modules') || /sqlite|http|blobs\/|catalogs\/|keyrings\//.test(url),
  );
  assert.deepEqual(heavy, []);
});
