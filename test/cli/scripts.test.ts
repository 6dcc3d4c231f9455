/** Every script of this folder, each in a folder of its own. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openAccess } from '../../src/access/open.ts';
import { openVaultAt } from '../../src/compose/open.ts';
import { loadConfig } from '../../src/config/config.ts';
import { startServer } from '../../src/http/server/server.ts';
import { newAwsPlace, startAwsServers } from '../support/aws/place.ts';
import { parseScript, runScript } from '../support/cli-script.ts';
import type { Script } from '../support/cli-script.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const scripts = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.script'));

function readScript(name: string): Script {
  return parseScript(readFileSync(join(import.meta.dirname, name), 'utf8'));
}

/** The service on a vault that is there, and an operator's token for it. */
async function serveFolder(vault: string): Promise<AsyncDisposable & { readonly url: string; readonly token: string }> {
  await using scope = new AsyncDisposableStack();
  const opened = scope.use(await openVaultAt(await loadConfig(vault, {})));
  const { token } = await openAccess(opened.vault).tokens.create({ role: 'admin', tenant: '*', name: 'script' });
  const { url } = scope.use(await startServer({ vault: opened.vault, listen: { host: '127.0.0.1', port: 0 } }));
  const all = scope.move();
  return { url, token, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

describe('the command line does what its scripts say', { concurrency: 2 }, () => {
  for (const name of scripts) {
    test(name.replace(/\.script$/, ''), async (t) => {
      const script = readScript(name);
      const lacking = script.needs.find((need) => need !== 'root' || process.getuid?.() !== 0);
      if (lacking !== undefined) return t.skip(`${name} was left out: it needs ${lacking}`);
      await using folder = await temporaryFolder();
      await runScript(script, folder.path);
    });
  }
});

const remote = scripts.filter((name) => readScript(name).remote);

describe('the command line does the same through a service', { concurrency: 2 }, () => {
  test('in scripts of every kind of command on a vault', () => {
    const commands = remote.flatMap((name) => readScript(name).steps.map(({ command }) => command)).join('\n');
    for (const words of [
      'put',
      'get',
      'ls',
      'info',
      'edit',
      'rm',
      'verify',
      'export',
      'sweep',
      'tenant',
      'token',
      'link',
    ]) {
      assert.match(commands, new RegExp(`sealroom (--\\S+ )*${words}\\b`));
    }
  });

  for (const name of remote) {
    test(name.replace(/\.script$/, ''), async () => {
      await using folder = await temporaryFolder();
      await using scope = new AsyncDisposableStack();
      const serve = async (work: string): Promise<Readonly<Record<string, string>>> => {
        const { url, token } = scope.use(await serveFolder(join(work, 'sealroom')));
        return { SEALROOM_URL: url, SEALROOM_TOKEN: token };
      };
      await runScript(readScript(name), folder.path, { serve });
    });
  }
});

describe('the command line does the same on S3, DynamoDB and KMS', { concurrency: 2 }, () => {
  for (const name of remote) {
    test(name.replace(/\.script$/, ''), async (t) => {
      const servers = await startAwsServers(t);
      if (servers === undefined) return;
      await using scope = new AsyncDisposableStack();
      scope.use(servers);
      const folder = scope.use(await temporaryFolder());
      const { key, blobs, catalog, variables } = scope.use(await newAwsPlace(servers));
      await runScript(readScript(name), folder.path, {
        make: (command) =>
          command.replace(/\binit\b/, (word) => `${word} --key '${key}' --blobs '${blobs}' --catalog '${catalog}'`),
        variables,
        words: { master: key, provider: 'aws-kms', key: key.slice('aws-kms:'.length) },
      });
    });
  }
});

test('a script fails when a command does anything that it does not say', async () => {
  const fails = async (text: string): Promise<void> => {
    await using folder = await temporaryFolder();
    await assert.rejects(runScript(parseScript(text), folder.path), assert.AssertionError, text);
  };
  await fails('$ echo a');
  await fails('$ echo a\n> b');
  await fails('$ echo a\n> a\n> b');
  await fails('$ echo a >&2');
  await fails('$ exit 3');
  await fails('$ true\n? 3');
  await fails('$ echo a; echo b\n> {word}\n> {word}');
  assert.throws(() => parseScript('$ true\nstray'));
  assert.throws(() => parseScript('# nothing'));
});
