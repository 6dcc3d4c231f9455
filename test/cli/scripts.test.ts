/** Every script of this folder, each in a folder of its own. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseScript, runScript } from '../support/cli-script.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const scripts = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.script'));

describe('the command line does what its scripts say', { concurrency: 2 }, () => {
  for (const name of scripts) {
    test(name.replace(/\.script$/, ''), async (t) => {
      const script = parseScript(readFileSync(join(import.meta.dirname, name), 'utf8'));
      const lacking = script.needs.find((need) => need !== 'root' || process.getuid?.() !== 0);
      if (lacking !== undefined) return t.skip(`${name} was left out: it needs ${lacking}`);
      await using folder = await temporaryFolder();
      await runScript(script, folder.path);
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
