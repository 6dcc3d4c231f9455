/** The client runs in browsers: it loads nothing of Node's, and uses nothing that Node alone has. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';

const client = resolve(import.meta.dirname, '../../src/client/index.ts');

const script = `
  import { registerHooks } from 'node:module';
  const loaded = [];
  const hooks = registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
  const { log } = console;
  const end = process.exit;
  // Node's own fetch needs some of them: what counts is who asks.
  const used = [];
  for (const name of ['process', 'Buffer', 'global', 'setImmediate', 'clearImmediate', 'require']) {
    const value = globalThis[name];
    const get = () => {
      const caller = new Error().stack.split('\\n')[2];
      if (caller.includes('file:')) used.push(name + caller);
      return value;
    };
    Object.defineProperty(globalThis, name, { configurable: true, get });
  }
  // What a page has, and Node has not.
  globalThis.document = {};

  const { connect, isSealroomError } = await import(${JSON.stringify(client)});
  const stat = { id: 'f', name: 'n', size: 3, version: 'v' };
  const bodies = [];
  const answers = [
    (init) => { bodies.push(init.body); return Response.json(stat, { status: 201 }); },
    () => Response.json(stat),
    () => new Response(new Uint8Array([1, 2, 3])),
    () => new Response(null, { status: 201, headers: { location: '/v1/uploads/f' } }),
    (init) => { bodies.push(init.body); return new Response(null, { status: 204, headers: { 'upload-offset': '3' } }); },
    () => Response.json(stat),
    () => Response.json({ code: 'not-found', detail: 'gone' }, { status: 404, headers: { 'content-type': 'application/problem+json' } }),
  ];
  const files = connect({
    url: 'https://files.example.org',
    token: 't',
    resumableAbove: 2,
    fetch: async (_url, init) => answers.shift()(init),
  }).tenant();
  await files.put((async function* () { yield new Uint8Array([1, 2, 3]); })(), { name: 'n' });
  const { body } = await files.get('f');
  const bytes = [];
  for await (const chunk of body) bytes.push(...chunk);
  const soFar = loaded.length;
  await files.put(new Blob([new Uint8Array([1, 2, 3])]), { name: 'ñ' });
  const refused = await files.stat('g').catch((error) => error);
  log(JSON.stringify({
    loaded: loaded.slice(0, soFar),
    later: loaded.slice(soFar).map((url) => url.slice(url.lastIndexOf('/') + 1)).sort(),
    used,
    gathered: bodies.every((body) => body instanceof Blob && body.size >= 3),
    bytes,
    refused: isSealroomError(refused, 'not-found') && refused.message,
  }));
  end(0);`;

test('the client works without anything of Node, and loads a few small files', () => {
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  const { loaded, ...result } = JSON.parse(output) as { readonly loaded: readonly string[] };
  const later = ['resumable.ts', 'silence.ts', 'upload-metadata.ts'];
  assert.deepEqual(result, { later, used: [], gathered: true, bytes: [1, 2, 3], refused: 'gone' });
  const root = `file://${resolve(import.meta.dirname, '../../src')}/`;
  const others = loaded.filter((url) => !url.startsWith(`${root}client/`)).map((url) => url.replace(root, ''));
  assert.deepEqual(others.sort(), ['addresses.ts', 'bytes.ts', 'cancellable.ts', 'errors.ts']);
});
