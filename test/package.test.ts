/** The package as it is published: packed, installed into an empty folder, and used by the README's own examples. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { temporaryFolder } from './support/temporary-folder.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');
const modules = join(root, 'node_modules');
const tsc = join(modules, 'typescript/bin/tsc');

interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
}

describe('the published package', async () => {
  const temporary = await temporaryFolder();
  const folder = temporary.path;
  const installed = join(folder, 'node_modules/sealroom');
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;

  before(async () => {
    await run(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', join(installed, 'dist')]);
    await run(process.execPath, [join(root, 'tools/build-page.ts')]);
    cpSync(join(root, 'dist/web'), join(installed, 'dist/web'), { recursive: true });
    cpSync(join(root, 'package.json'), join(installed, 'package.json'));
    for (const path of manifest.files) {
      if (path !== 'dist') cpSync(join(root, path), join(installed, path), { recursive: true });
    }
    for (const name of [...Object.keys(manifest.dependencies), 'fast-check', 'pure-rand', '@types', 'undici-types']) {
      const link = join(folder, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(modules, name), link);
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  });

  after(() => temporary[Symbol.asyncDispose]());

  test('has every file that its exports name', () => {
    for (const path of Object.values(manifest.exports)) {
      assert.ok(readFileSync(join(installed, path)).length > 0, path);
      if (path.endsWith('.js')) assert.ok(readFileSync(join(installed, path.replace(/\.js$/, '.d.ts'))).length > 0);
    }
  });

  test('has no file of TypeScript but declarations', () => {
    const sources = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    assert.deepEqual(
      sources.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')),
      [],
    );
  });

  test('runs its command', async () => {
    const { stdout } = await run(process.execPath, [join(installed, 'bin/sealroom.mjs'), '--version']);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });

  test('has the page, and its service offers it', async () => {
    const workplace = join(folder, 'page');
    mkdirSync(workplace);
    await using service = await startService(installed, workplace);
    const address = service.environment['SEALROOM_URL']!;
    const document = await (await fetch(address)).text();
    assert.match(document, /<div id="root"><\/div>/);
    const [, script] = /<script type="module" crossorigin src="([^"]+)">/.exec(document)!;
    const answer = await fetch(address + script!);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type')!, /^text\/javascript/);
    assert.ok((await answer.text()).length > 10_000);
  });

  test('is made with the page, from nothing', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    assert.match(scripts['prepack']!, /rmSync\('dist'.*run --silent build && .*run --silent build:page$/);
    assert.ok(manifest.files.includes('dist'));
  });

  const examples = Array.from(
    readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```ts\n(.*?)^```/gms),
    ([, code]) => code!,
  );

  /** Fails where a strict user's compiler would, in declarations of the package too. */
  const typeCheck = async (include: string, where: { readonly lib: string[]; readonly types: string[] }) => {
    const options = { strict: true, noEmit: true, module: 'nodenext', target: 'esnext' };
    const compilerOptions = { ...options, ...where, allowImportingTsExtensions: true };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: [include] }));
    await run(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => assert.fail(error.stdout));
  };

  test("type-checks the README's examples", async () => {
    assert.ok(examples.length >= 4);
    examples.forEach((code, i) => writeFileSync(join(folder, `example-${i}.ts`), code));
    await typeCheck('example-*.ts', { lib: ['esnext'], types: ['node'] });
  });

  test('type-checks a page that uses the client, with the types of browsers alone', async () => {
    const page = `import { connect } from 'sealroom/client';
      const [file] = document.querySelector('input')!.files!;
      const files = connect({ url: location.origin, token: 'sr_a_b' }).tenant();
      const { id } = await files.put(file!, { name: file!.name, onProgress: (bytes) => console.log(bytes) });
      for await (const chunk of (await files.get(id)).body) console.log(chunk.length);`;
    writeFileSync(join(folder, 'page.ts'), page);
    await typeCheck('page.ts', { lib: ['esnext', 'dom', 'dom.iterable', 'dom.asynciterable'], types: [] });
  });

  for (const [i, code] of examples.entries()) {
    test(`runs example ${i + 1} of the README as it says`, async () => {
      const workplace = join(folder, `run-${i}`);
      mkdirSync(workplace);
      await using service = code.includes('sealroom/client') ? await startService(installed, workplace) : undefined;
      const env = { ...process.env, ...service?.environment };
      writeFileSync(join(workplace, 'package.json'), '{ "type": "module" }');
      writeFileSync(join(workplace, 'example.ts'), code);
      const { stdout } = await run(process.execPath, ['example.ts'], { cwd: workplace, env });
      // A comment after a console.log says what it prints.
      const promised = Array.from(code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm), ([, text]) => text!);
      const lines = stdout.split('\n');
      for (const text of promised)
        assert.ok(
          lines.some((line) => line.endsWith(text)),
          `${text} in ${stdout}`,
        );
      // Where an example is itself a suite of tests, its own report must say that they ran and passed.
      if (code.includes('sealroom/testing')) assert.match(stdout, /pass [1-9]\d*\n[^]*fail 0\n/);
      else assert.ok(promised.length > 0, 'the example says what it prints');
    });
  }
});

/** The service of the package that is installed, on a vault of its own. */
async function startService(
  installed: string,
  folder: string,
): Promise<AsyncDisposable & { readonly environment: Readonly<Record<string, string>> }> {
  const words = ['--json', '--quiet', 'serve', '--init', '--port', '0'];
  const child = spawn(process.execPath, [join(installed, 'bin/sealroom.mjs'), ...words], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [announced] = (await Promise.race([once(child.stdout, 'data'), exited.then(() => ['{}'])])) as [Buffer];
  const { url, token } = JSON.parse(String(announced)) as { url: string; token: string };
  return {
    environment: { SEALROOM_URL: url, SEALROOM_TOKEN: token },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      assert.deepEqual(await exited, [0, null]);
    },
  };
}
